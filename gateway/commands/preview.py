"""`lienthong preview`: what the rows of an export would become, before it is let in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.main.bootstrap import find_system
from gateway.settings import SettingsError, load


def preview(
    system: Annotated[str, typer.Argument(help="A system of the systems file.", metavar="SYSTEM")],
    file: Annotated[Path, typer.Argument(help="An export of its software.", metavar="FILE")],
    rows: Annotated[int, typer.Option(help="How many rows to show.", min=1)] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="For programs, all rows.")] = False,
) -> None:
    """Show what rows of an export become under the system's settings, and which are bad.

    Nothing is stored. It ends with code 1 if a row would be left out.
    """
    configured = {one.name: one for one in load().systems}
    if system not in configured:
        known = ", ".join(sorted(configured)) or "none"
        raise SettingsError(f"no system is called {system!r}; there are: {known}")
    chosen = find_system(configured[system], 0)
    if chosen.adapter.preview is None:
        raise SettingsError(f"{system} is not fed by files")
    found = chosen.adapter.preview(_read(file), chosen.settings)
    bad = [one for one in found if one.body is None]
    if as_json:
        said = [{"row": one.row, "body": one.body, "why": one.why} for one in found]
        typer.echo(json.dumps(said, ensure_ascii=False))
    else:
        for one in [one for one in found if one.body is not None][:rows]:
            typer.echo(f"row {one.row}")
            for pointer, value in _flat("", one.body):
                typer.echo(f"  {pointer}: {value}")
        for one in bad[:20]:
            typer.echo(f"row {one.row} {one.field}: {one.why}".replace("row 0 : ", f"{file}: "))
        typer.echo(f"{len(found) - len(bad)} rows would be taken, {len(bad)} not")
    if bad:
        raise typer.Exit(1)


def _read(file: Path) -> dict[str, bytes]:
    """Read the file, and what lies beside it under the same name."""
    try:
        beside = [one for one in file.parent.glob(f"{file.stem}.*") if one != file]
        return {one.name: one.read_bytes() for one in (file, *beside)}
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}") from None


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
