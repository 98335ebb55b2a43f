"""The agenda of a changed dossier: which systems must be told, from where on, and when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gateway.dossiers.record import LaneRow, State, TodoRow, millis
from gateway.dossiers.systems import Target, Targets
from gateway.rules import routing
from gateway.rules.lane_states import ASKED, PARKED, READY, WAITING
from gateway.rules.schedule import rank
from schemas.dossier import Dossier, Known
from schemas.status import Kind


def route(
    state: State,
    targets: Targets,
    now: int,
    known_in: Sequence[Known] = (),
    *,
    bulk: bool = False,
) -> None:
    """Bring lanes and agenda of a changed dossier up to its newest event.

    bulk: it came with many others, which go behind what comes one by one
    """
    head = state.dossier
    matching = [target for target in targets.all if routing.matches(head, target.config)]
    configs = [target.config for target in matching]
    for target in matching:
        if target.id not in state.lanes:
            via = routing.reached_by(target.name, configs)
            begun = routing.begin(head, state.history, known_in, target.config, via)
            state.lanes[target.id] = LaneRow(
                target.id, begun.done_seq, begun.remote, begun.born_here, begun.via, new=True
            )
    place = _place(state, targets, now, bulk=bulk)
    for target in targets.all:
        row = state.lanes.get(target.id)
        if row is not None and row.via is None and target.config.mode != "off":
            _agenda(state, row, target, targets, now, place)


def ready(states: Iterable[State]) -> frozenset[int]:
    """Give the systems with a changed lane that is not waiting: worth a look, once it is written.

    Some of them have nothing to claim, as where the lane is being told at the moment.
    """
    return frozenset(
        system
        for state in states
        for system, todo in state.todos.items()
        if todo.state == READY and (todo.new or todo.change)
    )


def _place(state: State, targets: Targets, now: int, *, bulk: bool) -> int:
    """Give the place in the queue of what this dossier has to say."""
    agencies, due = state.dossier.agencies, state.dossier.due
    agency = (agencies.receiving or agencies.competent).code
    return rank(
        now,
        millis(due.at) if due is not None and due.at is not None else None,
        bulk=bulk,
        ahead=0 if agency is None else targets.pace.ahead(agency, now),
    )


def _agenda(
    state: State, row: LaneRow, target: Target, targets: Targets, now: int, place: int
) -> None:
    told = [(past.event.seq, past.origin) for past in state.past]
    waits = _needs_code(state.dossier, target, targets)
    last = len(state.past)
    agenda = state.todos.get(target.id)
    if agenda is None:
        if routing.news(told, row.done_seq, target.name):
            state.todos[target.id] = TodoRow(
                WAITING if waits else READY,
                last,
                "needs_code" if waits else None,
                new=True,
                change={"rank": place, "since": now},
            )
        return
    agenda.head_seq = agenda.change["head_seq"] = last
    freed = agenda.reason == "needs_code" and agenda.state == WAITING and not waits
    # Only an event that has not been loaded with the others can have put things right.
    corrected = (
        any(past.event.kind is Kind.CORRECTED for past in state.past[state.stored :])
        and agenda.state == PARKED
        and agenda.parked_for in {"officer", "integrator"}
    )
    asked = agenda.state == ASKED and agenda.reason == "asked"
    if freed or corrected or asked:
        agenda.state = WAITING if waits else READY
        agenda.change |= {
            "state": agenda.state,
            "rank": place,
            "wake_at": None,
            "tries": 0,
            "lost": 0,
            "failing_since": None,
            "reason": "needs_code" if waits else None,
            "cause": None,
            "parked_for": None,
            "detail": None,
        }


def _needs_code(head: Dossier, target: Target, targets: Targets) -> bool:
    """Say whether a lane must wait for the official code, unless this system is to give it."""
    if not target.facts.needs_official_code or head.official_code is not None:
        return False
    return targets.allocator(head) != f"system:{target.name}"
