"""`lienthong retry`: lets parked and waiting lanes go again, a few first, and stops by itself."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from gateway.access.audit import acting
from gateway.commands.refused import granted
from gateway.commands.shown import clock, plain
from gateway.main.bootstrap import find_system, opened
from gateway.operations import retry as retries
from gateway.operations.refusals import known_systems
from gateway.operations.retry import Choice, Hindrance, Plan
from gateway.operations.retry_waves import Event, Orders, Stopped, Summary, WaveBegan, WaveEnded
from gateway.rules.waves import FIRST, Verdict
from gateway.settings import Settings, SettingsError, load

SHOWN = 10
"""So many dossiers are named before anything is done."""
PATIENCE = 1200.0
"""Seconds: more than the longest time for which a gate stays closed."""

STOPPED: dict[Verdict, str] = {
    "failing": "more than half of the wave failed again",
    "gate_closed": "the system's gate is closed again, or somebody holds it",
    "no_outcome": "a part of the wave has no outcome yet (does a gateway run?); it stays ready",
}


def retry(
    dossier: Annotated[str | None, typer.Option(metavar="ID", help="Only this dossier.")] = None,
    cause: Annotated[
        str | None, typer.Option(help="Only this cause: whole, or its kind (refused).")
    ] = None,
    system: Annotated[str | None, typer.Option(help="Only this system.")] = None,
    wave: Annotated[int, typer.Option(help="How many go first.")] = FIRST,
    patience: Annotated[
        float, typer.Option(metavar="SECONDS", help="How long to wait for the outcomes of a wave.")
    ] = PATIENCE,
    why: Annotated[str, typer.Option(help="Why, for whoever reads the ledger.")] = "",
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, it is only shown.")] = False,
) -> None:
    """Let what is parked, and what waits for its next try, go again: nearest due time first.

    Without --yes nothing is changed. With it a wave of 10 goes, then 20, 40 and so on, each after
    the outcomes of the one before; it stops when more than half of a wave fails again or the
    system's gate closes. Ends with 1 if not everything went through.
    """
    choice = granted(retries.choice_of(dossier=dossier, cause=cause, system=system))
    asked = Orders(by=acting(), why=why, first=wave, patience=patience)
    orders = granted(retries.checked(asked))
    settings = load()
    granted(known_systems(settings, [] if system is None else [system]), "--system")
    try:
        well = asyncio.run(_retry(settings, choice, orders, yes=yes))
    except KeyboardInterrupt:
        typer.echo("interrupted: what has been let go goes on, the rest is as it was", err=True)
        raise typer.Exit(130) from None
    if not well:
        raise typer.Exit(1)


async def _retry(settings: Settings, choice: Choice, orders: Orders, *, yes: bool) -> bool:
    """Plan, show, and do it; False: not everything went through."""
    async with opened(settings) as store:
        planned = granted(await retries.plan(store, settings, choice))
        if not planned.chosen:
            typer.echo("nothing to retry: nothing of that is parked or waits for its next try")
            return True
        _show(planned)
        hindered = [_hindered(one) for one in planned.hindrances]
        if not yes:
            for one in hindered:
                typer.echo(f"before --yes: {one}")
            typer.echo("nothing was changed; with --yes these go again")
            return True
        if hindered:
            raise SettingsError(f"retry: {hindered[0]}")
        done = await retries.carry_out(
            store, planned, orders, lingers=_lingers(settings), tell=_tell
        )
        return all(one.well for one in done)


def _lingers(settings: Settings) -> dict[str, int]:
    """Say for how many milliseconds each system may still act on what was sent."""
    return {
        config.name: int(find_system(config, 0).facts.linger * settings.time_scale * 1000)
        for config in settings.systems
    }


def _show(planned: Plan) -> None:
    """Say what would go: counts by system and cause, the first dossiers, and what is dangerous."""
    typer.echo(f"to be retried: {len(planned.chosen)}")
    for (name, cause), many in planned.counts:
        typer.echo(f"    {many:>6}  {name}  {plain(cause)}")
    typer.echo("first, by due time:")
    for one in planned.chosen[:SHOWN]:
        typer.echo(f"    {one.dossier_id}  {one.name}")
    if planned.doubled:
        typer.echo(
            f"CAREFUL: {planned.doubled} of them may already stand in a system that only appends; "
            "unless its adapter can look that up, they may then stand there twice"
        )


def _hindered(one: Hindrance) -> str:
    match one.why:
        case "unconfigured":
            return f"{one.system} is no longer in the systems file; choose others with --system"
        case "off":
            return f"{one.system} is switched off in the systems file"
        case "held":
            return f"{one.system} is held by {one.by}: lienthong release {one.system}"


def _tell(event: Event) -> None:
    """Say what has just happened."""
    for line in told(event):
        typer.echo(line)


def told(event: Event) -> list[str]:
    """Write what has happened in lines for an operator."""
    of = event.system
    match event:
        case WaveBegan():
            return [f"{of}: wave {event.number}: {line}" for line in _began(event)]
        case WaveEnded():
            return [f"{of}: wave {event.number}: {_ended(event)}"]
        case Stopped():
            return [f"{of}: stopped: {STOPPED[event.why]}"]
        case Summary():
            return [f"{of}: {_summed_up(event)}"]


def _began(wave: WaveBegan) -> list[str]:
    """Say that a wave goes, and why it may take long."""
    moved = f", {wave.moved} had moved by themselves" if wave.moved else ""
    rest = f", {wave.resting} must rest: what was sent may yet land" if wave.resting else ""
    lines = [f"{wave.ready} let go{moved}{rest}"]
    if wave.closed_until is not None:
        lines.append(f"the gate is closed until {clock(wave.closed_until)}; waiting for it")
    return lines


def _ended(wave: WaveEnded) -> str:
    """Say what came of a wave, with the words of what failed."""
    which = ", ".join(f"{many} {plain(word)}" for word, many in wave.failed.items())
    failed = f"{wave.tally.failed} failed again" + (f" ({which})" if which else "")
    return f"{wave.tally.through} went through, {failed}, {wave.tally.open} without an outcome"


def _summed_up(whole: Summary) -> str:
    """Say in one line what became of everything that was chosen."""
    parts = [f"{whole.through} went through", f"{whole.failed} failed again"]
    parts += [f"{whole.open} have no outcome yet"] if whole.open else []
    parts += [f"{whole.gone} were deleted meanwhile"] if whole.gone else []
    return f"{', '.join(parts)}, {whole.left} left as they were"
