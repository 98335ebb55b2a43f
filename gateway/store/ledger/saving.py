"""Writing what a group added to its dossiers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.engine import Connection

from gateway.dossiers.record import State, known_codes, millis
from gateway.store import rows
from gateway.store.ledger.bodies import pack
from gateway.store.tables import dossier, dossier_code, event, joined, lane, todo


def save(connection: Connection, states: Sequence[State], now: int) -> None:
    """Write everything that a group added."""
    touched = sorted((state for state in states if state.touched), key=lambda state: state.id)
    if not touched:
        return
    writing = rows.Writing(connection)
    fresh = [state for state in touched if state.stored == 0]
    if fresh:
        writing.insert(
            dossier,
            [
                _row(state)
                | {
                    "created_at": now,
                    "updated_at": now,
                    "id": state.id,
                    "owner": state.owner,
                    "ref": state.ref,
                    "digest": state.digest,
                    "twin": state.twin,
                }
                for state in fresh
            ],
        )
    known = [state for state in touched if state.stored]
    changes = [_row(state) | {"id": state.id, "updated_at": now} for state in known]
    writing.update(dossier, ("id",), changes)
    writing.insert(event, [row for state in touched for row in _events(state)])
    _save_lanes(connection, writing, touched)
    _save_sources(connection, writing, touched, now)
    writing.write()


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
        "merged_into": state.merged_into,
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
            "client": past.client,
            "at": millis(past.event.occurred_at),
            "supersedes": seq_of.get(past.event.supersedes) if past.event.supersedes else None,
            "recorded_at": millis(past.event.recorded_at),
            "digest": past.digest,
            "key_id": 0,
            "body": pack(past.event, past.dossier or state.dossier),
        }
        for past in state.past[state.stored :]
    ]


def _save_lanes(connection: Connection, writing: rows.Writing, states: Sequence[State]) -> None:
    lanes = [
        {
            "dossier_id": state.id,
            "system": row.system,
            "done_seq": row.done_seq,
            "remote": row.remote.row(),
            "born_here": row.born_here,
            "via": row.via,
        }
        for state in states
        for row in state.lanes.values()
        if row.new
    ]
    writing.insert(lane, lanes)
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
    writing.insert(todo, agenda)
    for state in states:
        for of, row in state.todos.items():
            if not row.new and row.change:
                connection.execute(
                    todo.update()
                    .where(todo.c.dossier_id == state.id, todo.c.system == of)
                    .values(**row.change)
                )


def _save_sources(
    connection: Connection, writing: rows.Writing, states: Sequence[State], now: int
) -> None:
    """Write further sources, and the codes by which the dossiers are known from now on."""
    for state in states:
        for source in state.joined.values():
            row = {"digest": source.digest, "as_of": source.as_of}
            if source.new:
                connection.execute(
                    joined.insert().values(
                        client=source.client,
                        ref=source.ref,
                        dossier_id=state.id,
                        joined_at=now,
                        **row,
                    )
                )
            else:
                connection.execute(
                    joined.update()
                    .where(joined.c.client == source.client, joined.c.ref == source.ref)
                    .values(**row)
                )
    codes = [
        {"value": value, "dossier_id": state.id, "kind": kind}
        for state in states
        for value, kind in known_codes(state.dossier).items()
        if value not in state.codes
    ]
    writing.insert(dossier_code, codes)
