"""`lienthong parked`: what waits for a human, grouped by what has to be put right."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

import typer

from gateway.commands.shown import Lang, clock, configured, instant, language, plain
from gateway.main.bootstrap import open_store
from gateway.rules.masking import masked_id, masked_ref
from gateway.settings import Settings, SettingsError, load
from gateway.store.work import parked as rows
from gateway.store.work.parked import Group
from gateway.words import Language
from gateway.words.causes import KINDS, explain

HOUR = 3_600_000


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
    name = configured(settings, system)
    known_cause(cause)
    found = asyncio.run(_groups(settings, name, cause))
    if as_json:
        typer.echo(json.dumps([_row(one, said) for one in found], ensure_ascii=False, indent=2))
        return
    for one in found:
        _show(one, said)
    if not found:
        typer.echo("nothing is parked")


def known_cause(cause: str | None) -> None:
    """Refuse a cause that the engine does not have: a typing error would find nothing."""
    if cause is not None and cause.partition(":")[0] not in KINDS:
        raise SettingsError(
            f"--cause: there is no cause {plain(cause)!r}; kinds are: {', '.join(sorted(KINDS))}"
        )


async def _groups(settings: Settings, name: str | None, cause: str | None) -> list[Group]:
    store = await open_store(settings)
    ahead = int(settings.at_risk_hours * HOUR)
    try:
        return await store.read(
            lambda connection: rows.groups(connection, ahead, name=name, cause=cause)
        )
    finally:
        await store.close()


def _row(one: Group, said: Language) -> dict[str, Any]:
    what, step = explain(one.cause, said)
    sample = None
    if one.sample is not None:
        sample = {"dossier": masked_id(one.sample[0]), "ref": masked_ref(one.sample[1])}
    return {
        "system": one.system,
        "cause": one.cause,
        "for": one.owner,
        "count": one.count,
        "at_risk": one.at_risk,
        "first": instant(one.first),
        "last": instant(one.last),
        "sample": sample,
        "what": what,
        "next": step,
    }


def _show(one: Group, said: Language) -> None:
    what, step = explain(one.cause, said)
    risk = f", {one.at_risk} at risk" if one.at_risk else ""
    typer.echo(f"{one.system}  {plain(one.cause)}  for the {one.owner}: {one.count}{risk}")
    example = ""
    if one.sample is not None:
        example = f"  e.g. {masked_id(one.sample[0])}, ref {masked_ref(one.sample[1])}"
    typer.echo(f"    {clock(one.first)} to {clock(one.last)}{example}")
    typer.echo(f"    {what}")
    typer.echo(f"    -> {step}")
