"""The due time we would expect beside the stated one, and the rule in words."""

from __future__ import annotations

import string
from datetime import datetime
from typing import Any

import pytest

from gateway.rules.calendar import Calendar, Office
from gateway.rules.expected import expected_due
from gateway.words.due import COUNTED, RULES
from gateway.workbench.samples.generator import sample
from schemas.base import VIETNAM
from schemas.catalogue.procedures import ProcedureVersion
from schemas.dossier import Dossier, Supplement

OFFICE = Office()
STATED = {"at": "2026-03-05T16:00:00+07:00"}
THREE_DAYS = {"duration": {"amount": 3, "unit": "working_day"}}


def dossier(**change: Any) -> Dossier:
    """Make a dossier that was received on Monday 2026-03-02 at 09:00, with changes."""
    body = sample(1, 1).requests[0].body
    kept = {name: body[name] for name in ("source", "procedure", "agencies", "owner", "channel")}
    given = {
        "id": "0190a0a0-0000-7000-8000-000000000000",
        "version": 1,
        "environment": "sandbox",
        "submitted_at": "2026-03-01T20:00:00+07:00",
        "received_at": "2026-03-02T09:00:00+07:00",
        "due": STATED,
    }
    return Dossier.model_validate(kept | given | change)


def procedure(**change: Any) -> ProcedureVersion:
    """Make a version of a procedure."""
    return ProcedureVersion.model_validate({"code": "1.000001", "name": "x"} | change)


def at(text: str) -> datetime:
    """Read a Vietnamese time."""
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


def waited(since: str, until: str | None, rule: str | None = None) -> dict[str, Any]:
    """Make one round of waiting for the citizen."""
    done = until is not None
    given = {"no": 1, "requested_at": since, "received_at": until, "done": done, "rule": rule}
    return {"supplements": (Supplement.model_validate(given),)}


def test_the_stated_due_time_stays() -> None:
    """What we compute stands beside what the source states, with the rule in words."""
    found = expected_due(dossier(), procedure(**THREE_DAYS), Calendar(), OFFICE)

    assert (found.at, found.stated and found.stated.at, found.compared, found.rule[1]) == (
        at("2026-03-05 17:00"),
        at("2026-03-05 16:00"),
        "same",
        "3 working days after the day of reception 02/03/2026",
    )


@pytest.mark.parametrize(
    ("stated", "compared"),
    [
        ("2026-03-04", "earlier"),
        ("2026-03-05", "same"),
        ("2026-03-06", "later"),
        ("2026-03-05T23:00:00Z", "later"),
    ],
)
def test_days_are_compared_by_the_day(stated: str, compared: str) -> None:
    """Where days are counted, the hour that a source writes beside its day says nothing."""
    told = dossier(due={"at": stated})

    assert expected_due(told, procedure(**THREE_DAYS), Calendar(), OFFICE).compared == compared


def test_hours_are_compared_to_the_minute() -> None:
    """Where hours are counted, an hour matters."""
    hours = procedure(duration={"amount": 8, "unit": "working_hour"})
    told = dossier(due={"at": "2026-03-03T09:31:00+07:00"})
    found = expected_due(told, hours, Calendar(), OFFICE)

    assert (found.at, found.compared) == (at("2026-03-03 09:30"), "later")


@pytest.mark.parametrize(
    ("version", "change", "basis"),
    [
        (None, {}, "duration_unknown"),
        ({}, {}, "duration_unknown"),
        ({"no_due_time": True}, {}, "no_due_time"),
        (THREE_DAYS, {"received_at": None}, "not_received"),
        (
            THREE_DAYS,
            {"status": "awaiting_supplement"} | waited("2026-03-03T09:00", None),
            "clock_stands",
        ),
    ],
)
def test_where_nothing_can_be_counted_that_is_said(
    version: dict[str, Any] | None, change: dict[str, Any], basis: str
) -> None:
    """No due time is made up; the reason stands in its place."""
    known = None if version is None else procedure(**version)
    found = expected_due(dossier(**change), known, Calendar(), OFFICE)

    assert (found.at, found.basis, found.compared) == (None, basis, None)


@pytest.mark.parametrize(
    ("own", "setting", "due", "word"),
    [
        (None, "extend", "2026-03-06 17:00", "extended"),
        (None, "restart", "2026-03-09 17:00", "anew"),
        ("restart", "extend", "2026-03-09 17:00", "anew"),
    ],
)
def test_a_supplement_moves_it_by_its_own_rule_or_the_setting(
    own: str | None, setting: Any, due: str, word: str
) -> None:
    """The rule that a round states is stronger than the office's."""
    told = dossier(**waited("2026-03-03T10:00", "2026-03-04T10:00", own))
    found = expected_due(told, procedure(**THREE_DAYS), Calendar(), OFFICE, setting)

    assert (found.at, word in found.rule[1]) == (at(due), True)


def test_a_wait_that_nobody_ended_and_that_is_over_is_none() -> None:
    """A dossier that goes on is not waited for, whatever an open round says."""
    told = dossier(status="processing", **waited("2026-03-03T10:00", None))

    assert expected_due(told, procedure(**THREE_DAYS), Calendar(), OFFICE).basis == "counted"


def test_what_may_still_change_is_provisional() -> None:
    """Beyond the published swaps, and for durations made up for samples, that is said."""
    late = dossier(received_at="2026-12-31T09:00:00+07:00")
    sampled = procedure(**THREE_DAYS, confidence={"duration": "invented for samples"})
    found = [
        expected_due(one, version, Calendar(), OFFICE).provisional
        for one, version in [
            (dossier(), procedure(**THREE_DAYS)),
            (late, procedure(**THREE_DAYS)),
            (dossier(), sampled),
        ]
    ]

    assert found == [False, True, True]


def test_the_longest_rule_fits_its_field() -> None:
    """Everything that can be said of one due time fits the 200 characters of `due.rule`."""
    notes = ["moved", "extend", "restart", "provisional", "invented"]
    values = {"amount": "9999.75", "day": "01/01/2027", "time": "00:00"}
    firsts = [*COUNTED.values(), RULES["same_day"]]
    longest = [
        len("; ".join([first[language].format_map(values), *(RULES[n][language] for n in notes)]))
        for language in (0, 1)
        for first in firsts
    ]

    assert max(longest) <= 200


def test_the_rules_stand_in_both_languages() -> None:
    """Each sentence has the same places for values in both."""

    def places(sentence: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}

    pairs = [*COUNTED.values(), *RULES.values()]

    assert [vi for vi, en in pairs if not vi or not en or places(vi) != places(en)] == []


@pytest.mark.parametrize(
    ("duration", "due", "provisional"),
    [
        ({"amount": 0, "unit": "working_day"}, "2026-03-02 17:00", True),
        ({"amount": 1, "unit": "working_day", "received_until": "15:00"}, "2026-03-03 17:00", True),
        ({"amount": 3, "unit": "working_day"}, "2026-03-05 17:00", False),
        ({"amount": 2, "unit": "working_hour"}, "2026-03-03 09:30", True),
    ],
)
def test_a_day_of_reception_came_too_late_for_nothing(
    duration: dict[str, Any], due: str, provisional: bool
) -> None:
    """Where only the day is known, its hour is not held against anybody, and that is said."""
    found = expected_due(
        dossier(received_at="2026-03-02"), procedure(duration=duration), Calendar(), OFFICE
    )

    assert (found.at, found.provisional) == (at(due), provisional)
    assert (RULES["day_only"][1] in found.rule[1]) == provisional
    assert RULES["moved"][1] not in found.rule[1]
