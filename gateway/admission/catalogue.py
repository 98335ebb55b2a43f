"""The catalogues at the door: read at the start, asked for every dossier."""

from __future__ import annotations

from pathlib import Path

from gateway.dossiers.record import DossierRecord
from gateway.rules.procedures import pinned
from gateway.settings import SettingsError
from schemas.catalogue import agencies
from schemas.catalogue.procedure_files import load
from schemas.catalogue.procedure_rows import Unreadable
from schemas.catalogue.procedures import Catalogue


def open_agencies(path: Path | None) -> agencies.Agencies:
    """Read the deployment's agencies; raise SettingsError where a row would be left out."""
    if path is None:
        return agencies.Agencies(())
    try:
        found, findings = agencies.load(path)
    except OSError as error:
        raise SettingsError(f"LIENTHONG_AGENCIES: {path}: {error.strerror}") from None
    except ValueError as error:
        raise SettingsError(f"LIENTHONG_AGENCIES: {path} {error}") from None
    lost = next((one for one in findings if one.lost), None)
    if lost is not None:
        raise SettingsError(f"LIENTHONG_AGENCIES: {path}: {lost}")
    return found


def open_procedures(path: Path | None) -> Catalogue:
    """Read the configured catalogue whole; raise SettingsError where a row would be left out."""
    if path is None:
        return Catalogue()
    try:
        reading = load(path)
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
