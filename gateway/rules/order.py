"""The order in which things happened, as far as it is known.

what                            its place
the registration                first, whatever clerks' clocks said
a time                          by the clock, ties by arrival
a day                           within its day by the lifecycle, ties by arrival
a day on which it goes on       behind the end of that day that was told before
what was seen in a row          after all that was known then: the row shows the state it led to
what another one supersedes     none: as if it had not happened
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Protocol, TypeVar

from schemas.base import date_of, is_day
from schemas.event import Event
from schemas.status import Kind

STAGE = MappingProxyType(
    {
        Kind.REGISTERED: 0,
        Kind.ACCEPTED: 1,
        Kind.REFUSED: 7,
        Kind.STOPPED: 7,
        Kind.FINISHED: 8,
        Kind.RETURNED: 9,
    }
)
"""How far in the life of a dossier a kind usually comes."""
BETWEEN = 4
GOES_ON = MappingProxyType(
    {
        Kind.RESUMED: frozenset({Kind.STOPPED}),
        Kind.REOPENED: frozenset({Kind.REFUSED, Kind.FINISHED, Kind.RETURNED}),
    }
)
"""What each lets go on again. It may end again on the same day: the order of arrival tells."""


class Timed(Protocol):
    """All that decides the place of an event."""

    @property
    def seq(self) -> int:
        """Number in order of arrival."""

    @property
    def kind(self) -> Kind:
        """What happened."""

    @property
    def occurred_at(self) -> datetime:
        """When it happened, or some time of that day."""

    @property
    def inferred(self) -> bool:
        """A row shows it."""


T = TypeVar("T", bound=Timed)


def in_order(events: Sequence[T]) -> list[T]:
    """Put events, given in order of arrival, into the order in which they happened."""
    placed: list[tuple[datetime, T]] = []
    days: list[tuple[datetime, T]] = []
    newest: datetime | None = None
    for event in events:
        at = event.occurred_at
        if newest is not None and event.inferred:
            at = max(at, newest)
        elif is_day(at) and event.seq > 1:
            days.append((at, event))
            newest = at if newest is None else max(at, newest)
            continue
        newest = at if newest is None else max(at, newest)
        placed.append((at, event))
    first, rest = placed[:1], placed[1:]
    rest.sort(key=lambda one: (one[0], one[1].seq))
    days.sort(key=lambda one: (one[0], one[1].seq))
    for at, event in days:
        rest.insert(_place(rest, at, event), (at, event))
    return [event for _, event in (*first, *rest)]


def active(events: Sequence[Event]) -> list[Event]:
    """Leave out what is superseded; what supersedes may be superseded itself."""
    gone: set[str] = set()
    for event in reversed(events):
        if event.supersedes not in {None, event.ref} and event.ref not in gone:
            gone.add(str(event.supersedes))
    return [event for event in events if event.ref not in gone] if gone else list(events)


def _stage(event: Timed) -> int:
    return STAGE.get(event.kind, BETWEEN)


def _lets_go_on(event: Timed, other: Timed) -> bool:
    return other.seq < event.seq and other.kind in GOES_ON.get(event.kind, ())


def _place(placed: Sequence[tuple[datetime, T]], at: datetime, event: T) -> int:
    """Find the place of a day: behind the last of its day that is no further in the lifecycle."""
    day = date_of(at)
    place = sum(date_of(one) < day for one, _ in placed)
    for index, (one, other) in enumerate(placed[place:], start=place):
        if date_of(one) != day:
            break
        if _stage(other) <= _stage(event) or _lets_go_on(event, other):
            place = index + 1
    return place
