"""Hearing a view in the database of old software: pages of rows, each behind the one before.

Rows with the last value of the cursor column are asked for again, and repeats change nothing. A
page that is word for word what it was at the last poll is not handed in again.
Never: the content of a cell in what is wrong; a page that is passed over.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from adapters.commune_files.columns import NEEDED, READ
from adapters.commune_files.rows import Plan, judged, plan
from adapters.commune_files.settings import FileSettings
from adapters.kit import charsets
from adapters.kit.port import (
    Hand,
    PollContext,
    Put,
    Query,
    RowRead,
    Selected,
    UnreadCell,
    Value,
)
from schemas.base import VIETNAM
from schemas.inbound import Row
from schemas.outcome import Blocked, Outcome

if TYPE_CHECKING:
    from adapters.commune_files.settings import CommuneSettings, ViewSettings

PAGES = 20
"""Pages of one poll; the next one goes on."""
MOST_AT_ONCE = 20_000
"""Rows of one value of the cursor column; with more there is no way past them."""
MOST_REPORTED = 500
"""Lines of a day's report."""
SLACK = timedelta(milliseconds=10)
"""`datetime` of SQL Server counts in 1/300 s, and what we say is rounded: we look back this far."""
Place = datetime | int | Decimal
Kept = Callable[[dict[str, Any]], str]


class Unusable(Exception):  # noqa: N818 - a sentence for the operator
    """The view cannot be read as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How far we are.

    at: behind which value of the cursor column; ended: nothing came after it
    begun, pages: where the last poll began, and what its pages were, as hashes
    of: which statement this is about; day, bad: what was wrong on that day, as lines of the report
    """

    at: Place
    of: str
    ended: bool = False
    begun: str = ""
    pages: tuple[str, ...] = ()
    day: str = ""
    bad: tuple[tuple[str, int, str, str], ...] = ()

    def kept(self) -> dict[str, Any]:
        """Write it as plain values."""
        return {
            "at": _written(self.at),
            "of": self.of,
            "ended": self.ended,
            "begun": self.begun,
            "pages": self.pages,
            "day": self.day,
            "bad": self.bad,
        }


async def listen(
    kept: dict[str, Any], look: PollContext, settings: CommuneSettings, text: Kept
) -> Outcome | None:
    """Read what is new in the view, where there is one.

    text: writes the poll's cursor with this part of it
    """
    view = settings.view
    if view is None:
        return None
    try:
        await _pages(_mark(kept, view), look, settings, view, text)
    except Unusable as error:
        return Blocked(why=f"the view: {error}")
    return None


async def _pages(
    mark: Mark, look: PollContext, settings: CommuneSettings, view: ViewSettings, text: Kept
) -> None:
    now = look.now.astimezone(VIETNAM).replace(tzinfo=None)
    start = _start(mark, view)
    known = mark.pages if mark.begun == _written(start)[1] else ()
    mark = replace(mark, begun=_written(start)[1], pages=())
    limit, asked = view.batch, start
    for number in range(PAGES):
        found = await Query(sql=view.select, parameters=(asked,), limit=limit)
        reader = Reader(found.columns, settings, view)
        last = reader.last(found, asked)
        mine = _hash(found)
        ahead = isinstance(last, datetime) and last > now
        if known[number : number + 1] != (mine,):
            mark = await _handed(mark, reader.page(found), look, settings, text)
        # Of rows ahead of our clock some are refused today and taken later: never passed over.
        mark = replace(
            mark,
            at=now if ahead else _further(last, mark.at) if found.end else last,
            ended=found.end or ahead,
            pages=(*mark.pages, "" if ahead else mine),
        )
        await Hand(items=(), cursor=text(mark.kept()))
        if found.end:
            return
        behind = _back(last)
        if behind != asked and _further(behind, asked) == behind:
            asked, limit = behind, view.batch
        elif limit >= MOST_AT_ONCE:
            raise Unusable(f"more than {MOST_AT_ONCE} rows have one value of {view.cursor}")
        else:
            limit = min(limit * 2, MOST_AT_ONCE)


