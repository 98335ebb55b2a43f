"""Working time of an office, and due times counted in it. Pure: every moment is an argument.

How time is counted:

- An office works in sessions. Both ends belong to a session: 11:30 and 13:30 are the same working
  time, and a sum that reaches 11:30 stops there. Times are Vietnamese and exact; nothing is rounded
  to minutes.
- What comes outside sessions counts as received when the next session opens.
- **Working days**: the day of reception is not counted; n working days end with the last session
  of the n-th working day after it, whatever the hour of reception. 0 is the day of reception. A
  further half ends with the first session of the next working day. A day on which the office works
  at all is one day, so Saturday mornings that are for reception only do not belong in `saturday`.
- **Working hours** run through sessions only, from the moment of reception.
- **Calendar days**: the day of reception is not counted; they end with the last session of the
  last day, or of the next working day where that one is a day of rest.

So whole working days and hours add up (a, then b, is a + b); halves and calendar days do not,
because each of their ends is moved to where the office works.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Literal

from gateway.rules.public_holidays import OVERRIDES, PUBLISHED_UNTIL, day_rule
from schemas.base import VIETNAM
from schemas.catalogue.duration import Duration, Unit
from schemas.catalogue.sheets import Stand

DAY = timedelta(days=1)
LONGEST_REST = 366
"""An office that is closed for so many days in a row has no calendar."""
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Session:
    """A stretch of a day in which an office works; both ends belong to it."""

    opens: time
    closes: time


MORNING = Session(time(7, 30), time(11, 30))
AFTERNOON = Session(time(13, 30), time(17, 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """When one office works; `closures` are days off of its own, stronger than everything."""

    sessions: tuple[Session, ...] = (MORNING, AFTERNOON)
    saturday: tuple[Session, ...] = ()
    closures: frozenset[date] = frozenset()
    cut_off: time = time(15, 0)
    """A same-day procedure received later than this is received on the next working day."""

    def __post_init__(self) -> None:
        """Refuse sessions that overlap or never happen."""
        if not self.sessions:
            raise ValueError("sessions: an office needs at least one")
        for name, sessions in (("sessions", self.sessions), ("saturday", self.saturday)):
            ends = [end for one in sessions for end in (one.opens, one.closes)]
            if ends != sorted(set(ends)) or any(end.tzinfo for end in ends):
                raise ValueError(f"{name}: must be local times in order that do not overlap")


@dataclass(frozen=True, slots=True)
class Suspension:
    """A time in which the citizen was waited for; without `until` it still goes on.

    `extend`: the time goes on where it stopped. `restart`: it is counted anew afterwards.
    """

    since: datetime
    until: datetime | None = None
    rule: Literal["extend", "restart"] = "extend"


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working calendar of the country; an office's own days come with the office."""

    overrides: Mapping[date, bool] = field(default_factory=lambda: OVERRIDES)
    published_until: date = PUBLISHED_UNTIL
    stand: Stand = field(default_factory=lambda: Stand(published_until=PUBLISHED_UNTIL))
    """What the table of days says of itself."""

    def sessions(self, day: date, office: Office) -> tuple[Session, ...]:
        """Give the sessions of a day; none: the office is closed."""
        works = day_rule(day, self.overrides)
        if day in office.closures or works is False:
            return ()
        if works or day.weekday() < SATURDAY:
            return office.sessions
        return office.saturday if day.weekday() == SATURDAY else ()

    def next_open(self, moment: datetime, office: Office) -> datetime:
        """Give the moment itself where the office works, else when it next opens."""
        at = _local(moment)
        return next(max(at, opens) for opens, closes in self._ahead(at, office) if at <= closes)

    def add(self, start: datetime, amount: Decimal | int, unit: Unit, office: Office) -> datetime:
        """Give the moment so many units after `start`; it always lies in a session."""
        if amount < 0:
            raise ValueError("amount: must not be below nothing")
        at = self.next_open(start, office)
        match unit:
            case Unit.WORKING_HOUR:
                return self._hours(at, timedelta(microseconds=int(amount * 3_600_000_000)), office)
            case Unit.WORKING_DAY:
                return self._days(at, Decimal(amount), office)
            case Unit.CALENDAR_DAY:
                return self._day_end(at + int(amount) * DAY, office)

    def working_time(self, start: datetime, end: datetime, office: Office) -> timedelta:
        """Give the time that the office worked from `start` to `end`; raise if `end` is before."""
        at, until = _ordered(start, end)
        found = timedelta()
        for opens, closes in self._between(at, until, office):
            found += max(min(closes, until) - max(opens, at), timedelta())
        return found

    def working_days(self, start: datetime, end: datetime, office: Office) -> int:
        """Count the working days that began after the one on which `start` counts, until `end`."""
        at, until = _ordered(start, end)
        first = self.next_open(at, office).date()
        days = {opens.date() for opens, _ in self._between(at, until, office)}
        return sum(day > first for day in days)

    def received(self, at: datetime, duration: Duration, office: Office) -> datetime:
        """Say from when on a reception counts: the next session, or day where it came too late."""
        start = self.next_open(at, office)
        cut_off = duration.received_until or (office.cut_off if duration.same_day else None)
        if cut_off is None or start.time() <= cut_off:
            return start
        return self.next_open(_midnight(start.date() + DAY), office)

    def due(
        self,
        received_at: datetime,
        duration: Duration | None,
        office: Office,
        suspensions: Sequence[Suspension] = (),
    ) -> datetime | None:
        """Give the due time; None: the procedure has none, or the clock stands still.

        What was waited for moves a due time back, never forward: by working time (calendar days:
        by elapsed time), where days are counted up to the end of the day that was begun. A wait
        that begins after the due time mends nothing: the dossier was late before.
        """
        if duration is None:
            return None
        start = self.received(received_at, duration, office)
        extra, waited = timedelta(), start
        promised = self._end(start, duration, extra, office)
        for one in sorted(suspensions, key=lambda one: one.since):
            since = max(_local(one.since), waited)
            if one.until is not None and one.until <= since:
                continue
            if since > promised:
                break
            if one.until is None:
                return None
            waited = _local(one.until)
            if one.rule == "restart":
                start, extra = self.received(waited, duration, office), timedelta()
            else:
                extra += self._waited(since, waited, duration.unit, office)
            promised = max(promised, self._end(start, duration, extra, office))
        return promised

    def _end(
        self, start: datetime, duration: Duration, extra: timedelta, office: Office
    ) -> datetime:
        """Give the end of a duration that was lengthened by `extra`."""
        amount, unit = duration.amount, duration.unit
        if unit is Unit.CALENDAR_DAY:
            return self.add(start, amount - (-extra // DAY), unit, office)
        plain = self.add(start, amount, unit, office)
        if not extra:
            return plain
        moved = self._hours(plain, extra, office)
        return moved if unit is Unit.WORKING_HOUR else self._day_end(moved, office)

    def _waited(self, since: datetime, until: datetime, unit: Unit, office: Office) -> timedelta:
        return (
            until - since if unit is Unit.CALENDAR_DAY else self.working_time(since, until, office)
        )

    def _hours(self, at: datetime, left: timedelta, office: Office) -> datetime:
        for opens, closes in self._ahead(at, office):
            begin = max(at, opens)
            if begin > closes:
                continue
            if left <= closes - begin:
                return begin + left
            left -= closes - begin
        raise AssertionError("sessions never end")

    def _days(self, at: datetime, amount: Decimal, office: Office) -> datetime:
        left = int(amount.to_integral_value(ROUND_CEILING))
        day = at.date()
        while left:
            day = self._working(day + DAY, office)
            left -= 1
        sessions = self.sessions(day, office)
        return datetime.combine(day, sessions[0 if amount % 1 else -1].closes, VIETNAM)

    def _day_end(self, at: datetime, office: Office) -> datetime:
        """Give the end of that day, or of the next working day where it is a day of rest."""
        day = at.date()
        day = self._working(day, office)
        return datetime.combine(day, self.sessions(day, office)[-1].closes, VIETNAM)

    def _working(self, day: date, office: Office) -> date:
        """Give the day itself where the office works on it, else the next on which it does."""
        start = day
        while not self.sessions(day, office):
            day += DAY
            if day > start + LONGEST_REST * DAY:
                raise ValueError(f"closures: the office is closed for a year from {start} on")
        return day

    def _ahead(self, at: datetime, office: Office) -> Iterator[tuple[datetime, datetime]]:
        """Give all sessions from the day of `at` on, without end."""
        day, rest = at.date(), 0
        while rest <= LONGEST_REST:
            sessions = self.sessions(day, office)
            rest = 0 if sessions else rest + 1
            for one in sessions:
                yield (
                    datetime.combine(day, one.opens, VIETNAM),
                    datetime.combine(day, one.closes, VIETNAM),
                )
            day += DAY
        raise ValueError(f"closures: the office is closed for a year from {day - rest * DAY} on")

    def _between(
        self, at: datetime, until: datetime, office: Office
    ) -> Iterator[tuple[datetime, datetime]]:
        for opens, closes in self._ahead(at, office):
            if opens > until:
                return
            yield opens, closes


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), VIETNAM)


def _ordered(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    if end < start:
        raise ValueError("end: lies before start")
    return _local(start), _local(end)


def _local(moment: datetime) -> datetime:
    """Give a moment in Vietnamese time; one without an offset could be any."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs its offset")
    return moment.astimezone(VIETNAM)
