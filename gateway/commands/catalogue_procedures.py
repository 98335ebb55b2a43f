"""`lienthong procedures`: the procedure catalogue, what it lacks, and what is due when."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from gateway.admission.catalogue import open_calendar
from gateway.rules.calendar import Office
from gateway.rules.expected import rule_of
from gateway.settings import SettingsError
from schemas.base import VIETNAM, Instant, is_day, spoken
from schemas.catalogue.finding import Unreadable
from schemas.catalogue.procedure_files import Reading, load, shipped
from schemas.catalogue.procedure_writing import write

app = typer.Typer(
    help="The procedure catalogue, what it lacks, and what is due when.", no_args_is_help=True
)
File = Annotated[Path, typer.Argument(help="CSV, the portal's JSON, or TOML naming such files.")]


@app.command()
def check(
    file: File,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Read a catalogue and report everything that is wrong or missing; 1 if a row is left out."""
    reading = _load(file)
    if as_json:
        said = {
            "procedures": len(reading.catalogue.by_code),
            "versions": len(reading.catalogue.versions),
            "complete": reading.catalogue.complete,
            "findings": [asdict(one) for one in reading.findings],
        }
        typer.echo(json.dumps(said, ensure_ascii=False, indent=2))
    else:
        _say(reading)
    if reading.lost:
        raise typer.Exit(1)


@app.command(name="import")
def import_(
    file: File, to: Annotated[Path, typer.Argument(help="The CSV file to write; must be new.")]
) -> None:
    """Write a catalogue as a CSV file, for a person to add what is missing; 1 if a row is lost."""
    reading = _load(file)
    try:
        with to.open("x", encoding="utf-8-sig", newline="") as out:
            out.write(write(reading.catalogue.versions))
    except OSError as error:
        raise SettingsError(f"{to}: {error.strerror}") from None
    _say(reading)
    if reading.lost:
        raise typer.Exit(1)


@app.command()
def due(
    code: Annotated[str, typer.Argument(help="National code of the procedure.")],
    received: Annotated[str, typer.Argument(help="When it was received: 2026-03-02T09:30")],
    file: Annotated[
        Path | None, typer.Option("--catalogue", help="Else the procedures of the samples.")
    ] = None,
    holidays: Annotated[
        Path | None,
        typer.Option(envvar="LIENTHONG_HOLIDAYS", help="Else the days off that ship."),
    ] = None,
) -> None:
    """Say when a dossier received then is due in an office with the usual hours, and why."""
    try:
        at: datetime = TypeAdapter(Instant).validate_python(received)
    except ValidationError as error:
        raise SettingsError(f"RECEIVED: {error.errors()[0]['msg']}") from None
    if is_day(at):
        raise SettingsError("RECEIVED: needs a time of day as well as a date")
    catalogue = shipped() if file is None else _load(file).catalogue
    version = catalogue.find(code, at.astimezone(VIETNAM).date())
    if version is None:
        raise SettingsError(f"CODE: the catalogue has no version of {code} for that day")
    found = rule_of(at, version, open_calendar(holidays), Office())
    typer.echo(f"{spoken(found.at) if found.at else '-'}  {found.rule[1]}")


def _load(file: Path) -> Reading:
    try:
        return load(file)
    except Unreadable as error:
        raise SettingsError(str(error)) from None


def _say(reading: Reading) -> None:
    for one in reading.findings:
        typer.echo(str(one))
    typer.echo(
        f"{len(reading.catalogue.by_code)} procedures, {len(reading.catalogue.versions)} versions, "
        f"{len(reading.lost)} rows left out, {len(reading.findings) - len(reading.lost)} gaps"
    )
