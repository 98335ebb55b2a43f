"""`lienthong hold` and `lienthong release`: stop and resume sending."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated

import typer

from gateway.access.audit import acting
from gateway.commands.refused import granted
from gateway.main.bootstrap import over_store, over_systems
from gateway.operations import hold as holds
from gateway.operations import restoring
from gateway.operations.refusals import known_systems
from gateway.settings import SettingsError, load

Names = Annotated[
    list[str] | None, typer.Argument(help="Systems by name; none means all.", metavar="SYSTEM")
]


def hold(
    names: Names = None,
    why: Annotated[str, typer.Option(help="Why, for whoever looks next.")] = "",
    *,
    restored: Annotated[
        bool,
        typer.Option(
            "--restored", help="The database was restored, and no gateway has noticed it."
        ),
    ] = False,
) -> None:
    """Stop sending: to all systems, or to those that are named. Intake goes on.

    Conversations that are under way come to their end; nothing new begins within a second.
    With --restored those are held that would be told twice, and what may stand there is marked.
    """
    settings, by = load(), acting()
    if restored:
        if names:
            raise SettingsError("--restored: name no system, a restore is of the whole database")
        found = asyncio.run(over_systems(settings, partial(restoring.declare, by=by, why=why)))
        typer.echo("held: " + (", ".join(found.held) or "no system would be told twice"))
        for name, many in sorted(found.doubtful.items()):
            typer.echo(f"{name}: {many} lanes in doubt")
        typer.echo("lienthong doubts lists what may stand twice")
        return
    chosen = granted(known_systems(settings, names or []))
    held = asyncio.run(
        over_store(settings, lambda store: holds.hold(store, settings, chosen, by=by, why=why))
    )
    typer.echo("held: " + (", ".join(held) or "no system is known yet"))


def release(names: Names = None) -> None:
    """Send again what `lienthong hold` stopped; what waited meanwhile goes in its order."""
    settings = load()
    chosen = granted(known_systems(settings, names or []))
    released = asyncio.run(
        over_store(settings, lambda store: holds.release(store, settings, chosen, by=acting()))
    )
    typer.echo("released: " + (", ".join(released) or "nothing was held"))
