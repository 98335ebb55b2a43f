"""A table that a deployment brings: a CSV file, and until when it may be believed.

Its first lines may say, each behind a #, of which day it is and until which day it is published:

    # as_of: 2026-11-20
    # published_until: 2027-12-31

A table is stale once the second day is past; one that only says of which day it is, a year later.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from schemas.catalogue.finding import Finding, Unreadable
from schemas.marks import composed

SAID = re.compile(r"#\s*([A-Za-z_]+)\s*:\s*(.*)")
FIELDS = ("as_of", "published_until")
YEAR = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Stand:
    """Of which day a table is, and until which day its makers have published it."""

    as_of: date | None = None
    published_until: date | None = None

    @property
    def until(self) -> date | None:
        """The last day on which it may be believed; None: it does not say."""
        if self.published_until is not None:
            return self.published_until
        return self.as_of + YEAR if self.as_of is not None else None

    def stale(self, today: date) -> bool:
        """Say whether that day is past."""
        return self.until is not None and self.until < today


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a table by column, each with its line, and what could not be a row."""

    stand: Stand
    rows: tuple[tuple[str, dict[str, str]], ...]
    findings: tuple[Finding, ...]


def text_of(path: Path) -> str:
    """Read a file; raise `Unreadable` with its name."""
    try:
        return composed(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path}: is not UTF-8 at byte {error.start}") from None
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from None


def beheaded(text: str) -> tuple[Stand, str, int]:
    """Part what a table says of itself from its rows; give how many lines that were."""
    said: dict[str, date] = {}
    lines = text.splitlines(keepends=True)
    above = 0
    for number, line in enumerate(lines, start=1):
        if not line.startswith("#"):
            break
        above = number
        found = SAID.fullmatch(line.rstrip().rstrip(",;"))
        if found is None:
            continue
        field, value = found[1].lower(), found[2].strip()
        if field not in FIELDS or field in said:
            raise Unreadable(f"line {number}, {field}: is none of {' and '.join(FIELDS)}, once")
        day = day_of(value)
        if day is None:
            raise Unreadable(f"line {number}, {field}: is not a day, as 2026-12-31 is")
        said[field] = day
    return stand_of(said.get("as_of"), said.get("published_until")), "".join(lines[above:]), above


def stand_of(as_of: date | None, published_until: date | None) -> Stand:
    """Put both days together; raise `Unreadable` where they contradict each other."""
    if as_of is not None and published_until is not None and published_until < as_of:
        raise Unreadable("published_until: lies before as_of")
    return Stand(as_of, published_until)


def earliest(stands: Iterable[Stand]) -> Stand:
    """Give the stand of tables that are used as one: as old as the oldest of them."""
    found = list(stands)
    return Stand(
        min((one.as_of for one in found if one.as_of is not None), default=None),
        min(
            (one.published_until for one in found if one.published_until is not None), default=None
        ),
    )


def read(
    path: Path, columns: Collection[str], needed: Collection[str], *, others: bool = False
) -> Sheet:
    """Read a table; raise `Unreadable` where it is none, naming the file and the line.

    others: columns that the table does not have are passed over and reported, else refused
    """
    text = text_of(path)
    try:
        stand, rest, above = beheaded(text)
        names, lines = _lines(rest, above)
        findings = list(_columns(names, columns, needed, above + 1, others=others))
        return _sheet(stand, names, list(lines), findings)
    except csv.Error as error:
        raise Unreadable(f"{path}: is no CSV: {error}") from None
    except Unreadable as error:
        raise Unreadable(f"{path}: {error}") from None


def _columns(
    names: list[str], columns: Collection[str], needed: Collection[str], line: int, *, others: bool
) -> Iterator[Finding]:
    lacking = [name for name in columns if name in needed and name not in names]
    if lacking:
        may = ", ".join(columns)
        raise Unreadable(f"lacks the columns {', '.join(lacking)}; it may have {may}")
    for name in names:
        if name not in columns and not others:
            raise Unreadable(f"line {line}: {name[:50]!r} is none of {', '.join(columns)}")
        if names.count(name) > 1 and name:
            raise Unreadable(f"line {line}: {name[:50]!r} stands twice")
        if name not in columns and name:
            yield Finding(f"line {line}", name[:50], "is no column of this table, and is not read")


def _lines(text: str, above: int) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """Give the names of the columns, and each further line by its number in the file."""
    head = text.partition("\n")[0]
    # Vietnamese spreadsheets part by the semicolon.
    delimiter = ";" if head.count(";") > head.count(",") else ","
    rows = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
    names = [name.strip() for name in next(rows, [])]

    def numbered() -> Iterator[tuple[int, list[str]]]:
        start = rows.line_num
        for cells in rows:
            yield above + start + 1, cells
            start = rows.line_num

    return names, numbered()


def _sheet(
    stand: Stand, names: list[str], lines: list[tuple[int, list[str]]], findings: list[Finding]
) -> Sheet:
    rows = []
    for number, cells in lines:
        place = f"line {number}"
        if any(cell.strip() for cell in cells[len(names) :]):
            why = f"has {len(cells)} cells, not {len(names)}"
            findings.append(Finding(place, "", why, lost=True))
        elif any(cell.strip() for cell in cells):
            # Whoever writes by hand leaves out the empty cells at the end.
            given = [*map(str.strip, cells), *[""] * len(names)]
            rows.append((place, dict(zip(names, given, strict=False))))
    return Sheet(stand, tuple(rows), tuple(findings))


def day_of(text: str) -> date | None:
    """Read a day; None: it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
