"""`lienthong conflicts`: codes that several dossiers have, for a human to look at."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import Annotated

import typer

from gateway.commands.shown import plain
from gateway.main.bootstrap import over_store
from gateway.operations import conflicts as operation
from gateway.settings import load

NEXT = (
    "one dossier twice: its owner merges them; a mistyped code: its owner links or corrects the "
    "right one. Until then nothing is told to anybody under a code that is only claimed."
)


def conflicts(
    *, as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False
) -> None:
    """Show codes that more than one open dossier has, with who brought each; no citizens."""
    found = asyncio.run(over_store(load(), operation.contested))
    if as_json:
        all_ = [one for claimants in found.values() for one in claimants]
        rows = [asdict(one) | {"dossier": str(one.dossier)} for one in all_]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for code, claimants in found.items():
        typer.echo(plain(code))
        for one in claimants:
            place = plain(one.agency or "no agency code")
            typer.echo(f"    {one.dossier}  {one.kind}, {one.status}, {place}, {plain(one.client)}")
    typer.echo(f"-> {NEXT}" if found else "no code is contested")
