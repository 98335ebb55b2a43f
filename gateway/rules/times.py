"""Times agree: what may lie ahead and what may not, in which order, and whether it was in time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Any, get_args

from gateway.words.fault import Fault
from schemas.base import VIETNAM, Part, date_of, is_day, spoken
from schemas.dossier import Decision, Dossier, Punctuality, Supplement, Verdict
from schemas.event import Event, NewEvent, SupplementNote
from schemas.parts import Due, Party, Result
from schemas.status import Kind, Status

FUTURE = timedelta(minutes=10)
"""How far a client's clock may run ahead of ours."""
EARLIEST = datetime(1945, 9, 2, tzinfo=VIETNAM)
"""Before it no office of today took anything in: such a year is a slip of the pen."""
BIRTHS = date(1800, 1, 1)

PLANNED = frozenset(
    {
        (Due, "at"),
        (Due, "first_at"),
        (NewEvent, "step_due_at"),
        (SupplementNote, "reply_by"),
        (SupplementNote, "due_after"),
        (Supplement, "reply_by"),
        (Supplement, "due_before"),
        (Supplement, "due_after"),
        (Result, "valid_until"),
        (Decision, "effective_from"),
    }
)
"""Times that may lie ahead of us. Every other one says what has happened, so it may not."""

CLOSING = MappingProxyType(
    {
        "refused_at": frozenset({Status.REFUSED}),
        "finished_at": frozenset({Status.FINISHED, Status.RETURNED}),
        "returned_at": frozenset({Status.RETURNED}),
    }
)
"""In which states a closing time stands."""

BEFORE = (
    ("submitted_at", "received_at"),
    ("submitted_at", "refused_at"),
    ("received_at", "due"),
    ("received_at", "finished_at"),
    ("received_at", "returned_at"),
    ("submitted_at", "due"),
    ("submitted_at", "finished_at"),
    ("finished_at", "returned_at"),
)
"""Which time comes before which."""
ORDER = "time_order"
MOVED = MappingProxyType(
    dict.fromkeys(CLOSING, "closing_time_moved")
    | {"due": "due_moved", "received_at": "reception_moved"}
)
OF_KIND = MappingProxyType(
    {Kind.REFUSED: "refused_at", Kind.FINISHED: "finished_at", Kind.RETURNED: "returned_at"}
)
"""The closing time that a kind of event sets."""


def impossible(part: Part, now: datetime, at: str = "") -> Iterator[Fault]:
    """Name the times of a statement that cannot be, with our clock."""
    held = part.__dict__
    for name, alias, planned in _timed(type(part)):
        value = held.get(name)
        if value is not None and value != ():
            yield from _impossible(value, now, f"{at}/{alias}", planned=planned)


def _impossible(value: Any, now: datetime, at: str, *, planned: bool) -> Iterator[Fault]:
    if isinstance(value, Part):
        yield from impossible(value, now, at)
    elif isinstance(value, tuple):
        for index, one in enumerate(value):
            yield from impossible(one, now, f"{at}/{index}")
    elif isinstance(value, datetime):
        if value < EARLIEST:
            yield _fault(at, now, ahead=False)
        elif not planned and _ahead(value, now):
            yield _fault(at, now, ahead=True)
    else:
        yield from _no_day(value, now, at, planned=planned)


def _no_day(value: date | str, now: datetime, at: str, *, planned: bool) -> Iterator[Fault]:
    """Check a day; as a text it may lack the day or the month."""
    text = value if isinstance(value, str) else value.isoformat()
    if text < BIRTHS.isoformat():
        yield _fault(at, now, ahead=False)
    elif not planned and text > date_of(now + FUTURE).isoformat()[: len(text)]:
        yield _fault(at, now, ahead=True)


@cache
def _timed(kind: type[Part]) -> tuple[tuple[str, str, bool], ...]:
    """Give the fields below which there are times: name, alias, and whether they may lie ahead."""
    return tuple(
        (name, field.alias or name, any((one, name) in PLANNED for one in kind.__mro__))
        for name, field in kind.model_fields.items()
        if any((one, name) in TEXTS for one in kind.__mro__)
        or any(_has_time(one) for one in _types(field.annotation))
    )


TEXTS = frozenset({(Party, "birth")})
"""Dates that are texts, because their day or month may be unknown."""


def _has_time(kind: Any) -> bool:
    """Say whether a type is a time or has one somewhere."""
    if not isinstance(kind, type):
        return False
    return issubclass(kind, date) or (issubclass(kind, Part) and bool(_timed(kind)))


def _types(annotation: Any) -> Iterator[Any]:
    """Give the types that an annotation is made of."""
    below = get_args(annotation)
    if not below:
        yield annotation
    for one in below:
        yield from _types(one)


