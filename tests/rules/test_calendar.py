"""Working time and due times, by table and by property."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.calendar import AFTERNOON, MORNING, Calendar, Office, Session, Suspension
from schemas.base import VIETNAM
from schemas.catalogue.duration import Duration, Unit

CALENDAR = Calendar()
OFFICE = Office()
EARLY = Office(
    sessions=(Session(time(7), time(11, 30)), Session(time(13, 30), time(17))),
    saturday=(Session(time(7), time(11)),),
    closures=frozenset({date(2026, 3, 4), date(2026, 8, 22)}),
)
HOUR, DAY, ANY_DAY = Unit.WORKING_HOUR, Unit.WORKING_DAY, Unit.CALENDAR_DAY
SAME_DAY = Duration(amount=Decimal(0), unit=DAY)

offices = st.sampled_from([OFFICE, EARLY])
FIRST, THREE_YEARS = datetime(2025, 1, 1, tzinfo=VIETNAM), timedelta(days=3 * 365)
moments = st.timedeltas(timedelta(), THREE_YEARS).map(lambda passed: FIRST + passed)
hours = st.integers(0, 40_000).map(lambda hundredths: Decimal(hundredths) / 100)
days = st.integers(0, 60)
durations = st.one_of(
    st.builds(Duration, amount=hours.filter(bool), unit=st.just(HOUR)),
    st.builds(Duration, amount=st.integers(0, 80).map(lambda n: Decimal(n) / 2), unit=st.just(DAY)),
    st.builds(Duration, amount=st.integers(1, 60).map(Decimal), unit=st.just(ANY_DAY)),
)
waits = st.lists(
    st.builds(
        lambda since, length, rule: Suspension(since, since + length, rule),
        moments,
        st.timedeltas(timedelta(minutes=-5), timedelta(days=20)),
        st.sampled_from(["extend", "restart"]),
    ),
    max_size=4,
)


def at(text: str) -> datetime:
    """Read a Vietnamese time."""
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


def span(amount: str, unit: Unit) -> Duration:
    """Make a duration."""
    return Duration(amount=Decimal(amount), unit=unit)


def in_session(moment: datetime, office: Office) -> bool:
    """Say, by the sessions of its day alone, whether the office works at that moment."""
    sessions = CALENDAR.sessions(moment.date(), office)
    return any(one.opens <= moment.time() <= one.closes for one in sessions)


# What was published.

REST = {
    2025: "01-01 01-27 01-28 01-29 01-30 01-31 04-07 04-30 05-01 05-02 09-01 09-02",
    2026: "01-01 01-02 02-16 02-17 02-18 02-19 02-20 04-27 04-30 05-01 08-31 09-01 09-02 11-24",
    2027: "01-01 02-04 02-05 02-08 02-09 02-10 04-16 04-30 05-03 09-02 09-03 11-24",
}
MADE_UP = {2025: "04-26", 2026: "01-10 08-22", 2027: ""}


@pytest.mark.parametrize("year", [2025, 2026, 2027])
def test_the_days_of_a_year_are_as_published(year: int) -> None:
    """From Monday to Friday exactly the published days are off; at weekends only swaps work."""
    first = date(year, 1, 1)
    every = [day for n in range(366) if (day := first + timedelta(n)).year == year]
    week = [day for day in every if day.weekday() < 5]
    end = [day for day in every if day.weekday() >= 5]

    assert (
        " ".join(f"{day:%m-%d}" for day in week if not CALENDAR.sessions(day, OFFICE)),
        " ".join(f"{day:%m-%d}" for day in end if CALENDAR.sessions(day, OFFICE)),
    ) == (REST[year], MADE_UP[year])


def test_the_make_up_day_is_a_whole_day() -> None:
    """A Saturday that is made up has both sessions, also where Saturdays are mornings only."""
    office = Office(saturday=(MORNING,))

    assert CALENDAR.sessions(date(2026, 1, 10), office) == (MORNING, AFTERNOON)


def test_closures_are_stronger_than_swaps() -> None:
    """An office that closes on a make-up Saturday is closed."""
    assert CALENDAR.sessions(date(2026, 8, 22), EARLY) == ()


def test_a_later_decision_overrides_the_table() -> None:
    """A swap of Tết 2027 that the library does not know is a setting, not a release."""
    swapped = Calendar(overrides={date(2027, 2, 11): False, date(2027, 2, 13): True})
    days = [date(2027, 2, 11), date(2027, 2, 13)]

    assert [bool(swapped.sessions(day, OFFICE)) for day in days] == [False, True]


# Due times by table.

DUE = [
    # same day: until 15:00 today, later tomorrow, and over the swap of 2 January 2026
    ("2026-03-02 15:00", "0", DAY, "2026-03-02 17:00"),
    ("2026-03-02 15:01", "0", DAY, "2026-03-03 17:00"),
    ("2026-03-02 18:00", "0", DAY, "2026-03-03 17:00"),
    ("2025-12-31 15:01", "0", DAY, "2026-01-05 17:00"),
    ("2026-01-09 15:01", "0", DAY, "2026-01-10 17:00"),
    # working days: the day of reception does not count, the last one ends with its last session
    ("2026-03-02 07:30", "1", DAY, "2026-03-03 17:00"),
    ("2026-03-02 16:59", "1", DAY, "2026-03-03 17:00"),
    ("2026-03-02 17:01", "1", DAY, "2026-03-04 17:00"),
    ("2026-03-06 09:00", "3", DAY, "2026-03-11 17:00"),
    ("2026-03-07 09:00", "3", DAY, "2026-03-12 17:00"),
    ("2026-02-13 10:00", "1", DAY, "2026-02-23 17:00"),
    ("2025-04-25 10:00", "1", DAY, "2025-04-26 17:00"),
    ("2025-04-29 10:00", "1", DAY, "2025-05-05 17:00"),
    ("2026-08-28 10:00", "1", DAY, "2026-09-03 17:00"),
    ("2026-08-21 10:00", "2", DAY, "2026-08-24 17:00"),
    ("2026-11-23 10:00", "1", DAY, "2026-11-25 17:00"),
    ("2026-03-02 09:00", "0.5", DAY, "2026-03-03 11:30"),
    ("2026-03-02 09:00", "1.5", DAY, "2026-03-04 11:30"),
    # over Tết and the swaps of 2025 and 2026, counted by hand
    ("2026-02-13 16:30", "3", DAY, "2026-02-25 17:00"),
    ("2026-07-31 09:00", "30", ANY_DAY, "2026-09-03 17:00"),
    ("2025-04-25 09:00", "1", DAY, "2025-04-26 17:00"),
    # working hours run through sessions
    ("2026-03-02 07:30", "4", HOUR, "2026-03-02 11:30"),
    ("2026-03-02 12:00", "1", HOUR, "2026-03-02 14:30"),
    ("2026-03-06 16:00", "8", HOUR, "2026-03-09 16:30"),
    ("2026-03-02 09:00", "0.25", HOUR, "2026-03-02 09:15"),
    # calendar days end on a working day
    ("2026-03-02 09:00", "4", ANY_DAY, "2026-03-06 17:00"),
    ("2026-03-02 09:00", "5", ANY_DAY, "2026-03-09 17:00"),
    ("2026-02-13 09:00", "3", ANY_DAY, "2026-02-23 17:00"),
]


@pytest.mark.parametrize(("received", "amount", "unit", "due"), DUE)
def test_due_times(received: str, amount: str, unit: Unit, due: str) -> None:
    """Each row is what a clerk would write on the receipt."""
    assert CALENDAR.due(at(received), span(amount, unit), OFFICE) == at(due)


def test_a_procedure_may_have_its_own_cut_off() -> None:
    """What the procedure says of late reception is stronger than the office's setting."""
    early = Duration.model_validate({"amount": 2, "unit": "working_day", "received_until": "10:00"})
    received = [at("2026-03-02 10:00"), at("2026-03-02 10:01")]

    assert [CALENDAR.due(one, early, OFFICE) for one in received] == [
        at("2026-03-04 17:00"),
        at("2026-03-05 17:00"),
    ]


