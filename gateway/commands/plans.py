"""`lienthong plans`: the backfills and resends that run, stopped or are done; stop and go on."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated
from uuid import UUID

import typer

from gateway.access.audit import acting
from gateway.commands.planned import heading, line
from gateway.commands.refused import granted
from gateway.main.bootstrap import over_store
from gateway.operations import plans as operations
from gateway.operations.refusals import Refusal
from gateway.settings import load

app = typer.Typer(help="Backfills and resends: how they stand; stop one, go on with it.")
Which = Annotated[str, typer.Argument(help="As `lienthong plans` names it.", metavar="ID")]


@app.callback(invoke_without_command=True)
def plans(context: typer.Context) -> None:
    """Show how the plans stand, the newest first."""
    if context.invoked_subcommand is None:
        listed()


@app.command("list")
def listed() -> None:
    """Show how the plans stand, the newest first."""
    found = asyncio.run(over_store(load(), operations.listed))
    for one in found:
        typer.echo(f"{heading(one)}\n    {line(one)}")
    if not found:
        typer.echo("there are no plans")


@app.command()
def stop(which: Which) -> None:
    """Let no further wave go; what was let go goes on, the rest is as it was."""
    _turn(which, go_on=False)


@app.command()
def resume(which: Which) -> None:
    """Go on with a plan that stopped, with small waves again."""
    _turn(which, go_on=True)


def _turn(which: str, *, go_on: bool) -> None:
    known = granted(_read(which))
    act = operations.resume if go_on else operations.stop
    if not asyncio.run(over_store(load(), partial(act, which=known, by=acting()))):
        granted(Refusal("no_such_plan", which, ("stopped" if go_on else "runs",)))
    typer.echo(f"{which}: {'goes on' if go_on else 'stopped'}")


def _read(which: str) -> UUID | Refusal:
    try:
        return UUID(which)
    except ValueError:
        return Refusal("not_a_plan", which)
