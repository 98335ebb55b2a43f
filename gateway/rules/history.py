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
from uuid import UUID

from gateway.rules.fold import fold
from gateway.rules.lifecycle import astray, carries, judge, lacking, resulting
from gateway.rules.merging import state, unmet
from gateway.rules.order import STAGE, active, in_order
from gateway.rules.times import (
    CLOSING,
    ORDER,
    compare,
    disorder,
    embellishes,
    ended,
    impossible,
    moved,
    moved_flags,
    punctuality,
    stray,
)
from gateway.words.fault import Fault
from gateway.words.lifecycle import KIND_NAMES
from schemas.base import is_day, utc
from schemas.dossier import Content, Dossier, NewDossier, Quality
from schemas.event import Event, NewEvent
from schemas.status import Kind, Status

CONTENT = tuple(Content.model_fields)
GIVEN = tuple(name for name in NewEvent.model_fields if name != "status")
"""Fields that are taken over as they are. Asking a model for its fields costs as much as a dump."""
APART = ("/status", "/source", "/events", "/known_in", "/schema_version", "/day_times")
"""What a post says beside the dossier that its history leads to."""
Flags = Sequence[tuple[str, str]]
First = Callable[[], Dossier]
By = Literal["event", "report", "row"]


@dataclass(frozen=True, slots=True)
class Version:
    """An event and the dossier as it stands after it."""

    event: Event
    dossier: Dossier


class _Place(NamedTuple):
    """All of an event that decides its place in the history, before it is one."""

    seq: int
    kind: Kind
    occurred_at: datetime
    inferred: bool
    ref: str
    supersedes: str | None


def begin(
    new: NewDossier,
    *,
    id: UUID,  # noqa: A002 - the dossier's own word for it
    environment: Literal["live", "sandbox"],
    now: datetime,
    flags: Flags = (),
) -> tuple[Version, ...] | tuple[Fault, ...]:
    """Give the versions that a first post makes, or all its faults together."""
    faults = list(impossible(new, now))
    posted = _sorted(new.events)
    own = next((index for index, event in posted if event.kind is Kind.REGISTERED), None)
    first = _registered(new) if own is None else new.events[own]
    start = first.status or Status.SUBMITTED
    if not new.events and start is not Status.SUBMITTED:
        flags = (*flags, ("history_incomplete", "/events"))
    fields = {name: getattr(new, name) for name in CONTENT} | {"status": start}
    fields |= dict.fromkeys(_told_by(new.events))
    blank = Dossier.model_construct(
        **fields,
        id=id,
        version=1,
        environment=environment,
        supplements=(),
        punctuality=None,
        voided=False,
        data_quality=(),
    )
    given = _given(first) | {"carried": False}
    opened = Event(**given, seq=1, recorded_at=now, status=start)
    dossier = fold(blank, opened, start)
    if isinstance(dossier, tuple):
        return dossier
    faults += [Fault(one.code, _in_event(own, one.pointer), one.values) for one in astray(first)]
    versions = [Version(opened, _marked(None, dossier, opened, flags, now))]
    for index, event in posted:
        if index == own:
            continue
        found = follow(
            versions[-1].dossier,
            [one.event for one in versions],
            event,
            now=now,
            first=lambda: versions[0].dossier,
        )
        if isinstance(found, Version):
            versions.append(found)
        else:
            faults += [_below(one, f"/events/{index}") for one in found]
    faults += [one for one in _contradictions(new, versions[-1].dossier) if not faults]
    if faults:
        return tuple({(one.code, one.pointer): one for one in faults}.values())
    return (*versions[:-1], _compared(new, versions[-1], now))


def _told_by(events: Sequence[NewEvent]) -> set[str]:
    """Name the fields of a post that its history tells, so that they begin empty."""
    found = {*CLOSING} if events else set()
    if any(event.due is not None for event in events):
        found.add("due")
    if any(event.kind is Kind.ACCEPTED for event in events):
        found.add("received_at")
    return found


def _sorted(events: Sequence[NewEvent]) -> list[tuple[int, NewEvent]]:
    """Put posted events in order; those of one moment by the lifecycle."""
    listed = sorted(
        enumerate(events),
        key=lambda one: (one[1].kind is not Kind.REGISTERED, one[1].occurred_at, _stage(one[1])),
    )
    places = [_place(event, seq, inferred=False) for seq, (_, event) in enumerate(listed, start=1)]
    if places and places[0].kind is not Kind.REGISTERED:  # the first place is the registration's
        places = [one._replace(seq=one.seq + 1) for one in places]
        head = _Place(1, Kind.REGISTERED, places[0].occurred_at, False, "", None)
        return [listed[one.seq - 2] for one in in_order([head, *places])[1:]]
    return [listed[one.seq - 1] for one in in_order(places)]


def _stage(event: NewEvent) -> int:
    return STAGE.get(event.kind, 4)


