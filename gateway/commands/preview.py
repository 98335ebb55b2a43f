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


def preview(
    system: Annotated[str, typer.Argument(help="A system of the systems file.", metavar="SYSTEM")],
    file: Annotated[Path, typer.Argument(help="An export of its software.", metavar="FILE")],
    rows: Annotated[int, typer.Option(help="How many rows to show.", min=1)] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="For programs, all rows.")] = False,
) -> None:
    """Show what rows of an export become under the system's settings, and which are bad.

    Nothing is stored. It ends with code 1 if a row would be left out.
    """
    settings = load()
    granted(known_systems(settings, [system]))
    config = next(one for one in settings.systems if one.name == system)
    found = granted(asyncio.run(previews.preview(find_system(config, 0), file.absolute())))
    if as_json:
        said = [{"row": one.row, "body": one.body, "why": one.why} for one in found.rows]
        typer.echo(json.dumps(said, ensure_ascii=False))
    else:
        for one in found.taken[:rows]:
            typer.echo(f"row {one.row}")
            for pointer, value in _flat("", one.body):
                typer.echo(f"  {pointer}: {value}")
        for one in found.bad[:20]:
            typer.echo(f"row {one.row} {one.field}: {one.why}".replace("row 0 : ", f"{file}: "))
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
