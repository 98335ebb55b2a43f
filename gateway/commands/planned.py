"""What `backfill`, `resend` and `plans` share: options, the preview, and watching a plan."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from datetime import date, datetime, time
from typing import Annotated, Any
from uuid import UUID

import typer

from gateway.commands.refused import granted
from gateway.commands.shown import clock, plain
from gateway.operations.plans import Plan, Preview
from gateway.operations.refusals import Refusal
from schemas.base import VIETNAM

SHOWN = 12
"""Rows of one kind that a preview names."""
Since = Annotated[
    str | None, typer.Option(metavar="DAY", help="Only dossiers that came here since.")
]
Agency = Annotated[
    str | None, typer.Option(metavar="CODE", help="Only of this agency, and those below it.")
]
Procedure = Annotated[str | None, typer.Option(metavar="CODE", help="Only under this procedure.")]
Reason = Annotated[str, typer.Option("--why", help="Why, for whoever reads the ledger.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Write the plan down and go.")]

WAS = {
    "shadowed": "shadowed: translated in shadow mode, not sent",
    "off": "off: happened while the system was switched off",
    "added": "added: older than the connection to this system",
    "widened": "widened: the route did not reach it then",
    "delivered": "delivered",
}
WHY = {
    "failing": "more than half of a wave failed",
    "by_hand": "by hand",
    "not_live": "the system is not live",
    "held": "somebody holds the system: lienthong release",
    "gate_closed": "the gate is closed",
}
"""Why a plan stopped, or for what it waits."""


def moment(said: str | None, option: str) -> int | None:
    """Read a day, which counts from its beginning, or a time of this country's clocks."""
    if said is None:
        return None
    try:
        if len(said) == len("2026-03-02"):
            at = datetime.combine(date.fromisoformat(said), time(), VIETNAM)
        else:
            at = datetime.fromisoformat(said)
    except ValueError:
        return granted(Refusal("plan_time", said), option)
    if at.tzinfo is None:
        at = at.replace(tzinfo=VIETNAM)
    return int(at.timestamp() * 1000)


def carry_out(job: Coroutine[Any, Any, bool]) -> None:
    """Run a command that watches a plan; Ctrl-C ends the watching alone."""
    try:
        well = asyncio.run(job)
    except KeyboardInterrupt:
        typer.echo("no longer watched: the plan goes on; see lienthong plans", err=True)
        raise typer.Exit(130) from None
    if not well:
        raise typer.Exit(1)


def show(found: Preview, *, yes: bool) -> bool:
    """Say what a plan would be about; False: nothing is to be done about it now."""
    told = "told again" if found.kind == "resend" else "told"
    if not found.chosen:
        typer.echo(f"{found.system}: nothing is to be {told}")
    else:
        typer.echo(f"{found.system}: to be {told}: {len(found.chosen)}")
        _counts("by what kept it back", found.counts(lambda one: WAS[one.member.was]))
        if found.kind == "resend":
            _counts("by adapter, version and mapping", found.counts(lambda one: one.adapter))
        _counts("by procedure", found.counts(lambda one: one.procedure))
        _counts("by agency", found.counts(lambda one: one.agency))
        _counts("by state of the dossier", found.counts(lambda one: one.status))
    if found.moved:
        typer.echo(f"left alone, as more is to be told of them anyway: {found.moved}")
    if found.hindrance is not None:
        typer.echo(f"before --yes: {found.system} is {found.hindrance} in the systems file")
    if not yes and found.chosen:
        typer.echo("nothing was changed; with --yes this becomes a plan")
    return yes and bool(found.chosen)


def _counts(heading: str, counts: list[tuple[str, int]]) -> None:
    typer.echo(f"  {heading}:")
    for name, many in counts[:SHOWN]:
        typer.echo(f"    {many:>7}  {plain(name)}")
    if len(counts) > SHOWN:
        rest = sum(many for _, many in counts[SHOWN:])
        typer.echo(f"    {rest:>7}  others ({len(counts) - SHOWN})")


async def follow(made: UUID, goes: AsyncIterator[Plan], *, wait: bool) -> bool:
    """Name the plan, and say how it goes until it is over; False: not all of it went through."""
    typer.echo(f"plan {made}")
    if not wait:
        return True
    last: Plan | None = None
    async for last in goes:
        typer.echo(line(last))
    return last is None or (last.state == "done" and not last.counts.get("failed"))


def line(one: Plan) -> str:
    """Say in one line how a plan stands."""
    counts = one.counts
    parts = [f"{counts.get('passed', 0)} of {one.size} told"]
    if counts.get("failed"):
        which = ", ".join(f"{many} {plain(word)}" for word, many in one.failed.items())
        parts.append(f"{counts['failed']} failed ({which})")
    for state, said in (
        ("gone", "under way"),
        ("waits", "wait for the official code"),
        ("moved", "had moved, left alone"),
        ("chosen", "to come"),
    ):
        parts += [f"{counts[state]} {said}"] if counts.get(state) else []
    why = f" ({WHY.get(one.why, one.why)})" if one.why else ""
    return f"wave {one.wave}: {one.state}{why}: {', '.join(parts)}"


def heading(one: Plan) -> str:
    """Name a plan with whose it is and what for."""
    why = f": {plain(one.reason)}" if one.reason else ""
    asked = " ".join(f"{name}={plain(str(value))}" for name, value in one.choice.items())
    return f"{one.id}  {one.kind} {one.name}  {clock(one.made_at)}  {one.made_by}{why}  {asked}"
