"""Communes that a deployment knows better than our release does, as a table.

    # as_of: 2026-11-20
    generation,code,name,district,province,valid_from,valid_to,to
    since,25270,Xã Lộc Ninh,,75,2025-07-01,2026-04-30,
    since,25270,Phường Lộc Ninh,,75,2026-04-30,,
    before,06970,Thị trấn Ba Chẽ,Huyện Ba Chẽ,Tỉnh Quảng Ninh,,,06970

The rows of one code and generation take the place of all that ships of it. `since` are units since
July 2025: `province` is its code, a row is a name that it has had, and the last one still stands.
`before` are units until June 2025: `province` is its name then, `to` the codes that its area went
to. A unit of today that was given up since cannot be said so here: nothing states its successors.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from schemas.catalogue import communes
from schemas.catalogue.communes import Corrections, OldUnit, Unit
from schemas.catalogue.finding import Finding
from schemas.catalogue.sheets import day_of, read

COLUMNS = ("generation", "code", "name", "district", "province", "valid_from", "valid_to", "to")
CODE = re.compile(r"[0-9]{5}")


def load(path: Path) -> tuple[Corrections, list[Finding]]:
    """Read a table; rows that cannot be are left out and reported. Raises `Unreadable`."""
    sheet = read(path, COLUMNS, COLUMNS[:5])
    old: dict[str, OldUnit] = {}
    new: dict[str, tuple[Unit, ...]] = {}
    placed: dict[str, str] = {}
    findings = list(sheet.findings)
    for place, row in sheet.rows:
        cells = {name: row.get(name, "") for name in COLUMNS}
        wrong = list(_wrong(cells, place))
        if not wrong and cells["generation"] == "before" and cells["code"] in old:
            wrong.append(Finding(place, "code", "stands twice in this generation", lost=True))
        findings += wrong
        if wrong:
            continue
        if cells["generation"] == "before":
            old[cells["code"]] = _old(cells)
        else:
            unit = _new(cells)
            new[unit.code] = tuple(
                sorted((*new.get(unit.code, ()), unit), key=lambda one: one.valid_from)
            )
        placed[cells["generation"] + cells["code"]] = place
    findings += _apart(new, placed)
    findings += _nowhere(old, new, placed)
    return Corrections(old, new, sheet.stand), findings


def _wrong(cells: Mapping[str, str], place: str) -> Iterator[Finding]:
    """Say what is wrong with one row by itself."""
    since = cells["generation"] == "since"
    if cells["generation"] not in {"since", "before"}:
        yield Finding(place, "generation", "is neither since nor before", lost=True)
        return
    if not CODE.fullmatch(cells["code"]):
        yield Finding(place, "code", "is not five digits", lost=True)
    if not cells["name"]:
        yield Finding(place, "name", "is empty", lost=True)
    for name in ("valid_from", "valid_to"):
        if cells[name] and day_of(cells[name]) is None:
            yield Finding(place, name, "is not a day, as 2025-07-01 is", lost=True)
    if since:
        yield from _wrong_since(cells, place)
    else:
        yield from _wrong_before(cells, place)


def _wrong_since(cells: Mapping[str, str], place: str) -> Iterator[Finding]:
    first, last = day_of(cells["valid_from"]), day_of(cells["valid_to"])
    if cells["province"] not in communes.provinces():
        yield Finding(place, "province", "is no code of a province of today", lost=True)
    if not cells["valid_from"]:
        yield Finding(place, "valid_from", "is empty", lost=True)
    if first is not None and first < communes.RESTRUCTURED:
        yield Finding(place, "valid_from", "lies before July 2025", lost=True)
    if first is not None and last is not None and last <= first:
        yield Finding(place, "valid_to", "is not after valid_from", lost=True)
    for name in ("district", "to"):
        if cells[name]:
            yield Finding(place, name, "is for units until June 2025 only", lost=True)


def _wrong_before(cells: Mapping[str, str], place: str) -> Iterator[Finding]:
    if cells["province"] not in {name for name, _ in communes.old_provinces().values()}:
        yield Finding(place, "province", "is no name of a province until June 2025", lost=True)
    if not cells["to"] or not all(CODE.fullmatch(code) for code in cells["to"].split()):
        yield Finding(place, "to", "must be the codes that its area went to", lost=True)
    for name in ("valid_from", "valid_to"):
        if cells[name]:
            yield Finding(place, name, "is for units since July 2025 only", lost=True)


def _old(cells: Mapping[str, str]) -> OldUnit:
    to = tuple(dict.fromkeys(cells["to"].split()))
    return OldUnit(cells["code"], cells["name"], cells["district"], cells["province"], to)


def _new(cells: Mapping[str, str]) -> Unit:
    first, last = day_of(cells["valid_from"]), day_of(cells["valid_to"])
    since = first or communes.RESTRUCTURED
    return Unit(cells["code"], cells["name"], cells["province"], since, last)


def _apart(new: Mapping[str, tuple[Unit, ...]], placed: Mapping[str, str]) -> Iterator[Finding]:
    """Say where the names of one unit do not follow each other, up to today."""
    for code, names in new.items():
        place = placed[f"since{code}"]
        if any(one.valid_to != then.valid_from for one, then in itertools.pairwise(names)):
            why = f"the names of {code} do not follow each other day by day"
            yield Finding(place, "valid_to", why, lost=True)
        if names[-1].valid_to is not None:
            why = f"the last name of {code} ends, and nothing states what its area went to"
            yield Finding(place, "valid_to", why, lost=True)


def _nowhere(
    old: Mapping[str, OldUnit], new: Mapping[str, tuple[Unit, ...]], placed: Mapping[str, str]
) -> Iterator[Finding]:
    known = communes.units_ever().keys() | new.keys()
    for code, unit in old.items():
        for to in unit.to:
            if to not in known:
                why = f"{to} is no commune of today"
                yield Finding(placed[f"before{code}"], "to", why, lost=True)
