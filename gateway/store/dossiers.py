"""Dossiers as a group of requests sees them: read together, changed in memory, written together.

Intake decides on these; a system that allocates the official code adds an event through them too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.rules import routing
from gateway.rules.history import Version
from gateway.rules.schedule import rank
from gateway.store.bodies import pack, unpack_dossier, unpack_event
from gateway.store.systems import Target, Targets
from gateway.store.tables import ASKED, PARKED, READY, WAITING, dossier, event, lane, todo
from schemas.dossier import Dossier, Known
from schemas.event import Event
from schemas.outcome import Remote
from schemas.status import Kind


@dataclass(slots=True)
class Past:
    """One event of the past, with what idempotency and routing need."""

    event: Event
    origin: str | None
    digest: bytes
    dossier: Dossier | None = None  # of this version, where it is yet to be stored


@dataclass(slots=True)
class LaneRow:
    """A lane as it is or will be stored."""

    system: int
    done_seq: int
    remote: Remote
    born_here: bool
    via: str | None
    new: bool = False


@dataclass(slots=True)
class TodoRow:
    """An agenda row as it is or will be stored; `change` says what has to be written."""

    state: int
    head_seq: int
    reason: str | None = None
    parked_for: str | None = None
    new: bool = False
    change: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class State:
    """One dossier within a group: what is stored, and what the group adds."""

    id: UUID
    owner: int
    ref: str
    digest: bytes
    as_of: int | None = None
    head: Dossier | None = None
    past: list[Past] = field(default_factory=list)
    stored: int = 0
    lanes: dict[int, LaneRow] = field(default_factory=dict)
    todos: dict[int, TodoRow] = field(default_factory=dict)
    touched: bool = False

    @property
    def dossier(self) -> Dossier:
        """The newest version."""
        if self.head is None:
            raise LookupError("a dossier without a version")
        return self.head

    @property
    def history(self) -> list[Event]:
        """The events in order of arrival."""
        return [past.event for past in self.past]

    def add(self, version: Version, *, origin: str | None, digest: bytes) -> None:
        """Add the next version."""
        self.head = version.dossier
        self.past.append(Past(version.event, origin, digest, version.dossier))
        self.touched = True

    def go_back(self, length: int, head: Dossier) -> None:
        """Forget versions that were added and never written."""
        del self.past[length:]
        self.head = head
        self.touched = len(self.past) > self.stored


def millis(moment: datetime) -> int:
    """Give an instant as it is stored."""
    return int(moment.timestamp() * 1000)


def load(
    connection: Connection, *, ids: Iterable[UUID] = (), refs: Iterable[tuple[int, str]] = ()
) -> list[State]:
    """Read dossiers by id, or by client and the client's own key, with everything about them."""
    by_owner: dict[int, list[str]] = {}
    for owner, ref in refs:
        by_owner.setdefault(owner, []).append(ref)
    wanted: list[sa.ColumnElement[bool]] = [dossier.c.id.in_(list(ids))]
    wanted += [
        sa.and_(dossier.c.owner == owner, dossier.c.ref.in_(owned))
        for owner, owned in by_owner.items()
    ]
    states = {
        row.id: State(row.id, row.owner, row.ref, row.digest, row.as_of)
        for row in connection.execute(
            sa.select(
                dossier.c.id, dossier.c.owner, dossier.c.ref, dossier.c.digest, dossier.c.as_of
            )
            .where(sa.or_(*wanted))
            .order_by(dossier.c.id)
            .with_for_update()
        )
    }
    if states:
        _load_events(connection, states)
        _load_lanes(connection, states)
    return list(states.values())


def _load_events(connection: Connection, states: dict[UUID, State]) -> None:
    newest: dict[UUID, bytes] = {}
    for row in connection.execute(
        sa.select(event.c.dossier_id, event.c.origin, event.c.digest, event.c.body)
        .where(event.c.dossier_id.in_(list(states)))
        .order_by(event.c.dossier_id, event.c.seq)
    ):
        states[row.dossier_id].past.append(Past(unpack_event(row.body), row.origin, row.digest))
        newest[row.dossier_id] = row.body
    for dossier_id, body in newest.items():
        state = states[dossier_id]
        state.head, state.stored = unpack_dossier(body), len(state.past)


