"""`lienthong clients`: who may post dossiers, and their keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from gateway.access.keys import make_key
from gateway.main.bootstrap import open_store
from gateway.settings import SettingsError, load
from gateway.store import clients as rows
from gateway.store.engine import Connection

T = TypeVar("T")

app = typer.Typer(help="Who may post dossiers, and their keys.", no_args_is_help=True)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="A name for the client, for operators.")],
    agency: Annotated[list[str], typer.Option(help="Agency code whose subtree it speaks for.")],
    environment: Annotated[str, typer.Option(help="live or sandbox")] = "sandbox",
) -> None:
    """Add a client and print its key: it is shown once."""
    if environment not in {"live", "sandbox"}:
        raise SettingsError(f"--environment: {environment!r} is neither live nor sandbox")
    key, hashed = make_key(environment)
    if not _write(lambda connection: rows.add(connection, name, environment, agency, hashed)):
        raise SettingsError(f"a client called {name!r} is there already")
    typer.echo(key)


@app.command()
def rotate(
    name: Annotated[str, typer.Argument(help="The client's name.")],
    grace: Annotated[float, typer.Option(help="Hours for which the old key still works.")] = 24.0,
) -> None:
    """Give a client a new key and print it; the old one ends after the grace."""
    environment = _write(lambda connection: rows.environment_of(connection, name))
    if environment is None:
        raise SettingsError(f"no client is called {name!r}")
    key, hashed = make_key(environment)
    _write(lambda connection: rows.rotate(connection, name, hashed, int(grace * 3_600_000)))
    typer.echo(key)


@app.command(name="list")
def list_() -> None:
    """List the clients; keys cannot be shown again."""
    table = Table("client", "environment", "agencies", "working keys")
    for row in _write(rows.listed):
        table.add_row(row.name, row.environment, ", ".join(row.agencies), str(row.keys))
    Console().print(table)


def _write(job: Callable[[Connection], T]) -> T:
    async def write() -> T:
        store = await open_store(load())
        try:
            return await store.write(job)
        finally:
            await store.close()

    return asyncio.run(write())
