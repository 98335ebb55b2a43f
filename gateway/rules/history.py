"""From events to versions: event n fixes dossier version n.

The dossier is what its events add up to in the order in which they happened (`order`). One that
comes in time is added to what stands; one that comes late, or takes another one back, makes the
dossier anew from its first version, so that it counts as if it had come in time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from gateway.rules.fold import fold
from gateway.rules.lifecycle import astray, carries, judge, lacking, resulting
from gateway.rules.merging import state
from gateway.rules.order import active, in_order
from gateway.rules.quality import Flags, marked
from gateway.rules.times import (
    CLOSING,
    compare,
    embellishes,
    impossible,
    moved_back,
    moved_flags,
)
from gateway.words.fault import Fault
from gateway.words.lifecycle import KIND_NAMES
from schemas.base import is_day
from schemas.dossier import Dossier
from schemas.event import Event, NewEvent
from schemas.status import Kind, Status

GIVEN = tuple(name for name in NewEvent.model_fields if name != "status")
"""Fields that are taken over as they are. Asking a model for its fields costs as much as a dump."""
First = Callable[[], Dossier]
By = Literal["event", "report", "row"]


@dataclass(frozen=True, slots=True)
class Version:
    """An event and the dossier as it stands after it."""

    event: Event
    dossier: Dossier


class Place(NamedTuple):
    """All of an event that decides its place in the history, before it is one."""

    seq: int
    kind: Kind
    occurred_at: datetime
    inferred: bool
    ref: str
    supersedes: str | None


def follow(
    dossier: Dossier,
    history: Sequence[Event],
    new: NewEvent,
    *,
    now: datetime,
    first: First,
    flags: Flags = (),
    by: By = "event",
    inferred: bool = False,
) -> Version | tuple[Fault, ...]:
    """Give the next version, or all faults together.

    first: gives the dossier's first version
    by: a report or a row need not carry what whoever does it must say; and what a row shows has
        happened, whatever the table says
    inferred: it is the difference between two states, and comes after all that was known
    """
    faults = [*(lacking(new) if by == "event" else ()), *astray(new), *impossible(new, now)]
    faults += _refs(history, new, dossier)
    place = place_of(new, len(history) + 1, inferred=inferred)
    before_that = not inferred and _before_taking_over(history[0], new, first)
    listed: list[Any] = _listed(history, place, older=before_that)
    index = next(number for number, one in enumerate(listed) if one.seq == place.seq)
    late = index < len(listed) - 1 or before_that
    anew = late or new.supersedes is not None
    earlier = listed[:index] if before_that else _since(listed[:index], first)
    before = _states(earlier)[-1] if anew else dossier.status
    status = resulting(new.kind, new.status, before, _waited_from(earlier, new.kind))
    unusual, fault = judge(new.kind, before, status, seen=by == "row" or before_that)
    faults += [fault] if fault is not None else []
    if faults:
        return tuple(faults)
    event = Event(
        **given(new),
        seq=place.seq,
        recorded_at=now,
        status=status,
        carried=carries(new.kind, new.status),
        late=late,
        inferred=inferred,
    )
    if anew:
        listed[index] = event
        folded = _again(first(), listed, dossier)
    else:
        folded = fold(dossier, event, status)
    if isinstance(folded, tuple):
        return folded
    if by == "event":
        dressed = embellishes(dossier, folded)
        if dressed is not None and (new.reason is None or new.approver is None):
            lacks = "approver" if new.approver is None else "reason"
            return (Fault("embellishes", f"/{lacks}"),)
    named = {"late": late, "unusual_transition": unusual}
    found = [(name, f"/events/{event.seq - 1}") for name, holds in named.items() if holds]
    back = moved_back(dossier, folded, history, event)
    found += moved_flags([back]) if back is not None else []
    return Version(event, marked(dossier, folded, event, [*flags, *found], now))


def _listed(history: Sequence[Event], place: Place, *, older: bool) -> list[Any]:
    """Put the history and what is new into order; what surely comes last is not sorted in.

    older: it is older than the state that was taken over, so that the dossier is made anew
    """
    sure = place.supersedes is None and place.kind not in RESUMING and not is_day(place.occurred_at)
    if sure and not older and not any(event.day_times for event in history):
        newest = max(event.occurred_at for event in history)
        if place.inferred or place.occurred_at >= newest:
            return [place]
    return in_order(_standing([*history, place]))


def _standing(events: Any) -> list[Any]:
    """Leave out what is superseded; a registration stays, corrected by what supersedes it."""
    first, *rest = events
    return [first, *active(rest)]


def _before_taking_over(opened: Event, new: NewEvent, first: First) -> bool:
    """Say whether an event is older than the state in which the dossier was taken over.

    Only a source that says as of when it speaks is newer than what it does not mention.
    """
    if opened.status is Status.SUBMITTED:
        return False
    as_of = first().source.as_of
    return as_of is not None and compare(new.occurred_at, as_of) < 0


def _since(earlier: list[Event], first: First) -> list[Event]:
    """Leave out what was before the dossier was taken over: its state then is newer."""
    if not earlier or earlier[0].status is Status.SUBMITTED:
        return earlier
    opened, *rest = earlier
    known = [one for one in rest if one.inferred or not _before_taking_over(opened, one, first)]
    return [opened, *known]


def _again(first: Dossier, ordered: Sequence[Event], head: Dossier) -> Dossier | tuple[Fault, ...]:
    """Make the dossier anew from its first version and the events in their order."""
    since = _since(list(ordered), lambda: first)
    known = {one.seq for one in since}
    older = [one for one in ordered if one.seq not in known]
    dossier = _folded(first, [ordered[0], *older])
    if older and isinstance(dossier, Dossier):  # what was taken over is newer than they are
        dossier = state(dossier, first).model_copy(update={"status": first.status})
        given = {name: getattr(first, name) for name in CLOSING}
        dossier = dossier.model_copy(update=given)
    if isinstance(dossier, Dossier):
        dossier = _folded(dossier, since)
    if isinstance(dossier, tuple):
        return dossier
    procedure, frozen = dossier.procedure, head.procedure
    if procedure.version is None and procedure.code == frozen.code:
        procedure = procedure.model_copy(update={"version": frozen.version})
    kept = {"data_quality": head.data_quality, "version": max(one.seq for one in ordered)}
    return dossier.model_copy(update=kept | {"procedure": procedure})


def _folded(first: Dossier, ordered: Sequence[Event]) -> Dossier | tuple[Fault, ...]:
    """Add events to the version that the first of them led to."""
    dossier = first
    for event, status in zip(ordered[1:], _states(ordered)[1:], strict=True):
        folded = fold(dossier, event, status)
        if isinstance(folded, tuple):
            return folded
        dossier = folded
    return dossier


def _states(ordered: Sequence[Event]) -> list[Status]:
    """Give the state after each event; one that says nothing of it leaves what was before."""
    found: list[Status] = []
    waited = Status.SUBMITTED
    for event in ordered:
        before = found[-1] if found else event.status
        stated = None if event.carried else event.status
        status = resulting(event.kind, stated, before, waited)
        found.append(status)
        waited = waited if status in WAITING else status
    return found


WAITING = frozenset({Status.AWAITING_SUPPLEMENT, Status.AWAITING_PAYMENT})
RESUMING = frozenset({Kind.SUPPLEMENT_RECEIVED, Kind.FEE_PAID, Kind.FEE_WAIVED})


def _waited_from(earlier: Sequence[Event], kind: Kind) -> Status:
    """Give the state before the citizen was last waited for."""
    if kind not in RESUMING:
        return Status.SUBMITTED
    passed = (status for status in reversed(_states(earlier)) if status not in WAITING)
    return next(passed, Status.SUBMITTED)


def place_of(new: NewEvent, seq: int, *, inferred: bool) -> Place:
    """Give all of a new event that decides its place."""
    return Place(seq, new.kind, new.occurred_at, inferred, new.ref, new.supersedes)


def given(new: NewEvent) -> dict[str, Any]:
    """Take a new event's fields over; an action is never empty."""
    fields = {name: getattr(new, name) for name in GIVEN}
    return fields | {"action": new.action or KIND_NAMES[new.kind][0]}


def _refs(history: Sequence[Event], new: NewEvent, dossier: Dossier) -> list[Fault]:
    """Check what an event points to."""
    refs = {event.ref for event in history}
    faults = []
    if new.kind is Kind.REGISTERED:
        faults.append(Fault("registered_once", "/kind"))
    if new.ref in refs:
        faults.append(Fault("ref_repeated", "/ref"))
    if new.supersedes is not None and new.supersedes not in refs:
        faults.append(Fault("unknown_event", "/supersedes"))
    fees = {fee.id for fee in (*dossier.fees, *new.fees)}
    if new.fee_id is not None and new.fee_id not in fees:
        faults.append(Fault("unknown_fee", "/fee_id"))
    code = dossier.official_code
    if new.official_code is not None and code is not None and new.official_code != code:
        faults.append(Fault("code_fixed", "/official_code"))
    return faults