def test_a_procedure_without_a_due_time_has_none() -> None:
    """Nothing is made up where nothing is promised."""
    assert CALENDAR.due(at("2026-03-02 09:00"), None, OFFICE) is None


WAITED = [
    ("3", DAY, "03-03 10:00", "03-04 10:00", "extend", "03-06 17:00"),  # one day and no more
    ("3", DAY, "03-03 10:00", "03-03 11:00", "extend", "03-06 17:00"),  # an hour: a begun day
    ("3", DAY, "03-03 17:00", "03-04 07:30", "extend", "03-05 17:00"),  # nothing was missed
    ("3", DAY, "03-03 10:00", "03-04 10:00", "restart", "03-09 17:00"),
    ("8", HOUR, "03-02 10:00", "03-02 14:00", "extend", "03-03 11:30"),
    ("8", HOUR, "03-02 10:00", "03-02 14:00", "restart", "03-03 14:30"),
    ("4", ANY_DAY, "03-03 10:00", "03-05 10:00", "extend", "03-09 17:00"),
    ("4", ANY_DAY, "03-03 10:00", "03-05 10:00", "restart", "03-09 17:00"),
    ("3", DAY, "03-06 10:00", "03-10 10:00", "restart", "03-05 17:00"),  # late already
    ("3", DAY, "02-20 10:00", "03-02 08:00", "restart", "03-05 17:00"),  # before reception
]


@pytest.mark.parametrize(("amount", "unit", "since", "until", "rule", "due"), WAITED)
def test_waiting_moves_the_due_time(
    amount: str, unit: Unit, since: str, until: str, rule: str, due: str
) -> None:
    """A dossier received on Monday 2026-03-02 at 09:00, and one wait."""
    wait = Suspension(at(f"2026-{since}"), at(f"2026-{until}"), rule)  # type: ignore[arg-type]
    found = CALENDAR.due(at("2026-03-02 09:00"), span(amount, unit), OFFICE, [wait])

    assert found == at(f"2026-{due}")


