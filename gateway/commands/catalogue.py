"""`lienthong catalogue`: what a code of the country's lists means today."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import date
from typing import Annotated

import typer

from gateway.settings import SettingsError
from schemas.catalogue import communes

app = typer.Typer(help="Communes of both generations.", no_args_is_help=True)


@app.callback()
def catalogue() -> None:
    """Look up the country's lists."""


@app.command()
def commune(
    code: Annotated[str, typer.Argument(help="Five digits.", metavar="CODE")],
    name: Annotated[str | None, typer.Option(help="The name that stands beside it.")] = None,
    on: Annotated[
        str | None,
        typer.Option(help="The day of the record; before 2025-07-01 CODE is an old code."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Say which communes of today a code means, and how certain that is."""
    if not re.fullmatch(r"[0-9]{5}", code):
        raise SettingsError(f"CODE: {code!r} is not five digits")
    found = communes.resolve(code, name=name, on=_day(on))
    if as_json:
        said = {
            "candidates": [asdict(one) for one in found.candidates],
            "certainty": found.certainty,
        }
        typer.echo(json.dumps(said, ensure_ascii=False))
        return
    typer.echo(f"{found.certainty}: {found.why}")
    for one in found.candidates:
        part = "" if one.whole else " (a part, or one of several)"
        typer.echo(f"  {one.code}  {one.name}, {one.province}{part}")


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"--on: {text!r} is not a day, as 2025-06-30 is") from None
