"""From events to versions: event n fixes dossier version n.

The state is computed over `occurred_at`, ties by arrival. An event that arrives late takes its
place in the history, is flagged, and never moves the present state or newer fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from gateway.rules.fold import fold
from gateway.rules.lifecycle import judge, lacking, resulting
from gateway.words.fault import Fault
from gateway.words.lifecycle import KIND_NAMES
from schemas.base import spoken, utc
from schemas.dossier import Content, Dossier, NewDossier, Quality
from schemas.event import Event, NewEvent, order
from schemas.status import Kind, Status

FUTURE = timedelta(minutes=10)
"""How far a client's clock may run ahead of ours."""
CONTENT = tuple(Content.model_fields)
GIVEN = tuple(name for name in NewEvent.model_fields if name != "status")
"""Fields that are taken over as they are. Asking a model for its fields costs as much as a dump."""
Flags = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Version:
    """An event and the dossier as it stands after it."""

    event: Event
    dossier: Dossier


def begin(
    new: NewDossier,
    *,
    id: UUID,  # noqa: A002 - the dossier's own word for it
    environment: Literal["live", "sandbox"],
    now: datetime,
    flags: Flags = (),
) -> tuple[Version, ...] | tuple[Fault, ...]:
    """Give the versions that a first post makes, or all its faults together."""
    events = list(new.events)
    own = bool(events) and events[0].kind is Kind.REGISTERED
    first = events.pop(0) if own else _registered(new, bare=not events)
    start = first.status or Status.SUBMITTED
    if not new.events and start is not Status.SUBMITTED:
        flags = (*flags, ("history_incomplete", "/events"))
    fields = {name: getattr(new, name) for name in CONTENT} | {"status": start}
    blank = Dossier.model_construct(
        **fields,
        id=id,
        version=1,
        environment=environment,
        supplements=(),
        voided=False,
        data_quality=(),
    )
    opened = Event(**_given(first), seq=1, recorded_at=now, status=start)
    dossier = _flagged(fold(blank, opened), flags, now)
    versions = [Version(opened, dossier)]
    faults = _future(first, now, "/events/0" if own else "/submitted_at")
    for index, event in enumerate(events, start=1 if own else 0):
        found = follow(versions[-1].dossier, [one.event for one in versions], event, now=now)
        if isinstance(found, Version):
            versions.append(found)
        else:
            faults += [_below(fault, f"/events/{index}") for fault in found]
    final = versions[-1].dossier.status
    if not faults and "status" in new.model_fields_set and final is not new.status:
        faults.append(Fault("status_contradicts", "/status", {"computed": final.value}))
    return tuple(faults) or tuple(versions)


def _registered(new: NewDossier, *, bare: bool) -> NewEvent:
    """Say that the dossier was handed in: what the client told us without an event of its own."""
    status = new.status if bare else Status.SUBMITTED
    return NewEvent(
        ref="registered", kind=Kind.REGISTERED, occurred_at=new.submitted_at, status=status
    )


def follow(
    dossier: Dossier,
    history: Sequence[Event],
    new: NewEvent,
    *,
    now: datetime,
    flags: Flags = (),
    inferred: bool = False,
) -> Version | tuple[Fault, ...]:
    """Give the next version, or all faults together."""
    faults = [*lacking(new), *_future(new, now, "/occurred_at"), *_refs(history, new, dossier)]
    ordered = sorted(history, key=order)
    earlier = [event for event in ordered if event.occurred_at <= new.occurred_at]
    late = len(earlier) < len(ordered)
    before = (earlier[-1] if earlier else ordered[0]).status
    status = resulting(new, before, _waited_from(earlier))
    unusual, fault = judge(new.kind, before, status)
    if fault is not None:
        faults.append(fault)
    if faults:
        return tuple(faults)
    event = Event(
        **_given(new),
        seq=len(history) + 1,
        recorded_at=now,
        status=status,
        late=late,
        inferred=inferred,
    )
    folded = fold(dossier, event)
    if isinstance(folded, tuple):
        return folded
    found = [
        name
        for name, holds in (
            ("late", late),
            ("unusual_transition", unusual),
            ("time_inferred", inferred),
        )
        if holds
    ]
    marked = [*flags, *((name, f"/events/{event.seq - 1}") for name in found)]
    return Version(event, _flagged(folded, marked, now))


def _given(new: NewEvent) -> dict[str, Any]:
    """Take a new event's fields over; an action is never empty."""
    fields = {name: getattr(new, name) for name in GIVEN}
    if new.transfer is not None:
        fields["transfer"] = new.transfer
    return fields | {"action": new.action or KIND_NAMES[new.kind][0]}


def _waited_from(earlier: Sequence[Event]) -> Status:
    """Give the state before the citizen was last waited for."""
    waiting = {Status.AWAITING_SUPPLEMENT, Status.AWAITING_PAYMENT}
    for event in reversed(earlier):
        if event.status not in waiting:
            return event.status
    return Status.SUBMITTED


def _future(new: NewEvent, now: datetime, pointer: str) -> list[Fault]:
    if new.occurred_at <= now + FUTURE:
        return []
    return [Fault("in_the_future", pointer, {"our_clock": spoken(now)})]


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


def _flagged(dossier: Dossier, flags: Flags, now: datetime) -> Dossier:
    known = {(flag.code, flag.pointer) for flag in dossier.data_quality}
    new = [
        Quality(code=code, pointer=at or None, since=utc(now))
        for code, at in flags
        if (code, at or None) not in known
    ]
    return dossier.model_copy(update={"data_quality": (*dossier.data_quality, *new)})


def _below(fault: Fault, where: str) -> Fault:
    return Fault(fault.code, f"{where}{fault.pointer}", fault.values)