def test_waits_that_overlap_count_once() -> None:
    """Two requests at the same time keep the citizen waiting only once."""
    since, until = at("2026-03-03 10:00"), at("2026-03-04 10:00")
    once = [Suspension(since, until)]
    twice = [*once, Suspension(since + timedelta(hours=1), until)]
    due = [CALENDAR.due(since, span("9", HOUR), OFFICE, waits) for waits in (once, twice)]

    assert due[0] == due[1]


def test_the_clock_stands_while_the_citizen_is_waited_for() -> None:
    """No due time is given as long as a supplement is open."""
    wait = Suspension(at("2026-03-03 10:00"))

    assert CALENDAR.due(at("2026-03-02 09:00"), span("3", DAY), OFFICE, [wait]) is None


# Properties.


@given(moments, moments, durations, offices)
def test_due_is_monotone(one: datetime, other: datetime, span: Duration, office: Office) -> None:
    """Who comes later is never promised an earlier time."""
    first, second = (CALENDAR.due(moment, span, office) for moment in sorted((one, other)))

    assert first is not None
    assert second is not None
    assert first <= second


@given(moments, hours, hours, offices)
def test_hours_add_up(start: datetime, one: Decimal, two: Decimal, office: Office) -> None:
    """So many hours, and so many more, are their sum."""
    step = CALENDAR.add(CALENDAR.add(start, one, HOUR, office), two, HOUR, office)

    assert step == CALENDAR.add(start, one + two, HOUR, office)


@given(moments, days, days, offices)
def test_days_add_up(start: datetime, one: int, two: int, office: Office) -> None:
    """So many working days, and so many more, are their sum."""
    step = CALENDAR.add(CALENDAR.add(start, one, DAY, office), two, DAY, office)

    assert step == CALENDAR.add(start, one + two, DAY, office)


@given(moments, hours, offices)
def test_hours_are_worked(start: datetime, amount: Decimal, office: Office) -> None:
    """Between a moment and n hours after it the office works n hours."""
    end = CALENDAR.add(start, amount, HOUR, office)

    assert CALENDAR.working_time(start, end, office) == timedelta(seconds=int(amount * 3600))


@given(moments, days, offices)
def test_days_are_worked(start: datetime, amount: int, office: Office) -> None:
    """Between a moment and n working days after it lie n working days."""
    end = CALENDAR.add(start, amount, DAY, office)

    assert CALENDAR.working_days(start, end, office) == amount


@given(moments, durations, offices, waits)
def test_a_due_time_lies_in_a_session(
    start: datetime, span: Duration, office: Office, waited: list[Suspension]
) -> None:
    """Nobody is sent to a closed door."""
    found = CALENDAR.due(start, span, office, waited)

    assert found is not None
    assert in_session(found, office)


@given(moments, durations, offices, waits)
def test_waiting_never_shortens(
    start: datetime, span: Duration, office: Office, waited: list[Suspension]
) -> None:
    """Whatever was waited for, nothing is due earlier than without it."""
    plain, moved = (CALENDAR.due(start, span, office, some) for some in ((), waited))

    assert plain is not None
    assert moved is not None
    assert plain <= moved


@given(moments, offices)
def test_the_zone_of_a_moment_does_not_matter(start: datetime, office: Office) -> None:
    """A moment in UTC is the same moment."""
    assert CALENDAR.next_open(start.astimezone(UTC), office) == CALENDAR.next_open(start, office)


# What is refused.


@pytest.mark.parametrize(
    ("sessions", "named"),
    [
        ((), "sessions"),
        ((AFTERNOON, MORNING), "sessions"),
        ((Session(time(8), time(12)), Session(time(11), time(17))), "sessions"),
    ],
)
def test_sessions_that_cannot_be(sessions: tuple[Session, ...], named: str) -> None:
    """The error names the setting."""
    with pytest.raises(ValueError, match=f"^{named}: "):
        Office(sessions=sessions)


def test_an_office_that_never_opens_is_named() -> None:
    """A year of closures is a mistake in the settings, not an endless search."""
    closed = Office(closures=frozenset(date(2026, 1, 1) + timedelta(n) for n in range(400)))

    with pytest.raises(ValueError, match="closed for a year from 2026-01-01"):
        CALENDAR.next_open(at("2026-01-01 09:00"), closed)


@pytest.mark.parametrize(
    "given",
    [
        {"amount": "0.25", "unit": "working_day"},
        {"amount": "1.5", "unit": "calendar_day"},
        {"amount": "0", "unit": "working_hour"},
        {"amount": "-1", "unit": "working_day"},
        {"amount": "1", "unit": "working_day", "received_until": 15},
    ],
)
def test_durations_that_no_calendar_counts(given: dict[str, object]) -> None:
    """Parts of days other than halves, and numbers for times, are refused."""
    with pytest.raises(ValueError, match="Duration"):
        Duration.model_validate(given)


def test_a_moment_needs_its_offset() -> None:
    """A time without an offset could be any."""
    with pytest.raises(ValueError, match="offset"):
        CALENDAR.next_open(datetime(2026, 3, 2, 9), OFFICE)  # noqa: DTZ001 - the point of it
