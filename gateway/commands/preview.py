"""`lienthong preview`: what the rows of an export would become, before it is let in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.commands.refused import granted
from gateway.main.bootstrap import find_system
from gateway.operations import preview as previews
from gateway.operations.refusals import known_systems
from gateway.settings import load

VIEWED = 100
"""Rows of a view that are read, at least."""


def preview(
    system: Annotated[str, typer.Argument(help="A system of the systems file.", metavar="SYSTEM")],
    file: Annotated[
        Path | None, typer.Argument(help="An export of its software.", metavar="FILE")
    ] = None,
    rows: Annotated[int, typer.Option(help="How many rows to show.", min=1)] = 3,
    view: Annotated[bool, typer.Option("--view", help="The view in its database.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs, all rows.")] = False,
) -> None:
    """Show what rows of an export become under the system's settings, and which are bad.

    Nothing is stored. It ends with code 1 if a row would be left out.
    """
    settings = load()
    granted(known_systems(settings, [system]))
    config = next(one for one in settings.systems if one.name == system)
    if (file is None) is not view:
        raise typer.BadParameter("name a FILE, or say --view")
    fed = find_system(config, 0)
    asked = (
        previews.preview_view(fed, max(rows, VIEWED))
        if file is None
        else previews.preview(fed, file.absolute())
    )
    found = granted(asyncio.run(asked))
    what = "view" if file is None else str(file)
    if as_json:
        said = [{"row": one.row, "body": one.body, "why": one.why} for one in found.rows]
        typer.echo(json.dumps(said, ensure_ascii=False))
    else:
        for one in found.taken[:rows]:
            typer.echo(f"row {one.row}")
            for pointer, value in _flat("", one.body):
                typer.echo(f"  {pointer}: {value}")
        for one in found.bad[:20]:
            typer.echo(f"row {one.row} {one.field}: {one.why}".replace("row 0 : ", f"{what}: "))
        typer.echo(f"{len(found.taken)} rows would be taken, {len(found.bad)} not")
    if found.bad:
        raise typer.Exit(1)


def _flat(pointer: str, value: Any) -> Iterator[tuple[str, Any]]:
    """List a snapshot by pointers."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _flat(f"{pointer}/{name}", one)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _flat(f"{pointer}/{number}", one)
    else:
        yield pointer, value
