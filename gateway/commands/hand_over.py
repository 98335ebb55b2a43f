"""`lienthong hand-over`: the open dossiers of one client become another's."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated

import typer

from gateway.access.audit import acting
from gateway.commands.refused import granted
from gateway.commands.shown import plain
from gateway.main.bootstrap import over_store
from gateway.operations import hand_over as operation
from gateway.operations.hand_over import Order
from gateway.settings import SettingsError, load
from schemas.base import VIETNAM

SHOWN = 10


def hand_over(
    giver: Annotated[str, typer.Argument(help="The client that has them.")],
    taker: Annotated[str, typer.Argument(help="The client that gets them.")],
    agency: Annotated[
        list[str] | None, typer.Option(help="Only of this agency and below; all of the giver's.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="DAY", help="Only what came in from this day on.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="DAY", help="Only what came in before this day.")
    ] = None,
    why: Annotated[str, typer.Option(help="Why, for the audit.")] = "",
    *,
    end_keys: Annotated[bool, typer.Option("--end-keys", help="End the giver's keys.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, it is only shown.")] = False,
) -> None:
    """Hand the open dossiers of a client over to another: a vendor changed, or communes merged.

    Without --yes nothing is changed. The taker must serve the agencies. A ref that the taker has
    used for another dossier stays where it is, and is named.
    """
    order = Order(
        giver=giver,
        taker=taker,
        agencies=tuple(agency or ()),
        since=_day(since, "--since"),
        until=_day(until, "--until"),
        by=acting(),
        reason=why,
        end_keys=end_keys,
    )
    done = granted(
        asyncio.run(
            over_store(load(), lambda store: operation.hand_over(store, order, dry_run=not yes))
        )
    )
    typer.echo(f"{len(done.dossiers)} open dossiers {'went' if yes else 'would go'} to {taker}")
    for one in done.dossiers[:SHOWN]:
        typer.echo(f"    {one}")
    if done.left:
        typer.echo(f"{len(done.left)} stay: {taker} has used their refs for other dossiers")
        for ref in done.left[:SHOWN]:
            typer.echo(f"    {plain(ref)}")
    if not yes:
        typer.echo("nothing was changed; with --yes they go")
    elif end_keys:
        typer.echo(f"{done.keys_ended} keys of {giver} ended; within 5 seconds everywhere")


def _day(text: str | None, option: str) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=VIETNAM)
    except ValueError:
        raise SettingsError(f"{option}: {text!r} is no day like 2026-03-02") from None
