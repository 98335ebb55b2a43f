"""`lienthong catalogue`: what a code of the country's lists means today."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from gateway.admission.catalogue import use_communes
from gateway.settings import SettingsError
from schemas.catalogue import agencies, communes
from schemas.catalogue.finding import Unreadable

app = typer.Typer(help="Communes and agencies of both generations.", no_args_is_help=True)


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
    corrections: Annotated[
        Path | None,
        typer.Option(envvar="LIENTHONG_COMMUNES", help="The deployment's corrections (CSV)."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Say which communes of today a code means, and how certain that is."""
    if not re.fullmatch(r"[0-9]{5}", code):
        raise SettingsError(f"CODE: {code!r} is not five digits")
    use_communes(corrections)
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


@app.command(name="agencies")
def agencies_(
    file: Annotated[Path, typer.Argument(help="The deployment's CSV file.", metavar="FILE")],
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Read a table of agencies and say what is wrong or missing; 1 if a row is left out."""
    try:
        found, findings = agencies.load(file)
    except Unreadable as error:
        raise SettingsError(str(error)) from None
    lost = [one for one in findings if one.lost]
    if as_json:
        said = {"agencies": len(found.all), "findings": [asdict(one) for one in findings]}
        typer.echo(json.dumps(said, ensure_ascii=False))
    else:
        for one in findings:
            typer.echo(str(one))
        gaps = len(findings) - len(lost)
        typer.echo(f"{len(found.all)} codes, {len(lost)} rows left out, {gaps} gaps")
    if lost:
        raise typer.Exit(1)


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"--on: {text!r} is not a day, as 2025-06-30 is") from None
