"""Agencies under the codes of both generations: by table, with validity; never by a rule.

QCVN 102:2016 reads from right to left (000.17.22.H56), QĐ 20/2020/QĐ-TTg from left to right
(H56.14.05), and lower levels were numbered anew: no rule turns one into the other. What merged
into what since July 2025 is in no public table either, so every deployment imports its own.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal, get_args

from schemas.catalogue.communes import provinces, units
from schemas.catalogue.finding import Finding
from schemas.catalogue.sheets import Stand, day_of
from schemas.catalogue.sheets import read as read_sheet
from schemas.marks import composed

Scheme = Literal["qd20", "qcvn102"]
FORMS: Mapping[str, re.Pattern[str]] = {
    "qd20": re.compile(r"[A-Z][0-9]{2}(\.[0-9A-Z]+)*"),
    "qcvn102": re.compile(r"[0-9A-Z]{3}\.[0-9A-Z]{2}\.[0-9A-Z]{2}\.[A-Z][0-9]{2}"),
}
LONGEST = 35
COLUMNS = (
    "code",
    "scheme",
    "name",
    "valid_from",
    "valid_to",
    "same_as",
    "predecessors",
    "commune",
)


@dataclass(frozen=True, slots=True)
class Agency:
    """One code of one agency while it is valid.

    valid_to: first day on which it is not valid any more; same_as: its code of the other
    generation; predecessors: codes whose work it took over; commune: whose agency it is
    """

    code: str
    scheme: Scheme
    name: str
    valid_from: date | None = None
    valid_to: date | None = None
    same_as: str | None = None
    predecessors: tuple[str, ...] = ()
    commune: str | None = None

    def valid(self, on: date) -> bool:
        """Say whether the code is valid on a day."""
        begun = self.valid_from is None or self.valid_from <= on
        return begun and (self.valid_to is None or on < self.valid_to)


@dataclass(frozen=True, slots=True)
class Agencies:
    """A table of agencies."""

    all: tuple[Agency, ...]
    stand: Stand = field(default_factory=Stand)

    def find(self, code: str, on: date) -> Agency | None:
        """Find who has a code on a day."""
        return next((one for one in self.all if one.code == code and one.valid(on)), None)

    def in_scheme(self, code: str, scheme: Scheme, on: date) -> str | None:
        """Give an agency's code of a generation, where the table states it."""
        found = self.find(code, on)
        if found is None:
            return None
        return found.code if found.scheme == scheme else found.same_as

    def successors(self, code: str) -> tuple[str, ...]:
        """Give the codes that took over the work of one; several are for a person to choose."""
        return tuple(one.code for one in self.all if code in one.predecessors)


@cache
def shipped() -> Agencies:
    """Give the agencies that the public sources of this project state."""
    text = files("schemas.catalogue").joinpath("data", "agencies.csv").read_text("utf-8")
    return read(csv.DictReader(text.splitlines()))[0]


def load(path: Path) -> tuple[Agencies, list[Finding]]:
    """Read a CSV file; raise `Unreadable` where it is no such table."""
    sheet = read_sheet(path, COLUMNS, COLUMNS[:3], others=True)
    found, findings = _read(sheet.rows)
    return Agencies(found.all, sheet.stand), [*sheet.findings, *findings]


def read(rows: Iterable[Mapping[str, str]]) -> tuple[Agencies, list[Finding]]:
    """Read rows; those that cannot be are left out and reported by line and column."""
    return _read((f"line {line}", row) for line, row in enumerate(rows, start=2))


def _read(rows: Iterable[tuple[str, Mapping[str, str]]]) -> tuple[Agencies, list[Finding]]:
    found, findings = [], []
    for place, row in rows:
        cells = {name: composed(row.get(name, "")).strip() for name in COLUMNS}
        wrong = list(_wrong(cells, place))
        findings += wrong
        if not wrong:
            found.append(_agency(cells))
    agencies = Agencies(tuple(found))
    return agencies, findings + list(gaps(agencies.all))


def _wrong(cells: Mapping[str, str], place: str) -> Iterator[Finding]:
    """Say what is wrong with one row by itself."""
    code, scheme = cells["code"], cells["scheme"]
    if scheme not in get_args(Scheme):
        yield Finding(place, "scheme", f"is not one of {', '.join(get_args(Scheme))}", lost=True)
    elif not FORMS[scheme].fullmatch(code) or len(code) > LONGEST:
        yield Finding(place, "code", f"has not the form of {scheme}", lost=True)
    if not cells["name"]:
        yield Finding(place, "name", "is empty", lost=True)
    for name in ("valid_from", "valid_to"):
        if cells[name] and day_of(cells[name]) is None:
            yield Finding(place, name, "is not a day, as 2025-07-01 is", lost=True)
    if cells["commune"] and cells["commune"] not in units():
        yield Finding(place, "commune", "is no commune of today", lost=True)


def _agency(cells: Mapping[str, str]) -> Agency:
    return Agency(
        code=cells["code"],
        scheme="qd20" if cells["scheme"] == "qd20" else "qcvn102",
        name=cells["name"],
        valid_from=day_of(cells["valid_from"]),
        valid_to=day_of(cells["valid_to"]),
        same_as=cells["same_as"] or None,
        predecessors=tuple(cells["predecessors"].split()),
        commune=cells["commune"] or None,
    )


def gaps(agencies: Sequence[Agency]) -> Iterator[Finding]:
    """Say what a table lacks: doubles, links that lead nowhere, communes without an agency."""
    known = {one.code: one for one in agencies}
    taken = {code for one in agencies for code in one.predecessors}
    for code, count in Counter(one.code for one in agencies).items():
        spans = sorted(
            (one.valid_from or date.min, one.valid_to or date.max)
            for one in agencies
            if count > 1 and one.code == code
        )
        if any(end > start for (_, end), (start, _) in itertools.pairwise(spans)):
            yield Finding(code, "code", "is valid twice at one time")
    for one in agencies:
        for code in one.predecessors:
            if code not in known:
                yield Finding(one.code, "predecessors", f"{code} is not in the table")
        if one.same_as is not None and known.get(one.same_as, one).scheme == one.scheme:
            yield Finding(one.code, "same_as", "is not in the table under the other generation")
        if one.valid_to is not None and one.code not in taken:
            yield Finding(one.code, "valid_to", "ends, and no agency names it as predecessor")
    yield from _uncovered(agencies)


def _uncovered(agencies: Sequence[Agency]) -> Iterator[Finding]:
    """Name the communes without an agency in every province of which the table has one."""
    covered = {one.commune for one in agencies if one.commune is not None and one.valid_to is None}
    claimed = {units()[code].province for code in covered}
    for unit in units().values():
        if unit.province in claimed and unit.code not in covered:
            where = f"{unit.name}, {provinces()[unit.province]}"
            yield Finding(unit.code, "commune", f"{where} has no agency in the table")
