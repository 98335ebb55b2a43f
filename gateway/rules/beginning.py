"""The first post of a dossier: its versions, or all that is wrong with it together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Literal
from uuid import UUID

from gateway.rules.fold import fold
from gateway.rules.history import Place, Version, follow, given, place_of
from gateway.rules.lifecycle import astray
from gateway.rules.merging import unmet
from gateway.rules.order import BETWEEN, GOES_ON, STAGE, in_order
from gateway.rules.quality import Flags, flagged, marked
from gateway.rules.times import CLOSING, impossible, stray
from gateway.words.fault import Fault
from schemas.dossier import Content, Dossier, NewDossier
from schemas.event import Event, NewEvent
from schemas.status import Kind, Status

CONTENT = tuple(Content.model_fields)
APART = ("/status", "/source", "/events", "/known_in", "/schema_version", "/day_times")
"""What a post says beside the dossier that its history leads to."""
AGAIN = MappingProxyType({Kind.RESUMED: 7.5, Kind.REOPENED: 9.5})
"""The stages of what goes on again at the moment of the end: just behind what it goes on from."""


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
    taken = given(first) | {"carried": False}
    opened = Event(**taken, seq=1, recorded_at=now, status=start)
    dossier = fold(blank, opened, start)
    if isinstance(dossier, tuple):
        return dossier
    faults += [Fault(one.code, _in_event(own, one.pointer), one.values) for one in astray(first)]
    versions = [Version(opened, marked(None, dossier, opened, flags, now))]
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
        key=lambda one: (
            one[1].kind is not Kind.REGISTERED,
            one[1].occurred_at,
            _stage(one[1], events),
        ),
    )
    places = [
        place_of(event, seq, inferred=False) for seq, (_, event) in enumerate(listed, start=1)
    ]
    if places and places[0].kind is not Kind.REGISTERED:  # the first place is the registration's
        places = [one._replace(seq=one.seq + 1) for one in places]
        head = Place(1, Kind.REGISTERED, places[0].occurred_at, False, "", None)
        return [listed[one.seq - 2] for one in in_order([head, *places])[1:]]
    return [listed[one.seq - 1] for one in in_order(places)]


def _stage(event: NewEvent, events: Sequence[NewEvent]) -> float:
    """Say how far an event comes; one goes on from an end before, else from one of its moment."""
    ends = GOES_ON.get(event.kind)
    if ends is None:
        return STAGE.get(event.kind, BETWEEN)
    earlier = (
        (one.occurred_at, one.kind is event.kind)
        for one in events
        if one.occurred_at < event.occurred_at and one.kind in ends | {event.kind}
    )
    _, open_again = max(earlier, default=(None, True))
    return AGAIN[event.kind] if open_again else BETWEEN


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
    return Version(last.event, flagged(last.dossier, flags, now)) if flags else last


def _registered(new: NewDossier) -> NewEvent:
    """Say that the dossier was handed in: what the client told us without an event of its own."""
    status = Status.SUBMITTED if new.events else new.status
    return NewEvent(
        ref="registered", kind=Kind.REGISTERED, occurred_at=new.submitted_at, status=status
    )


def _in_event(index: int | None, pointer: str) -> str:
    return pointer if index is None else f"/events/{index}{pointer}"


def _below(fault: Fault, where: str) -> Fault:
    return Fault(fault.code, f"{where}{fault.pointer}", fault.values)
