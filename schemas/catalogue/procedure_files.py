"""Where the procedure catalogue is read from: a CSV or JSON file, or a TOML file that names some.

# procedures.toml
complete = true                        # a code that stands in none of the files does not exist
files = ["ours.csv", "answers.json"]   # beside this file
units = { "ngày" = "calendar_day" }    # what DONVITINH means here; see answer_words.UNITS
as_of = 2026-11-20                     # the day of the catalogue; a CSV file may say both itself
published_until = 2027-06-30           # afterwards it is stale, which is warned of
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

from schemas.catalogue import procedure_answers, procedure_rows
from schemas.catalogue.answer_words import UNITS
from schemas.catalogue.duration import Unit
from schemas.catalogue.finding import Finding, Unreadable
from schemas.catalogue.procedures import Catalogue, ProcedureVersion
from schemas.catalogue.sheets import FIELDS, Stand, beheaded, earliest, stand_of, text_of
from schemas.marks import composed

SETTINGS = frozenset({"complete", "files", "units", *FIELDS})


@dataclass(frozen=True, slots=True)
class Reading:
    """What could be read, and what is wrong or missing."""

    catalogue: Catalogue
    findings: tuple[Finding, ...]

    @property
    def lost(self) -> tuple[Finding, ...]:
        """What was left out."""
        return tuple(one for one in self.findings if one.lost)


def load(path: Path) -> Reading:
    """Read a catalogue; raise `Unreadable` with the file's name where nothing can be read."""
    if path.suffix.lower() != ".toml":
        return _reading(*_file(path, UNITS), complete=False)
    document = _document(path)
    units = {**UNITS, **document.get("units", {})}
    versions: tuple[ProcedureVersion, ...] = ()
    findings: tuple[Finding, ...] = ()
    stands = []
    for name in document["files"]:
        read, found, stand = _file(path.parent / name, units)
        versions += read
        stands.append(stand)
        findings += tuple(
            Finding(f"{name} {one.place}", one.field, one.reason, one.lost) for one in found
        )
    stand = document["stand"] if document["stand"] != Stand() else earliest(stands)
    return _reading(versions, findings, stand, complete=document.get("complete", False))


@cache
def shipped() -> Catalogue:
    """Give the procedures of the samples; see the `confidence` of each."""
    text = resources.files("schemas.catalogue").joinpath("data/procedures.csv").read_text("utf-8")
    return Catalogue(procedure_rows.read(text)[0])


def _file(
    path: Path, units: Mapping[str, Unit]
) -> tuple[tuple[ProcedureVersion, ...], tuple[Finding, ...], Stand]:
    kind = path.suffix.lower()
    if kind not in {".csv", ".json"}:
        raise Unreadable(f"{path}: is neither .csv nor .json nor .toml")
    text = text_of(path)
    try:
        if kind == ".json":
            return *procedure_answers.read(text, units), Stand()
        stand, rows, above = beheaded(text)
        return *procedure_rows.read(rows, above), stand
    except Unreadable as error:
        raise Unreadable(f"{path}: {error}") from None


def _document(path: Path) -> dict[str, Any]:
    """Read the file that names others; every setting in it is checked."""
    try:
        found = tomllib.loads(composed(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path}: {error}") from None
    unknown = sorted(set(found) - SETTINGS)
    if unknown:
        raise Unreadable(f"{path}: unknown setting {unknown[0]!r}")
    if not isinstance(found.get("complete", False), bool):
        raise Unreadable(f"{path}: complete: must be true or false")
    files = found.get("files")
    if not files or not isinstance(files, list) or not all(isinstance(one, str) for one in files):
        raise Unreadable(f"{path}: files: must be a list of names")
    try:
        units = {word.lower(): Unit(unit) for word, unit in dict(found.get("units", {})).items()}
    except (TypeError, ValueError):
        words = ", ".join(Unit)
        raise Unreadable(f"{path}: units: every word must be one of {words}") from None
    for name in FIELDS:
        day = found.get(name)
        if day is not None and (not isinstance(day, date) or isinstance(day, datetime)):
            raise Unreadable(f"{path}: {name}: must be a day like 2026-12-31")
    try:
        stand = stand_of(found.get("as_of"), found.get("published_until"))
    except Unreadable as error:
        raise Unreadable(f"{path}: {error}") from None
    return {**found, "units": units, "stand": stand}


def _reading(
    versions: tuple[ProcedureVersion, ...],
    findings: tuple[Finding, ...],
    stand: Stand,
    *,
    complete: bool,
) -> Reading:
    kept: dict[tuple[str, object], ProcedureVersion] = {}
    more = []
    for one in versions:
        key = (one.code, one.effective_from)
        if key in kept:
            why = "stands twice with the same first day, or twice without one"
            more.append(Finding(one.code, "effective_from", why, lost=True))
        kept.setdefault(key, one)
    catalogue = Catalogue(tuple(kept.values()), complete, stand)
    more += [one for code in catalogue.by_code for one in _conflicts(catalogue.by_code[code])]
    return Reading(catalogue, (*findings, *more))


def _conflicts(versions: tuple[ProcedureVersion, ...]) -> list[Finding]:
    """Say where the days of one procedure's versions do not fit together."""
    code = versions[0].code
    dated = [one for one in versions if one.effective_from is not None]
    found = []
    if dated and len(dated) < len(versions):
        why = "a version without a first day stands beside dated ones, and is never used"
        found.append(Finding(code, "effective_from", why))
    dated.sort(key=lambda one: one.effective_from or date.min)
    for one, following in pairwise(dated):
        start = following.effective_from
        if start is not None and one.effective_to is not None and one.effective_to >= start:
            why = "lies in the next version, which is used from its own first day on"
            found.append(Finding(code, "effective_to", why))
    return found