def _load_lanes(connection: Connection, states: dict[UUID, State]) -> None:
    for row in connection.execute(sa.select(lane).where(lane.c.dossier_id.in_(list(states)))):
        states[row.dossier_id].lanes[row.system] = LaneRow(
            row.system, row.done_seq, Remote(**row.remote), row.born_here, row.via
        )
    for row in connection.execute(sa.select(todo).where(todo.c.dossier_id.in_(list(states)))):
        states[row.dossier_id].todos[row.system] = TodoRow(
            row.state, row.head_seq, row.reason, row.parked_for
        )


def route(state: State, targets: Targets, now: int, known_in: Sequence[Known] = ()) -> None:
    """Bring lanes and agenda of a changed dossier up to its newest event."""
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
    for target in targets.all:
        row = state.lanes.get(target.id)
        if row is not None and row.via is None and target.config.mode != "off":
            _agenda(state, row, target, targets, now)


def _agenda(state: State, row: LaneRow, target: Target, targets: Targets, now: int) -> None:
    told = [(past.event.seq, past.origin) for past in state.past]
    waits = _needs_code(state.dossier, target, targets)
    due = state.dossier.due
    place = rank(now, millis(due.at) if due is not None and due.at is not None else None)
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


def save(connection: Connection, states: Sequence[State], now: int) -> None:
    """Write everything that a group added."""
    touched = sorted((state for state in states if state.touched), key=lambda state: state.id)
    if not touched:
        return
    fresh = [state for state in touched if state.stored == 0]
    if fresh:
        connection.execute(
            dossier.insert(),
            [
                _row(state)
                | {
                    "created_at": now,
                    "updated_at": now,
                    "id": state.id,
                    "owner": state.owner,
                    "ref": state.ref,
                    "digest": state.digest,
                }
                for state in fresh
            ],
        )
    known = [state for state in touched if state.stored]
    if known:
        columns: dict[str, Any] = {name: sa.bindparam(f"{name}_") for name in _row(known[0])}
        connection.execute(
            dossier.update()
            .where(dossier.c.id == sa.bindparam("key"))
            .values(**columns, updated_at=now),
            [
                {f"{name}_": value for name, value in _row(state).items()} | {"key": state.id}
                for state in known
            ],
        )
    connection.execute(event.insert(), [row for state in touched for row in _events(state)])
    _save_lanes(connection, touched)


def _row(state: State) -> dict[str, Any]:
    head = state.dossier
    due = head.due.at if head.due is not None else None
    return {
        "environment": head.environment,
        "code": head.official_code,
        "agency": head.agencies.competent.code,
        "procedure": head.procedure.code,
        "status": head.status.value,
        "last_seq": len(state.past),
        "due_at": None if due is None else millis(due),
        "as_of": state.as_of,
    }


def _events(state: State) -> list[dict[str, Any]]:
    seq_of = {past.event.ref: past.event.seq for past in state.past}
    return [
        {
            "dossier_id": state.id,
            "seq": past.event.seq,
            "ref": past.event.ref,
            "kind": past.event.kind.value,
            "status": past.event.status.value,
            "origin": past.origin,
            "client": state.owner,
            "at": millis(past.event.occurred_at),
            "supersedes": seq_of.get(past.event.supersedes) if past.event.supersedes else None,
            "recorded_at": millis(past.event.recorded_at),
            "digest": past.digest,
            "key_id": 0,
            "body": pack(past.event, past.dossier or state.dossier),
        }
        for past in state.past[state.stored :]
    ]


def _save_lanes(connection: Connection, states: Sequence[State]) -> None:
    lanes = [
        {
            "dossier_id": state.id,
            "system": row.system,
            "done_seq": row.done_seq,
            "remote": asdict(row.remote),
            "born_here": row.born_here,
            "via": row.via,
        }
        for state in states
        for row in state.lanes.values()
        if row.new
    ]
    if lanes:
        connection.execute(lane.insert(), lanes)
    agenda = [
        {
            "dossier_id": state.id,
            "system": of,
            "state": row.state,
            "head_seq": row.head_seq,
            "reason": row.reason,
            **row.change,
        }
        for state in states
        for of, row in state.todos.items()
        if row.new
    ]
    if agenda:
        connection.execute(todo.insert(), agenda)
    for state in states:
        for of, row in state.todos.items():
            if not row.new and row.change:
                connection.execute(
                    todo.update()
                    .where(todo.c.dossier_id == state.id, todo.c.system == of)
                    .values(**row.change)
                )
