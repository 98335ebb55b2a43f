"""`lienthong parked`: what waits for a human, grouped by what has to be put right."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import Annotated, Any

import typer

from gateway.commands.refused import granted
from gateway.commands.shown import Lang, clock, instant, language, plain
from gateway.main.bootstrap import over_store
from gateway.operations import failures
from gateway.operations.failures import FailureGroup
from gateway.operations.refusals import known_cause, known_systems
from gateway.settings import load
from gateway.words import Language
from gateway.words.causes import explain


def parked(
    system: Annotated[str | None, typer.Option(help="Only this system.")] = None,
    cause: Annotated[
        str | None, typer.Option(help="Only this cause: whole, or its kind (refused).")
    ] = None,
    lang: Lang = "en",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Show what is parked by system, cause and who must act, with what to do next.

    Of each group one dossier is hinted at, masked; `lienthong retry` names dossiers in full.
    """
    said, settings = language(lang), load()
    granted(known_systems(settings, [] if system is None else [system]), "--system")
    if cause is not None:
        granted(known_cause(cause))
    found = asyncio.run(
        over_store(
            settings, lambda store: failures.grouped(store, settings, system=system, cause=cause)
        )
    )
    if as_json:
        typer.echo(json.dumps([_row(one, said) for one in found], ensure_ascii=False, indent=2))
        return
    for one in found:
        _show(one, said)
    if not found:
        typer.echo("nothing is parked")


def _row(one: FailureGroup, said: Language) -> dict[str, Any]:
    what, step = explain(one.cause, said)
    return {
        "system": one.system,
        "cause": one.cause,
        "for": one.owner,
        "count": one.count,
        "at_risk": one.at_risk,
        "first": instant(one.first),
        "last": instant(one.last),
        "sample": one.sample and asdict(one.sample),
        "what": what,
        "next": step,
    }


def _show(one: FailureGroup, said: Language) -> None:
    what, step = explain(one.cause, said)
    risk = f", {one.at_risk} at risk" if one.at_risk else ""
    typer.echo(f"{one.system}  {plain(one.cause)}  for the {one.owner}: {one.count}{risk}")
    example = ""
    if one.sample is not None:
        example = f"  e.g. {one.sample.dossier}, ref {one.sample.ref}"
    typer.echo(f"    {clock(one.first)} to {clock(one.last)}{example}")
    typer.echo(f"    {what}")
    typer.echo(f"    -> {step}")
