"""`lienthong settle`: says that a system was told by hand, so that the gateway does not."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from gateway.access.audit import acting
from gateway.commands.refused import granted
from gateway.commands.shown import plain
from gateway.main.bootstrap import opened
from gateway.operations import settle as settling
from gateway.operations.refusals import known_systems
from gateway.operations.settle import Order
from gateway.settings import Settings, load

SHOWN = 10


def settle(
    system: Annotated[str, typer.Argument(help="Who was told by hand.", metavar="SYSTEM")],
    dossier: Annotated[str | None, typer.Option(metavar="ID", help="Of this dossier.")] = None,
    cause: Annotated[
        str | None, typer.Option(help="Of all that is parked for this, or: shadowed, off, added.")
    ] = None,
    code: Annotated[
        str | None, typer.Option(help="Under which they hold the dossier, if it is another.")
    ] = None,
    reason: Annotated[str, typer.Option(help="How and by whom they were told.")] = "",
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, it is only shown.")] = False,
) -> None:
    """Say that a system was told by hand of all that happened so far; nothing of it is sent.

    The ledger then says `settled`, not delivered, with who said so and why. What happens later is
    sent as always. Without --yes it is only shown.
    """
    settings = load()
    granted(known_systems(settings, [system]))
    order = Order(
        system=system, reason=reason, by=acting(), dossier=dossier, cause=cause, code=code
    )
    asyncio.run(_settle(settings, order, yes=yes))


async def _settle(settings: Settings, order: Order, *, yes: bool) -> None:
    async with opened(settings) as store:
        found = granted(await settling.find(store, order))
        if not found.lanes:
            typer.echo("nothing to settle: nothing of that waits, or it is being sent just now")
            raise typer.Exit(1)
        typer.echo(f"{order.system}: to be settled: {len(found.lanes)}")
        for was, many in found.counts:
            typer.echo(f"    {many:>6}  {plain(was)}")
        for one in found.lanes[:SHOWN]:
            typer.echo(f"    {one.dossier_id}")
        if not yes:
            typer.echo("nothing was changed; with --yes they are settled")
            return
        done = await settling.settle(store, found)
        moved = len(found.lanes) - done
        left = f"; {moved} had moved and were left alone" if moved else ""
        typer.echo(f"{order.system}: settled: {done}{left}")
