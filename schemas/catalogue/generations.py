"""Of which generation of units an address is written, by what it states and what it names.

A name without a code is certain only where, within its province, one generation alone has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from schemas.catalogue.communes import (
    Generation,
    OldUnit,
    generation_on,
    made_of,
    old_provinces,
    old_units,
    provinces,
    same_name,
    table,
    units_ever,
)
from schemas.catalogue.communes import Unit as CommuneUnit
from schemas.catalogue.spelling import area_key, unit_key
from schemas.parts import Address, Unit


def same_area(one: str, other: str) -> bool:
    """Say whether two names of districts or provinces are one; a kind left out fits any."""
    first, second = area_key(one), area_key(other)
    return first[1] == second[1] != "" and (first[0] == second[0] or "" in {first[0], second[0]})


def generation_of(place: Address) -> tuple[Generation, str]:
    """Say of which generation an address is for sure, else `unknown`; and why, in one sentence."""
    stated = {generation_on(place.as_of)} if place.as_of is not None else set()
    if place.generation != "unknown":
        stated.add(place.generation)
    named = set(_named(place))
    if len(stated) == 1:
        if len(named) == 1 and named != stated:
            return "unknown", "its name belongs to the other generation than it states"
        return stated.pop(), "the address states it"
    if stated:
        return "unknown", "the generation and the day that it states contradict each other"
    if len(named) == 1:
        return named.pop(), "only this generation has the name there"
    if named:
        return "unknown", "both generations have such a commune there, and the address states none"
    return "unknown", "neither generation has such a commune there, and the address states none"


def _named(place: Address) -> Iterator[Generation]:
    """Give the generations in which the commune of an address can be found."""
    unit = place.commune
    if unit is None or (unit.code is None and unit.name is None):
        return
    if unit.code is None:
        key = unit_key(unit.name or "")[1]
        olds, news = _old_by_name().get(key, ()), _new_by_name().get(key, ())
    else:
        olds = news = (unit.code,)
    before, since = _provinces_of(place.province)
    within = _district(place, before)
    if any(
        one.province in before and (within is None or code in within) and _is(unit, one)
        for code in olds
        for one in _one(old_units(), code)
    ):
        yield "before_2025_07"
    if any(
        one.province in since
        and (within is None or not within.isdisjoint(made_of()[code]))
        and _is(unit, one)
        for code in news
        for one in units_ever().get(code, ())
    ):
        yield "from_2025_07"


def _one(units: Mapping[str, OldUnit], code: str) -> tuple[OldUnit, ...]:
    return (units[code],) if code in units else ()


def _is(unit: Unit, one: OldUnit | CommuneUnit) -> bool:
    return unit.name is None or same_name(unit.name, one.name)


def _district(place: Address, before: set[str]) -> frozenset[str] | None:
    """Give the old communes of the district that an address names; None: of any."""
    name = place.district.name if place.district is not None else None
    found: frozenset[str] = frozenset()
    for (province, district), codes in _districts().items():
        if name is not None and province in before and same_area(name, district):
            found |= codes
    return found or None


@table
def _districts() -> dict[tuple[str, str], frozenset[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for code, one in old_units().items():
        found.setdefault((one.province, one.district), set()).add(code)
    return {place: frozenset(codes) for place, codes in found.items()}


def _provinces_of(province: Unit | None) -> tuple[set[str], set[str]]:
    """Give the names of old provinces, and the codes of today's, in which to look.

    Both generations of a province are looked in: after July 2025 people mix them.
    """
    if province is None or (province.code is None and province.name is None):
        return {name for name, _ in old_provinces().values()}, set(provinces())
    today = set(_fitting(province, provinces()))
    before = set(_fitting(province, {code: name for code, (name, _) in old_provinces().items()}))
    return (
        {old_provinces()[code][0] for code in before}
        | {name for name, now in old_provinces().values() if now in today},
        today | {old_provinces()[code][1] for code in before},
    )


def _fitting(province: Unit, names: Mapping[str, str]) -> Iterator[str]:
    for code, name in names.items():
        if province.code in {None, code} and (
            province.name is None or same_area(province.name, name)
        ):
            yield code


def province_today(province: Unit, generation: Generation) -> Unit | None:
    """Give the province of today that one means; None where that is not one.

    A bare code of an unknown generation is read as both.
    """
    found = set()
    if generation != "before_2025_07":
        found |= set(_fitting(province, provinces()))
    if generation != "from_2025_07" and not (found and province.name is not None):
        old = {code: name for code, (name, _) in old_provinces().items()}
        found |= {old_provinces()[code][1] for code in _fitting(province, old)}
    if len(found) != 1:
        return None
    code = found.pop()
    return Unit(code=code, name=provinces()[code])


@table
def _old_by_name() -> dict[str, tuple[str, ...]]:
    return _by_name((code, one.name) for code, one in old_units().items())


@table
def _new_by_name() -> dict[str, tuple[str, ...]]:
    return _by_name((code, one.name) for code, names in units_ever().items() for one in names)


def _by_name(named: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for code, name in named:
        key = unit_key(name)[1]
        found[key] = (*found.get(key, ()), code)
    return found
