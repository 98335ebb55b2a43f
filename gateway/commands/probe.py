"""`lienthong probe`: tries a system whose gate is closed, at once, and says what came of it."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from gateway.access.audit import acting
from gateway.commands.refused import granted
from gateway.commands.shown import clock, plain
from gateway.main.bootstrap import over_store
from gateway.operations.probing import Probed
from gateway.operations.probing import probe as probed
from gateway.settings import load

PATIENCE = 120.0
"""Seconds: longer than most conversations."""


def probe(
    system: Annotated[str, typer.Argument(help="The system, by name.")],
    patience: Annotated[
        float, typer.Option(metavar="SECONDS", help="How long to wait for what comes of it.")
    ] = PATIENCE,
) -> None:
    """Try a system whose gate is closed: one dossier at once, whatever the gate waits for.

    A gateway or worker does it. Ends with 1 if the gate is not open then.
    """
    settings, by = load(), acting()
    answer = asyncio.run(
        over_store(
            settings, lambda store: probed(store, settings, system, by=by, patience=patience)
        )
    )
    done = granted(answer)
    typer.echo(f"{system}: {said(done)}")
    if not done.well:
        raise typer.Exit(1)


def said(done: Probed) -> str:
    """Say in one line what came of a probe."""
    found, tried = done.found, done.tried
    met = whose = ""
    if tried is not None:
        why = f" ({plain(tried.why)})" if tried.why else ""
        met, whose = f": {tried.outcome}{why}", f", dossier {tried.dossier}"
    match done.came:
        case "open_already":
            return "the gate is open: there is nothing to probe"
        case "opened":
            return f"the gate is open{met}{whose}"
        case "closed_again":
            return f"still closed{met}{whose}; the next probe is due at {clock(found.until)}"
        case "nothing_to_try" if found.wakes_at is not None:
            return (
                f"not tried: {found.waiting} wait, the first until {clock(found.wakes_at)}: what "
                "was sent last may still land; the first of them will be the probe"
            )
        case "nothing_to_try":
            return "nothing waits that could be tried: the next dossier will be the probe"
        case "nobody_tried":
            return "no outcome yet (does a gateway or worker run?); the probe stays due"