async def _handed(
    mark: Mark,
    page: Sequence[tuple[str, int, RowRead]],
    look: PollContext,
    settings: CommuneSettings,
    text: Kept,
) -> Mark:
    """Hand in a page, with the cursor as it was, and report what is wrong in it."""
    read = [replace(one, row=place) for place, (_, _, one) in enumerate(page)]
    items = tuple(
        Row(ref=one.body["source"]["ref"], body=one.body, fillers=one.fillers)
        for one in read
        if one.body is not None
    )
    verdicts = await Hand(items=items, cursor=text(mark.kept())) if items else ()
    day = f"{look.now.astimezone(VIETNAM):%Y%m%d}"
    before = mark.bad if mark.day == day else ()
    told = dict.fromkeys(
        (*page[place][:2], name, why) for place, name, why in judged(read, verdicts)
    )
    new = tuple(line for line in told if line not in before)[: MOST_REPORTED - len(before)]
    if not new:
        return mark
    mark = replace(mark, day=day, bad=(*before, *new))
    await Put(
        name=f"{settings.bad}/{day}-{mark.of}-view.errors.csv",
        body=charsets.encode(_report(mark.bad, settings.delimiter), "utf-8"),
    )
    bad = len({line[:2] for line in new})
    await Hand(items=(), cursor=text(mark.kept()), files={"view_bad_rows": bad})
    return mark


async def first_rows(settings: CommuneSettings, limit: int) -> Sequence[RowRead] | Outcome:
    """Read the first rows of the view as a poll does, from `since` on."""
    view = settings.view
    if view is None:
        return Blocked(why="the settings name no view")
    try:
        start = _start(_mark({}, view), view)
        found = await Query(sql=view.select, parameters=(start,), limit=limit)
        reader = Reader(found.columns, settings, view)
        reader.last(found, start)
        return [one for _, _, one in reader.page(found)]
    except Unusable as error:
        return Blocked(why=f"the view: {error}")


class Reader:
    """Reads rows of the view: the cells of columns that are looked for, each in its letters."""

    def __init__(
        self, columns: tuple[str, ...], settings: CommuneSettings, view: ViewSettings
    ) -> None:
        """Find the columns, whose names databases write in any capitals."""
        self._how = FileSettings(font=view.font, fonts=view.fonts)
        self._plan: Plan = plan(settings, self._how)
        self._mixed = not view.typed
        self._cursor = view.cursor
        mapping = settings.columns or READ
        names = [one.casefold() for one in columns]
        self._at: dict[str, int] = {}
        for name in dict.fromkeys((view.cursor, *mapping.values())):
            if names.count(name.casefold()) > 1:
                raise Unusable(f"the column {name} occurs twice")
            if name.casefold() in names:
                self._at[name] = names.index(name.casefold())
        needed = {view.cursor, *(mapping.get(one, one) for one in NEEDED)}
        if lacking := sorted(needed - self._at.keys()):
            raise Unusable(f"it lacks the columns {', '.join(lacking)}")
        self._wanted = [one for one in dict.fromkeys(mapping.values()) if one in self._at]

    def last(self, found: Selected, asked: Place) -> Place:
        """Give the last value of the cursor column; raises `Unusable` where they do not ascend."""
        last: Place | None = None
        for row in found.rows:
            place = self._place(row)
            if place is None:
                continue
            if isinstance(place, datetime) is not isinstance(asked, datetime):
                raise Unusable(f"`since` and {self._cursor} are not of one kind")
            if last is not None and place < last:  # type: ignore[operator] # of one kind
                raise Unusable(f"its rows do not ascend by {self._cursor}: order them by it")
            last = place
        return asked if last is None else last

    def _place(self, row: tuple[Value, ...]) -> Place | None:
        value = row[self._at[self._cursor]]
        if value is None or isinstance(value, UnreadCell):
            return None
        if isinstance(value, (date, int, Decimal)) and not isinstance(value, bool):
            return _plain(value)
        raise Unusable(f"{self._cursor} is neither a time nor a whole number: cast it")

    def page(self, found: Selected) -> list[tuple[str, int, RowRead]]:
        """Give what becomes of each row, with its time and its place among those of that time."""
        page: list[tuple[str, int, RowRead]] = []
        before, place = "", 0
        for number, row in enumerate(found.rows, 1):
            at = self._place(row)
            said = "" if at is None else _written(at)[1]
            place = place + 1 if said == before and number > 1 else 1
            before = said
            page += [(said, place, one) for one in self._row(number, row)]
        return page

    def _row(self, number: int, row: tuple[Value, ...]) -> Sequence[RowRead]:
        cells: dict[str, str] = {}
        for name in self._wanted:
            value = row[self._at[name]]
            if isinstance(value, UnreadCell):
                return [RowRead(number, None, name, value.why)]
            font = self._how.font_of(name)
            try:
                cells[name] = charsets.respelt(_text(value), font, mixed=self._mixed).strip()
            except charsets.CharsetError as error:
                why = f"not {font}: position {error.position} {error.why}"
                return [RowRead(number, None, name, why)]
        return list(self._plan.row(number, cells)) if any(cells.values()) else []


