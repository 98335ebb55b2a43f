"""The command `lienthong`: one file per sub-command, gathered here."""

from __future__ import annotations

import sys

import typer

from gateway.commands import (
    agenda,
    catalogue,
    catalogue_procedures,
    charset,
    clients,
    demo,
    doctor,
    hold,
    migrate,
    openapi,
    parked,
    preview,
    retry,
    serve,
    simulate,
    status,
    worker,
)
from gateway.settings import SettingsError
from gateway.store.engine import StoreUnavailable

app = typer.Typer(
    name="lienthong",
    help="Liên Thông: post a dossier once, deliver it to every system that must know of it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(serve.serve)
app.command()(worker.worker)
app.command()(simulate.simulate)
app.command()(demo.demo)
app.command()(migrate.migrate)
app.command()(doctor.doctor)
app.command()(agenda.agenda)
app.command()(charset.charset)
app.command()(openapi.openapi)
app.add_typer(catalogue.app, name="catalogue")
app.add_typer(clients.app, name="clients")
app.add_typer(catalogue_procedures.app, name="procedures")
app.command()(hold.hold)
app.command()(hold.release)
app.command()(status.status)
app.command()(parked.parked)
app.command()(preview.preview)
app.command()(retry.retry)


def run() -> None:
    """Run a command; a setting that cannot be right ends it with one clear line."""
    try:
        app()
    except SettingsError as error:
        typer.echo(f"lienthong: {error}", err=True)
        sys.exit(2)
    except StoreUnavailable as error:
        typer.echo(f"lienthong: the database cannot be reached: {error}", err=True)
        sys.exit(3)
