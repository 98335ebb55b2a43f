"""Writing what a group added to its dossiers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.engine import Connection

from gateway.dossiers.record import DossierRecord, known_codes, millis
from gateway.store import rows
from gateway.store.ledger.bodies import pack
from gateway.store.tables import dossier, dossier_code, event, joined, lane, outbox


def save(connection: Connection, records: Sequence[DossierRecord], now: int) -> None:
    """Write everything that a group added."""
    touched = sorted((record for record in records if record.touched), key=lambda record: record.id)
    if not touched:
        return
    writing = rows.Writing(connection)
    fresh = [record for record in touched if record.stored == 0]
    if fresh:
        writing.insert(
            dossier,
            [
                _row(record)
                | {
                    "created_at": now,
                    "updated_at": now,
                    "id": record.id,
                    "owner": record.owner,
                    "ref": record.ref,
                    "digest": record.digest,
                    "twin": record.twin,
                }
                for record in fresh
            ],
        )
    known = [record for record in touched if record.stored]
    changes = [_row(record) | {"id": record.id, "updated_at": now} for record in known]
    writing.update(dossier, ("id",), changes)
    writing.insert(event, [row for record in touched for row in _events(record)])
    _save_lanes(connection, writing, touched)
    _save_sources(connection, writing, touched, now)
    writing.write()


def _row(record: DossierRecord) -> dict[str, Any]:
    head = record.dossier
    due = head.due.at if head.due is not None else None
    return {
        "environment": head.environment,
        "code": head.official_code,
        "agency": head.agencies.competent.code,
        "procedure": head.procedure.code,
        "status": head.status.value,
        "last_seq": len(record.recorded),
        "due_at": None if due is None else millis(due),
        "as_of": record.as_of,
        "merged_into": record.merged_into,
    }


def _events(record: DossierRecord) -> list[dict[str, Any]]:
    seq_of = {past.event.ref: past.event.seq for past in record.recorded}
    return [
        {
            "dossier_id": record.id,
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
            "body": pack(past.event, past.dossier or record.dossier),
        }
        for past in record.recorded[record.stored :]
    ]


def _save_lanes(
    connection: Connection, writing: rows.Writing, records: Sequence[DossierRecord]
) -> None:
    lanes = [
        {
            "dossier_id": record.id,
            "system": row.system,
            "done_seq": row.done_seq,
            "remote": row.remote.row(),
            "born_here": row.born_here,
            "via": row.via,
        }
        for record in records
        for row in record.lanes.values()
        if row.new
    ]
    writing.insert(lane, lanes)
    entries = [
        {
            "dossier_id": record.id,
            "system": of,
            "state": row.state,
            "head_seq": row.head_seq,
            "reason": row.reason,
            **row.change,
        }
        for record in records
        for of, row in record.outbox.items()
        if row.new
    ]
    writing.insert(outbox, entries)
    for record in records:
        for of, row in record.outbox.items():
            if not row.new and row.change:
                connection.execute(
                    outbox.update()
                    .where(outbox.c.dossier_id == record.id, outbox.c.system == of)
                    .values(**row.change)
                )


def _save_sources(
    connection: Connection, writing: rows.Writing, records: Sequence[DossierRecord], now: int
) -> None:
    """Write further sources, and the codes by which the dossiers are known from now on."""
    for record in records:
        for source in record.joined.values():
            row = {"digest": source.digest, "as_of": source.as_of}
            if source.new:
                connection.execute(
                    joined.insert().values(
                        client=source.client,
                        ref=source.ref,
                        dossier_id=record.id,
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
        {"value": value, "dossier_id": record.id, "kind": kind}
        for record in records
        for value, kind in known_codes(record.dossier).items()
        if value not in record.codes
    ]
    writing.insert(dossier_code, codes)
