"""The outbox of a changed dossier: which systems must be told, from where on, and when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gateway.dossiers.record import DossierRecord, LaneRecord, OutboxRow, millis
from gateway.dossiers.systems import System, Systems
from gateway.rules import routing
from gateway.rules.lane_states import (
    ADDED,
    ASKED,
    OFF,
    PARKED,
    READY,
    UNTOLD,
    UNTOLD_BY_US,
    WAITING,
)
from gateway.rules.outcomes import ALL_MAY_STAND_TWICE, MAY_STAND
from gateway.rules.schedule import rank
from schemas.dossier import Dossier, Known
from schemas.status import Kind

MENDING = frozenset({Kind.CORRECTED, Kind.VOIDED})
"""Kinds after which a parked lane goes again: put right, or no longer in need of it."""


def route(
    record: DossierRecord,
    systems: Systems,
    now: int,
    known_in: Sequence[Known] = (),
    *,
    bulk: bool = False,
) -> None:
    """Bring lanes and outbox of a changed dossier up to its newest event.

    bulk: it came with many others, which go behind what comes one by one
    """
    head = record.dossier
    matching = [system for system in systems.all if routing.matches(head, system.config)]
    configs = [system.config for system in matching]
    for system in matching:
        if system.id not in record.lanes:
            via = routing.reached_by(system.name, configs)
            begun = routing.begin(head, record.history, known_in, system.config, via)
            begins = LaneRecord(
                system.id, begun.done_seq, begun.remote, begun.born_here, begun.via, new=True
            )
            if record.stored and not _fresh(record, system):
                # It is of old, and nothing has happened that would be news to them.
                begins.become(ADDED, record.stored)
            record.lanes[system.id] = begins
    place = _place(record, systems, now, bulk=bulk)
    for system in systems.all:
        row = record.lanes.get(system.id)
        if row is None or row.via is not None:
            continue
        if system.config.mode == "off" and system.id not in record.outbox:
            # It passes them by: said so, and brought up to date by their next event or a person.
            if _news(record, row, system):
                row.become(OFF, len(record.recorded))
            continue
        _update(record, row, system, systems, now, place)


def _fresh(record: DossierRecord, system: System) -> bool:
    """Say whether anything is being added that did not come from this system."""
    return any(past.origin != system.name for past in record.recorded[record.stored :])


def _news(record: DossierRecord, row: LaneRecord, system: System) -> bool:
    """Say whether there is something to do: an event that is not told, nor left aside."""
    told = [(past.event.seq, past.origin) for past in record.recorded]
    return routing.news(told, row.settled_seq, system.name)


def ready(records: Iterable[DossierRecord]) -> frozenset[int]:
    """Give the systems with a changed lane that is not waiting: worth a look, once it is written.

    Some of them have nothing to claim, as where the lane is being told at the moment.
    """
    return frozenset(
        system
        for record in records
        for system, entry in record.outbox.items()
        if entry.state == READY and (entry.new or entry.change)
    )


def _place(record: DossierRecord, systems: Systems, now: int, *, bulk: bool) -> int:
    """Give the place in the queue of what this dossier has to say."""
    agencies, due = record.dossier.agencies, record.dossier.due
    agency = (agencies.receiving or agencies.competent).code
    return rank(
        now,
        millis(due.at) if due is not None and due.at is not None else None,
        bulk=bulk,
        ahead=0 if agency is None else systems.pace.ahead(agency, now),
    )


def _update(
    record: DossierRecord, row: LaneRecord, system: System, systems: Systems, now: int, place: int
) -> None:
    doubt = _lost(record, row, system, systems)
    waits = _needs_code(record.dossier, system, systems)
    last = len(record.recorded)
    entry = record.outbox.get(system.id)
    if entry is None:
        if _news(record, row, system):
            put(record, row, waits=waits, place=place, now=now)
            record.outbox[system.id].change |= doubt
        return
    entry.head_seq = entry.change["head_seq"] = last
    entry.change |= doubt
    freed = entry.reason == "needs_code" and entry.state == WAITING and not waits
    # Only an event that has not been loaded with the others can have put things right.
    corrected = (
        any(past.event.kind in MENDING for past in record.recorded[record.stored :])
        and entry.state == PARKED
        and entry.parked_for in {"officer", "integrator"}
    )
    asked = entry.state == ASKED and entry.reason == "asked"
    untold = entry.state == UNTOLD  # the event may have brought what was lacking
    if freed or corrected or asked or untold:
        entry.state = WAITING if waits else READY
        entry.change |= {
            "state": entry.state,
            "rank": place,
            "wake_at": None,
            "tries": 0,
            "expired_leases": 0,
            "failing_since": None,
            "reason": "needs_code" if waits else None,
            "cause": None,
            "parked_for": None,
            "detail": None,
        }


def _lost(
    record: DossierRecord, row: LaneRecord, system: System, systems: Systems
) -> dict[str, int]:
    """Doubt what happened before a restore and is yet to be told: it may have been, then.

    So it is on the list of what may stand twice; whoever claims it doubts it in any case. Where a
    human is to decide, this doubt would mean that one has.
    """
    restored = systems.history.restored
    if restored is None or (system.facts.appends and system.facts.on_uncertain == "park"):
        return {}
    left = record.recorded[row.done_seq :]
    if all(millis(past.event.occurred_at) > restored for past in left):
        return {}
    return {"uncertainty": ALL_MAY_STAND_TWICE if system.facts.appends else MAY_STAND}


def put(record: DossierRecord, row: LaneRecord, *, waits: bool, place: int, now: int) -> None:
    """Put a lane on the outbox: all of it that is not told goes, and it has no state of its own."""
    row.done_seq = row.told_seq  # what they know by hand is not told again
    row.become(None)
    record.outbox[row.system] = OutboxRow(
        WAITING if waits else READY,
        len(record.recorded),
        "needs_code" if waits else None,
        new=True,
        change={"rank": place, "since": now},
    )


def backfill(record: DossierRecord, system: System, systems: Systems, now: int) -> bool:
    """Put a lane on the outbox of which the system was not told; False: it has moved meanwhile."""
    head = record.dossier
    if record.merged_into is not None or system.id in record.outbox:
        return False
    row = record.lanes.get(system.id)
    if row is None:
        matching = [one.config for one in systems.all if routing.matches(head, one.config)]
        if system.config not in matching:
            return False
        via = routing.reached_by(system.name, matching)
        begun = routing.begin(head, record.history, (), system.config, via)
        row = LaneRecord(
            system.id, begun.done_seq, begun.remote, begun.born_here, begun.via, new=True
        )
        record.lanes[system.id] = row
    elif row.state not in UNTOLD_BY_US:
        return False
    if row.via is not None:
        return False
    place = _place(record, systems, now, bulk=True)
    put(record, row, waits=_needs_code(head, system, systems), place=place, now=now)
    record.outbox[system.id].change |= _lost(record, row, system, systems)
    return True


def resend(
    record: DossierRecord,
    system: System,
    systems: Systems,
    now: int,
    *,
    told: int,
    first: int,
    lines: bool,
) -> bool:
    """Put a lane on the outbox that was told; False: it has moved meanwhile.

    told: up to which event; first: from which one on they are told again
    lines: what they were told in lines of its own is told again too
    """
    row = record.lanes.get(system.id)
    if row is None or system.id in record.outbox or row.state is not None or row.done_seq != told:
        return False
    put(record, row, waits=False, place=_place(record, systems, now, bulk=True), now=now)
    record.outbox[system.id].change |= {"again_from": first, "again_lines": lines}
    return True


def _needs_code(head: Dossier, system: System, systems: Systems) -> bool:
    """Say whether a lane must wait for the official code, unless this system is to give it."""
    if not system.facts.needs_official_code or head.official_code is not None or head.voided:
        return False
    return systems.allocator(head) != f"system:{system.name}"
