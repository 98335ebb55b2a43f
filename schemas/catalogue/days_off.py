"""Days off and make-up days that a deployment knows before our release does, as a table.

    # as_of: 2026-11-20
    # published_until: 2027-12-31
    day,until,works,reason
    2027-02-04,2027-02-10,no,Tết Đinh Mùi
    2027-02-13,,yes,làm bù

A row is a day, or the days from `day` to `until`; it has the last word over what ships.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from schemas.catalogue.finding import Finding
from schemas.catalogue.sheets import Stand, day_of, read

COLUMNS = ("day", "until", "works", "reason")
WORDS = {"yes": True, "no": False}
LONGEST = 31
"""Days that one row may span: a slip in a year is longer."""
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DaysOff:
    """On which days offices work, or do not, whatever else says."""

    days: Mapping[date, bool] = field(default_factory=dict)
    stand: Stand = field(default_factory=Stand)


def load(path: Path) -> tuple[DaysOff, list[Finding]]:
    """Read a table; rows that cannot be are left out and reported. Raises `Unreadable`."""
    sheet = read(path, COLUMNS, ("day", "works"))
    days: dict[date, bool] = {}
    findings = list(sheet.findings)
    for place, row in sheet.rows:
        wrong = list(_wrong(row, place))
        for day in [] if wrong else _days(row):
            if days.setdefault(day, WORDS[row["works"].lower()]) != WORDS[row["works"].lower()]:
                why = f"{day} both works and does not"
                wrong.append(Finding(place, "day", why, lost=True))
        findings += wrong
    return DaysOff(days, sheet.stand), findings


def _days(row: Mapping[str, str]) -> Iterator[date]:
    day = day_of(row["day"])
    last = day_of(row.get("until", "")) or day
    while day is not None and last is not None and day <= last:
        yield day
        day += DAY


def _wrong(row: Mapping[str, str], place: str) -> Iterator[Finding]:
    first, last = day_of(row["day"]), day_of(row.get("until", ""))
    if first is None:
        yield Finding(place, "day", "is not a day, as 2027-02-13 is", lost=True)
    if row.get("until") and last is None:
        yield Finding(place, "until", "is not a day, as 2027-02-13 is", lost=True)
    elif first is not None and last is not None and not first <= last < first + LONGEST * DAY:
        why = f"must be the day itself or a later one, within {LONGEST} days"
        yield Finding(place, "until", why, lost=True)
    if row["works"].lower() not in WORDS:
        yield Finding(place, "works", "is neither yes nor no", lost=True)
