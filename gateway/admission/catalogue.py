"""The catalogues at the door: read at the start, asked for every dossier."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from gateway.dossiers.record import DossierRecord
from gateway.rules.calendar import Calendar
from gateway.rules.procedures import pinned
from gateway.rules.public_holidays import PUBLISHED_UNTIL, with_days
from gateway.settings import SettingsError
from schemas.catalogue import agencies, commune_corrections, communes, days_off, procedure_files
from schemas.catalogue.finding import Finding, Unreadable
from schemas.catalogue.procedures import Catalogue

T = TypeVar("T")


def open_agencies(path: Path | None) -> agencies.Agencies:
    """Read the deployment's agencies; raise SettingsError where a row would be left out."""
    if path is None:
        return agencies.Agencies(())
    return _whole("LIENTHONG_AGENCIES", path, agencies.load)


def open_calendar(path: Path | None) -> Calendar:
    """Read the days off that the deployment knows over those that ship; raise SettingsError."""
    if path is None:
        return Calendar()
    found = _whole("LIENTHONG_HOLIDAYS", path, days_off.load)
    until = max(PUBLISHED_UNTIL, found.stand.published_until or PUBLISHED_UNTIL)
    stand = replace(found.stand, published_until=until)
    return Calendar(overrides=with_days(found.days), published_until=until, stand=stand)


def use_communes(path: Path | None) -> None:
    """Put the deployment's communes over those that ship, if any; raise SettingsError."""
    if path is None:
        communes.use(communes.Corrections())
    else:
        communes.use(_whole("LIENTHONG_COMMUNES", path, commune_corrections.load))


def _whole(setting: str, path: Path, load: Callable[[Path], tuple[T, Sequence[Finding]]]) -> T:
    """Read a table of which no row may be left out."""
    try:
        found, findings = load(path)
    except Unreadable as error:
        raise SettingsError(f"{setting}: {error}") from None
    lost = [one for one in findings if one.lost]
    if lost:
        raise SettingsError(f"{setting}: {path}: {lost[0]} (of {len(lost)})")
    return found


def open_procedures(path: Path | None) -> Catalogue:
    """Read the configured catalogue whole; raise SettingsError where a row would be left out."""
    if path is None:
        return Catalogue()
    try:
        reading = procedure_files.load(path)
    except Unreadable as error:
        raise SettingsError(f"LIENTHONG_PROCEDURES: {error}") from None
    if reading.lost:
        raise SettingsError(
            f"LIENTHONG_PROCEDURES: {path}: {reading.lost[0]} (of {len(reading.lost)}; "
            f"`lienthong procedures check` lists them all)"
        )
    if not reading.catalogue.versions:
        raise SettingsError(f"LIENTHONG_PROCEDURES: {path}: there is no procedure in it")
    return reading.catalogue


def pin_procedure(record: DossierRecord, catalogue: Catalogue) -> None:
    """Freeze the procedure's publication in every version that is yet to be stored."""
    new = record.recorded[record.stored :]
    for past in new:
        if past.dossier is not None:
            past.dossier = record.head = pinned(past.dossier, catalogue)
