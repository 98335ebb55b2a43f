"""The command `lienthong`: one file per sub-command, gathered here."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import NoReturn

import typer

from gateway.commands import stopping
from gateway.settings import SettingsError
from gateway.store.errors import SchemaNewer, StoreUnavailable

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "serve": "serve.serve",
        "worker": "worker.worker",
        "simulate": "simulate.simulate",
        "demo": "demo.demo",
        "migrate": "migrate.migrate",
        "doctor": "doctor.doctor",
        "outbox": "outbox.outbox",
        "charset": "charset.charset",
        "openapi": "openapi.openapi",
        "catalogue": "catalogue.app",
        "clients": "clients.app",
        "conflicts": "conflicts.conflicts",
        "asof": "asof.asof",
        "hand-over": "hand_over.hand_over",
        "accounts": "accounts.app",
        "audit": "audit.app",
        "procedures": "catalogue_procedures.app",
        "hold": "hold.hold",
        "release": "hold.release",
        "doubts": "doubts.doubts",
        "status": "status.status",
        "parked": "parked.parked",
        "preview": "preview.preview",
        "retry": "retry.retry",
        "probe": "probe.probe",
        "backfill": "backfill.backfill",
        "resend": "resend.resend",
        "settle": "settle.settle",
        "plans": "plans.app",
    }
)
"""By name: the file in this folder and what in it is the command, or a group of them."""

LASTING = frozenset({"serve", "worker", "simulate", "demo"})
"""The commands that run until they are stopped, and may be before they have been loaded."""
SERVERS = frozenset({"serve", "worker"})
"""The commands whose files are citizens' data, whatever they write."""

FORMER: Mapping[str, str] = MappingProxyType({"agenda": "outbox"})
"""Commands under names of before 0.2.0: they go on for one version, unlisted."""


def program(only: str | None = None) -> typer.Typer:
    """Gather the commands; where `only` is one of them, load no other: each start is sooner."""
    app = typer.Typer(
        name="lienthong",
        help="Liên Thông: post a dossier once, deliver it to every system that must know of it.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_common)
    known = {**COMMANDS, **{old: COMMANDS[new] for old, new in FORMER.items()}}
    for name in (only,) if only and only in known else known:
        file, _, what = known[name].partition(".")
        found = getattr(import_module(f"gateway.commands.{file}"), what)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            app.command(name, hidden=name in FORMER)(found)
    return app


def _common() -> None:
    """Keep the name of a command necessary, were it the only one."""


def _loaded(only: str | None) -> typer.Typer:
    """Load a command without looking for garbage: modules make next to none; it takes a tenth."""
    gc.disable()
    try:
        return program(only)
    finally:
        gc.enable()


def keep_private(only: str | None) -> None:
    """Let what a server makes be its own user's alone; what is meant for others says so itself."""
    if only in SERVERS:
        os.umask(0o077)


def run() -> None:
    """Run a command; a setting that cannot be right ends it with one clear line."""
    only = sys.argv[1] if len(sys.argv) > 1 else None
    keep_private(only)
    if only in LASTING:
        stopping.while_loading()
    try:
        _loaded(only)()
    except (SettingsError, SchemaNewer) as error:
        _end(only, str(error), 2)
    except StoreUnavailable as error:
        _end(only, f"the database cannot be reached: {error}", 3)


def _end(only: str | None, why: str, code: int) -> NoReturn:
    """Say why it ends in one line: a server in its log, whose reader may be a machine."""
    if only in SERVERS:
        from gateway.watch import log  # noqa: PLC0415 - other commands start without it

        log.ended(why)
    else:
        typer.echo(f"lienthong: {why}", err=True)
    sys.exit(code)
