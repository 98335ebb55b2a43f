"""`lienthong clients`: who may post dossiers, and their keys."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from gateway.access.principals import Environment
from gateway.commands.refused import granted
from gateway.main.bootstrap import over_store
from gateway.operations import client_keys
from gateway.settings import load

app = typer.Typer(help="Who may post dossiers, and their keys.", no_args_is_help=True)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="A name for the client, for operators.")],
    agency: Annotated[list[str], typer.Option(help="Agency code whose subtree it speaks for.")],
    environment: Annotated[str, typer.Option(help="live or sandbox")] = "sandbox",
) -> None:
    """Add a client and print its key: it is shown once."""
    where: Environment = granted(client_keys.environment_of(environment))
    key = asyncio.run(
        over_store(
            load(),
            lambda store: client_keys.add(store, name, environment=where, agencies=agency),
        )
    )
    typer.echo(granted(key))


@app.command()
def rotate(
    name: Annotated[str, typer.Argument(help="The client's name.")],
    grace: Annotated[float, typer.Option(help="Hours for which the old key still works.")] = 24.0,
) -> None:
    """Give a client a new key and print it; the old one ends after the grace."""
    key = asyncio.run(
        over_store(load(), lambda store: client_keys.rotate(store, name, grace=grace))
    )
    typer.echo(granted(key))


@app.command(name="list")
def list_() -> None:
    """List the clients; keys cannot be shown again."""
    table = Table("client", "environment", "agencies", "working keys")
    for row in asyncio.run(over_store(load(), client_keys.listed)):
        table.add_row(row.name, row.environment, ", ".join(row.agencies), str(row.keys))
    Console().print(table)
