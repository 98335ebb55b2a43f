"""What due time we would expect, beside what the source states; neither overwrites the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Literal, Protocol

from gateway.rules.calendar import Calendar, Office, Suspension
from gateway.words.due import COUNTED, RULES
from schemas.base import VIETNAM, is_day
from schemas.catalogue.duration import Duration, Unit
from schemas.catalogue.procedures import ProcedureVersion
from schemas.dossier import Supplement
from schemas.parts import Due
from schemas.status import Status

Basis = Literal["counted", "no_due_time", "duration_unknown", "not_received", "clock_stands"]
Rule = Literal["extend", "restart"]
Compared = Literal["same", "earlier", "later"]


class Awaited(Protocol):
    """What is asked of a dossier: all of one, or only these parts of it."""

    @property
    def received_at(self) -> datetime | None:
        """When it was received."""

    @property
    def status(self) -> Status:
        """Where it stands."""

    @property
    def supplements(self) -> tuple[Supplement, ...]:
        """The rounds in which the citizen was waited for."""

    @property
    def due(self) -> Due | None:
        """What its source promises."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Our due time and how it came about; `at` is there only where `basis` is `counted`."""

    at: datetime | None
    basis: Basis
    rule: tuple[str, str]
    """In Vietnamese and English."""
    stated: Due | None = None
    compared: Compared | None = None
    """Whether what the source states is the same, earlier or later; None: nothing to compare."""
    provisional: bool = False
    """Days off between may still change, or the duration was made up for samples."""


def expected_due(
    dossier: Awaited,
    version: ProcedureVersion | None,
    calendar: Calendar,
    office: Office,
    rule: Rule = "extend",
) -> Expected:
    """Work out when a dossier is due; `rule`: for supplements that do not state theirs."""
    if version is None:
        found = _without("duration_unknown")
    else:
        waits = suspensions(dossier, rule)
        found = rule_of(dossier.received_at, version, calendar, office, waits)
    stated = dossier.due
    if found.at is None or version is None or version.duration is None:
        return replace(found, stated=stated)
    return replace(found, stated=stated, compared=_compared(stated, found.at, version.duration))


def rule_of(
    received_at: datetime | None,
    version: ProcedureVersion,
    calendar: Calendar,
    office: Office,
    waits: Sequence[Suspension] = (),
) -> Expected:
    """Work out when a procedure's result is due, whatever anybody states."""
    duration = version.duration
    if duration is None:
        return _without("no_due_time" if version.no_due_time else "duration_unknown")
    if received_at is None:
        return _without("not_received")
    start, vague = _begun(received_at, duration, calendar, office)
    plain = calendar.due(start, duration, office)
    at = calendar.due(start, duration, office, waits) if waits else plain
    if at is None:
        return _without("clock_stands")
    counted = calendar.received(start, duration, office)
    early = received_at.astimezone(VIETNAM).date() < counted.date()
    loose = at.date() > calendar.published_until
    invented = version.invented("duration")
    notes = ["moved"] * early + sorted({one.rule for one in waits}) * (at != plain)
    notes += ["day_only"] * vague + ["provisional"] * loose + ["invented"] * invented
    said = _said(duration, counted, notes)
    return Expected(at, "counted", said, provisional=loose or invented or vague)


def _begun(
    received_at: datetime, duration: Duration, calendar: Calendar, office: Office
) -> tuple[datetime, bool]:
    """Say from when to count, and whether the unknown hour of a day of reception may matter.

    Where a day's end decides whether it counts, nobody is told to have come too late.
    """
    if not is_day(received_at):
        return received_at, False
    if duration.same_day or duration.received_until is not None:
        day = received_at.astimezone(VIETNAM).date()
        return calendar.next_open(datetime.combine(day, time(), VIETNAM), office), True
    return received_at, duration.unit is Unit.WORKING_HOUR


def suspensions(dossier: Awaited, rule: Rule) -> list[Suspension]:
    """Give the times of waiting; one whose end nobody states, and that is over, is none."""
    waiting = dossier.status is Status.AWAITING_SUPPLEMENT
    return [
        Suspension(one.requested_at, one.received_at, one.rule or rule)
        for one in dossier.supplements
        if one.received_at is not None or (waiting and not one.done)
    ]


def _without(basis: Basis) -> Expected:
    return Expected(None, basis, RULES[basis])


def _said(duration: Duration, start: datetime, notes: Sequence[str]) -> tuple[str, str]:
    """Say the rule in both languages."""
    plain = f"{duration.amount:f}"
    amount = plain.rstrip("0").rstrip(".") if "." in plain else plain
    first = RULES["same_day"] if duration.same_day else COUNTED[duration.unit]
    day, clock = f"{start:%d/%m/%Y}", f"{start:%H:%M}"
    vi, en = (
        "; ".join(
            [
                first[language].format(amount=amount, day=day, time=clock),
                *(RULES[note][language] for note in notes),
            ]
        )
        for language in (0, 1)
    )
    return vi, en


def _compared(stated: Due | None, at: datetime, duration: Duration) -> Compared | None:
    """Compare to the minute where hours are counted and stated, else by the day."""
    if stated is None or stated.at is None:
        return None
    theirs, ours = stated.at.astimezone(VIETNAM), at
    if stated.precision == "day" or duration.unit is not Unit.WORKING_HOUR:
        left, right = theirs.date().toordinal(), ours.date().toordinal()
    else:
        left, right = int(theirs.timestamp() // 60), int(ours.timestamp() // 60)
    if left == right:
        return "same"
    return "earlier" if left < right else "later"
