"""The outbox of a changed dossier: which systems must be told, from where on, and when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gateway.dossiers.record import DossierRecord, LaneRecord, OutboxRow, millis
from gateway.dossiers.systems import System, Systems
from gateway.rules import routing
from gateway.rules.lane_states import ASKED, PARKED, READY, UNTOLD, WAITING
from gateway.rules.outcomes import ALL_MAY_STAND_TWICE, MAY_STAND
from gateway.rules.schedule import rank
from schemas.dossier import Dossier, Known
from schemas.status import Kind

MENDING = frozenset({Kind.CORRECTED, Kind.VOIDED})
"""Kinds after which a parked lane goes again: put right, or no longer in need of it."""


MAY_STAND_ONCE = "may_stand_once"
"""Why a lane is parked that would be told again what may stand there: a human decides."""


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
            record.lanes[system.id] = LaneRecord(
                system.id, begun.done_seq, begun.remote, begun.born_here, begun.via, new=True
            )
    place = _place(record, systems, now, bulk=bulk)
    for system in systems.all:
        row = record.lanes.get(system.id)
        if row is not None and row.via is None and system.config.mode != "off":
            _update(record, row, system, systems, now, place)


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
    told = [(past.event.seq, past.origin) for past in record.recorded]
    doubt = _lost(record, row, system, systems)
    waits = _needs_code(record.dossier, system, systems)
    last = len(record.recorded)
    entry = record.outbox.get(system.id)
    if entry is None:
        if routing.news(told, row.done_seq, system.name):
            made = OutboxRow(
                WAITING if waits else READY,
                last,
                "needs_code" if waits else None,
                new=True,
                change={"rank": place, "since": now} | doubt,
            )
            if doubt and not waits and system.facts.appends and _parks(system):
                made.state, made.reason, made.parked_for = PARKED, MAY_STAND_ONCE, "operator"
                made.change |= {"cause": MAY_STAND_ONCE, "parked_for": made.parked_for}
            record.outbox[system.id] = made
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
    """Doubt what happened before a restore and is only known since: it may have been told then."""
    restored = systems.history.restored
    if restored is None:
        return {}
    fresh = record.recorded[max(record.stored, row.done_seq) :]
    if all(millis(past.event.occurred_at) > restored for past in fresh):
        return {}
    return {"uncertainty": ALL_MAY_STAND_TWICE if system.facts.appends else MAY_STAND}


def _parks(system: System) -> bool:
    return system.facts.on_uncertain == "park"


def _needs_code(head: Dossier, system: System, systems: Systems) -> bool:
    """Say whether a lane must wait for the official code, unless this system is to give it."""
    if not system.facts.needs_official_code or head.official_code is not None or head.voided:
        return False
    return systems.allocator(head) != f"system:{system.name}"
