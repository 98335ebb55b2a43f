"""Public holidays of Vietnam and the working days swapped for them, year by year.

The table of a year comes from the library `holidays` (MIT); it is computed, so a function of the
year and nothing else. Where the library is wrong or late, `OVERRIDES` has the last word.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from types import MappingProxyType

PUBLISHED_UNTIL = date(2026, 12, 31)
"""After this day swaps may still be decided, and then a due time is provisional."""

OVERRIDES: Mapping[date, bool] = MappingProxyType(
    {
        # Decided on 2025-12-25 and missing in `holidays` 0.109: a Friday off, made up for later.
        date(2026, 1, 2): False,
        date(2026, 1, 10): True,
    }
)
"""Days on which offices work (True) or do not (False), whatever the library says."""


@dataclass(frozen=True, slots=True)
class Year:
    """The days off of a year, and the days of rest on which offices work instead."""

    off: frozenset[date]
    work: frozenset[date]


@lru_cache(maxsize=200)
def of_year(year: int) -> Year:
    """Give the public holidays of a year and its make-up days, as the library knows them."""
    from holidays import country_holidays  # noqa: PLC0415 - slow to load, and few processes ask

    found = country_holidays("VN", years=year)
    return Year(
        off=frozenset(found),
        work=frozenset(day for day in found.weekend_workdays if day.year == year),
    )


def with_days(days: Mapping[date, bool]) -> Mapping[date, bool]:
    """Put days that a deployment knows over those that ship."""
    return MappingProxyType({**OVERRIDES, **days})


def day_rule(day: date, overrides: Mapping[date, bool] = OVERRIDES) -> bool | None:
    """Say whether the country works on a day: True, False, or None: as its weekday says."""
    if day in overrides:
        return overrides[day]
    year = of_year(day.year)
    if day in year.work:
        return True
    return False if day in year.off else None