def _ahead(moment: datetime, now: datetime) -> bool:
    """Say whether a time lies ahead; a day does only where no moment of it has come yet."""
    if is_day(moment):
        return date_of(moment) > date_of(now + FUTURE)
    return moment > now + FUTURE


def _fault(pointer: str, now: datetime, *, ahead: bool) -> Fault:
    return Fault("in_the_future" if ahead else "long_ago", pointer, {"our_clock": spoken(now)})


def compare(left: datetime, right: datetime) -> int:
    """Compare two times: below, equal or above 0; by days where only the day of one is known."""
    if is_day(left) or is_day(right):
        return date_of(left).toordinal() - date_of(right).toordinal()
    return (left > right) - (left < right)


def disorder(dossier: Dossier) -> list[str]:
    """Give pointers to the times that stand in an order that cannot be."""
    found: dict[str, None] = {}
    for first, second in BEFORE:
        left, right = _time(dossier, first), _time(dossier, second)
        if left is not None and right is not None and compare(left, right) > 0:
            found |= {_pointer(first): None, _pointer(second): None}
    for index, one in enumerate(dossier.supplements):
        if one.received_at is not None and compare(one.requested_at, one.received_at) > 0:
            where = f"/supplements/{index}"
            found |= {f"{where}/requested_at": None, f"{where}/received_at": None}
    return list(found)


def stray(dossier: Any, status: Status) -> list[str]:
    """Name the closing times that the state contradicts."""
    return [
        name
        for name, states in CLOSING.items()
        if getattr(dossier, name) is not None and status not in states
    ]


def moved(before: Dossier, after: Dossier) -> list[str]:
    """Name the closing and due times that stood and now stand otherwise."""
    return [
        name
        for name in MOVED
        for old, new in [(_time(before, name), _time(after, name))]
        if old is not None and new is not None and compare(old, new) != 0
    ]


def moved_back(
    before: Dossier, after: Dossier, history: Sequence[Event], event: Event
) -> str | None:
    """Name the closing time that an event set before one that was told already."""
    name = OF_KIND.get(event.kind)
    if name is None or getattr(after, name) != event.occurred_at:
        return None
    told = before.punctuality
    if told is not None and told.at_end == "late" and verdict(after) == "on_time":
        return name
    later = (one for one in history if compare(one.occurred_at, event.occurred_at) > 0)
    again = {event.kind, Kind.REOPENED} if event.inferred else {event.kind}
    return name if any(one.kind in again for one in later) else None


def ended(dossier: Dossier) -> bool:
    """Say whether the handling has come to an end that counts."""
    return any(dossier.status in states for states in CLOSING.values())


def embellishes(before: Dossier, after: Dossier) -> str | None:
    """Name what makes a dossier that ended late look less late than it was."""
    if not ended(before):  # its end was taken back
        told = before.punctuality
        was_late = told is not None and told.at_end == "late"
        return "finished_at" if was_late and verdict(after) == "on_time" else None
    if verdict(before) != "late":
        return None
    for name in ("due", "received_at", "refused_at", "finished_at", "returned_at"):
        old, new = _time(before, name), _time(after, name)
        if old is None or (new is None and name in CLOSING):
            continue
        if new is None or compare(old, new) != 0:
            later = new is None or compare(new, old) > 0
            if name == "received_at" or later == (name == "due"):
                return name
    return None


def verdict(dossier: Dossier) -> Verdict:
    """Say whether the handling ended in time, by the times as they stand.

    Where only the hand-over is known, nobody knows when the handling ended.
    """
    end = dossier.refused_at or dossier.finished_at
    due = _time(dossier, "due")
    if end is None or due is None:
        return "unknown"
    return "on_time" if compare(end, due) <= 0 else "late"


def punctuality(before: Dossier | None, after: Dossier, event: Event) -> Punctuality | None:
    """Tell it by what stands now, and by what stood at the first end of this handling.

    Who approves a reopening lets it count anew; that a row goes on says nothing of the kind.
    """
    again = event.kind is Kind.REOPENED and not event.inferred
    told = before.punctuality if before is not None and not again else None
    if told is None and not ended(after):
        return None
    now = verdict(after) if ended(after) else "unknown"
    at_end = now if told is None or told.at_end == "unknown" else told.at_end
    if told is not None and (told.now, told.at_end) == (now, at_end):
        return told
    return Punctuality(now=now, at_end=at_end)


def _time(dossier: Dossier, name: str) -> datetime | None:
    if name == "due":
        return dossier.due.at if dossier.due is not None else None
    found: datetime | None = getattr(dossier, name)
    return found


def _pointer(name: str) -> str:
    return "/due/at" if name == "due" else f"/{name}"


def moved_flags(names: list[str]) -> list[tuple[str, str]]:
    """Flag times that were moved."""
    return [(MOVED[name], _pointer(name)) for name in names]