def _text(value: Value) -> str:
    """Write a cell as an export would."""
    match value:
        case None:
            return ""
        case bool():
            return str(int(value))
        case float() if value.is_integer() and abs(value) < 2**53:
            return str(int(value))
        case Decimal() if value.is_finite() and value == value.to_integral_value():
            return f"{value:.0f}"
        case Decimal():
            return f"{value:f}"
        case datetime():
            return _plain(value).isoformat()  # type: ignore[union-attr] # a time stays one
        case date() | time():
            return value.isoformat()
        case _:
            return str(value)


def _plain(value: date | int | Decimal) -> Place:
    """Give a value of the cursor column in a form in which two can be compared; times are ours."""
    if isinstance(value, datetime):
        return value.astimezone(VIETNAM).replace(tzinfo=None) if value.tzinfo else value
    return datetime.combine(value, time()) if isinstance(value, date) else value


def _written(place: Place) -> tuple[str, str]:
    if isinstance(place, datetime):
        return "time", place.isoformat()
    return "number", str(place)


def _read(kind: str, text: str) -> Place:
    if kind == "time":
        return datetime.fromisoformat(text)
    return int(text) if text.lstrip("-").isdigit() else Decimal(text)


def _mark(kept: dict[str, Any], view: ViewSettings) -> Mark:
    """Read how far we are; with another statement, or another beginning, it begins anew."""
    about = f"{view.select}\n{view.cursor}\n{view.since}"
    of = hashlib.sha256(about.encode()).hexdigest()[:8]
    if kept.get("of") != of:
        return Mark(at=_plain(view.since), of=of)
    return Mark(
        **kept
        | {
            "at": _read(*kept["at"]),
            "pages": tuple(kept["pages"]),
            "bad": tuple(tuple(one) for one in kept["bad"]),
        }
    )


def _start(mark: Mark, view: ViewSettings) -> Place:
    """Say from where a poll asks: a little before, but not while it is catching up."""
    return _back(mark.at, timedelta(seconds=view.overlap_seconds) if mark.ended else timedelta())


def _back(place: Place, more: timedelta = timedelta()) -> Place:
    try:
        return place - more - SLACK if isinstance(place, datetime) else place
    except OverflowError:
        return place


def _further(one: Place, other: Place) -> Place:
    return max(one, other)


def _hash(found: Selected) -> str:
    return hashlib.sha256(repr((found.columns, found.rows)).encode()).hexdigest()[:16]


def _report(bad: Sequence[tuple[str, int, str, str]], delimiter: str) -> str:
    """Write what is wrong as a table: time or number, place among its like, field, reason."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(["moc", "dong", "truong", "ly_do"])
    writer.writerows(bad)
    if len(bad) >= MOST_REPORTED:
        writer.writerow(["", "", "", f"no more than {MOST_REPORTED} lines a day"])
    return out.getvalue()