def _contradictions(new: NewDossier, final: Dossier) -> list[Fault]:
    """Name what a post says of the present state and its history does not lead to."""
    faults = [
        Fault("time_without_state", f"/{name}", {"status": final.status.value})
        for name in stray(new, final.status)
    ]
    if "status" in new.model_fields_set and new.events and final.status is not new.status:
        faults.append(Fault("status_contradicts", "/status", {"computed": final.status.value}))
    return faults


def _compared(new: NewDossier, last: Version, now: datetime) -> Version:
    """Flag what a post says otherwise than its own history."""
    if not new.events:
        return last
    apart = [("history_contradicts", at) for at in unmet(new, last.dossier)]
    flags = [one for one in apart if not one[1].startswith(APART)]
    return Version(last.event, _flagged(last.dossier, flags, now)) if flags else last


def _registered(new: NewDossier) -> NewEvent:
    """Say that the dossier was handed in: what the client told us without an event of its own."""
    status = Status.SUBMITTED if new.events else new.status
    return NewEvent(
        ref="registered", kind=Kind.REGISTERED, occurred_at=new.submitted_at, status=status
    )


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
    place = _place(new, len(history) + 1, inferred=inferred)
    listed: list[Any] = _listed(history, place)
    index = next(number for number, one in enumerate(listed) if one.seq == place.seq)
    before_that = not inferred and _before_taking_over(history[0], new, first)
    late = index < len(listed) - 1 or before_that
    anew = late or new.supersedes is not None
    earlier: list[Event] = listed[:index]
    before = _states(earlier)[-1] if anew else dossier.status
    status = resulting(new.kind, new.status, before, _waited_from(earlier, new.kind))
    unusual, fault = judge(new.kind, before, status, seen=by == "row" or before_that)
    faults += [fault] if fault is not None else []
    if faults:
        return tuple(faults)
    event = Event(
        **_given(new),
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
    return Version(event, _marked(dossier, folded, event, [*flags, *found], now))


def _listed(history: Sequence[Event], place: _Place) -> list[Any]:
    """Put the history and what is new into order; what surely comes last is not sorted in."""
    sure = place.supersedes is None and place.kind not in RESUMING and not is_day(place.occurred_at)
    if sure and not any(event.day_times for event in history):
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


def _again(first: Dossier, ordered: Sequence[Event], head: Dossier) -> Dossier | tuple[Fault, ...]:
    """Make the dossier anew from its first version and the events in their order."""
    older = [
        one
        for one in ordered[1:]
        if not one.inferred and _before_taking_over(ordered[0], one, lambda: first)
    ]
    dossier = _folded(first, [ordered[0], *older])
    if older and isinstance(dossier, Dossier):  # what was taken over is newer than they are
        dossier = state(dossier, first).model_copy(update={"status": first.status})
        given = {name: getattr(first, name) for name in CLOSING}
        dossier = dossier.model_copy(update=given)
    if isinstance(dossier, Dossier):
        dossier = _folded(dossier, [one for one in ordered if one not in older])
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


def _place(new: NewEvent, seq: int, *, inferred: bool) -> _Place:
    return _Place(seq, new.kind, new.occurred_at, inferred, new.ref, new.supersedes)


def _given(new: NewEvent) -> dict[str, Any]:
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


def _marked(
    before: Dossier | None, dossier: Dossier, event: Event, flags: Flags, now: datetime
) -> Dossier:
    """Say beside the dossier what its times are worth."""
    marks: list[tuple[str, str]] = []
    if before is not None and (event.inferred or event.kind is not Kind.REOPENED):
        named = moved(before, dossier)
        told = event.inferred or ended(before)
        marks += moved_flags([name for name in named if name != "due" or told])
    told_in_time = punctuality(before, dossier, event.kind)
    if told_in_time is not dossier.punctuality:
        dossier = dossier.model_copy(update={"punctuality": told_in_time})
    disordered = [(ORDER, at) for at in disorder(dossier)]
    held = dossier.data_quality
    kept = tuple(one for one in held if one.code != ORDER or (ORDER, one.pointer) in disordered)
    if len(kept) < len(held):
        dossier = dossier.model_copy(update={"data_quality": kept})
    new = [*flags, *marks, *disordered]
    return _flagged(dossier, new, now) if new else dossier


def _flagged(dossier: Dossier, flags: Flags, now: datetime) -> Dossier:
    known = {(flag.code, flag.pointer) for flag in dossier.data_quality}
    new = [
        Quality(code=code, pointer=at or None, since=utc(now))
        for code, at in dict.fromkeys(flags)
        if (code, at or None) not in known
    ]
    return dossier.model_copy(update={"data_quality": (*dossier.data_quality, *new)})


def _in_event(index: int | None, pointer: str) -> str:
    return pointer if index is None else f"/events/{index}{pointer}"


def _below(fault: Fault, where: str) -> Fault:
    return Fault(fault.code, f"{where}{fault.pointer}", fault.values)
