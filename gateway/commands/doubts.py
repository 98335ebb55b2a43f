"""`lienthong doubts`: what may stand twice at a system, or would if it were sent again."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

import typer

from gateway.commands.refused import granted
from gateway.commands.shown import plain
from gateway.main.bootstrap import over_store
from gateway.operations import restoring
from gateway.operations.refusals import known_systems
from gateway.operations.restoring import Doubtful
from gateway.settings import load


def doubts(
    system: Annotated[str | None, typer.Option(help="Only this system.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """List dossiers of which a system may hold a line twice, or will if it is told again.

    Such a line was sent again while nobody knew whether the first try had landed, or is to be told
    by a database that was restored. Changes nothing.
    """
    settings = load()
    granted(known_systems(settings, [] if system is None else [system]), "--system")
    found = asyncio.run(over_store(settings, lambda store: restoring.doubtful(store, system)))
    if as_json:
        typer.echo(json.dumps([_row(one) for one in found], ensure_ascii=False, indent=2))
        return
    for one in found:
        typer.echo(_line(one))
    if not found:
        typer.echo("nothing may stand twice")


def _row(one: Doubtful) -> dict[str, Any]:
    return {
        "system": one.system,
        "dossier": str(one.dossier),
        "ref": one.ref,
        "official_code": one.code,
        "may_stand_twice": [list(part) for part in one.doubled],
        "may_stand": None if one.ahead is None else list(one.ahead),
    }


def _line(one: Doubtful) -> str:
    said = [f"events {first} to {last} may stand twice" for first, last in one.doubled]
    if one.ahead is not None:
        said.append("events {} to {} may stand there, and are yet to be told".format(*one.ahead))
    return plain(f"{one.system}  {one.dossier}  {one.code or '-'}  {'; '.join(said)}")
