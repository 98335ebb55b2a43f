"""Writing what a group added to its dossiers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.engine import Connection

from gateway.dossiers.record import DossierRecord, known_codes, millis
from gateway.store import feed, rows
from gateway.store.ledger.bodies import pack
from gateway.store.tables import dossier, dossier_code, event, joined, lane, outbox


def save(connection: Connection, records: Sequence[DossierRecord], now: int) -> None:
    """Write everything that a group added."""
    touched = sorted((record for record in records if record.touched), key=lambda record: record.id)
    if not touched:
        return
    writing = rows.Writing(connection)
    changed = {"updated_at": now, "feed": feed.stamp(connection)}
    fresh = [record for record in touched if record.stored == 0]
    if fresh:
        writing.insert(
            dossier,
            [
                _row(record)
                | changed
                | {
                    "created_at": now,
                    "id": record.id,
                    "owner": record.owner,
                    "ref": record.ref,
                    "digest": record.digest,
                    "twin": record.twin,
                    "by_agency": record.by_agency,
                }
                for record in fresh
            ],
        )
    known = [record for record in touched if record.stored]
    changes = [_row(record) | {"id": record.id} | changed for record in known]
    writing.update(dossier, ("id",), changes)
    writing.insert(event, [row for record in touched for row in _events(record)])
    save_lanes(connection, writing, touched)
    _save_sources(connection, writing, touched, now)
    writing.write()


def _row(record: DossierRecord) -> dict[str, Any]:
    head = record.dossier
    due = head.due.at if head.due is not None else None
    return {
        "environment": head.environment,
        "code": head.official_code,
        "agency": head.agencies.competent.code,
        "receiving": head.agencies.receiving.code if head.agencies.receiving else None,
        "helped": head.agencies.helped.code if head.agencies.helped else None,
        "procedure": head.procedure.code,
        "status": head.status.value,
        "last_seq": len(record.recorded),
        "due_at": None if due is None else millis(due),
        "as_of": record.as_of,
        "merged_into": record.merged_into,
        "voided": head.voided,
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


def save_lanes(
    connection: Connection, writing: rows.Writing, records: Sequence[DossierRecord]
) -> None:
    """Write what was changed of lanes and outbox."""
    lanes = [
        {
            "dossier_id": record.id,
            "system": row.system,
            "done_seq": row.done_seq,
            "remote": row.remote.row(),
            "born_here": row.born_here,
            "via": row.via,
            "state": row.state,
            "state_seq": row.state_seq,
        }
        for record in records
        for row in record.lanes.values()
        if row.new
    ]
    writing.insert(lane, lanes)
    for record in records:
        for known in record.lanes.values():
            if known.changed and not known.new:
                connection.execute(
                    lane.update()
                    .where(lane.c.dossier_id == record.id, lane.c.system == known.system)
                    .values(
                        remote=known.remote.row(),
                        born_here=known.born_here,
                        done_seq=known.done_seq,
                        state=known.state,
                        state_seq=known.state_seq,
                    )
                )
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
    """Write further sources, and forget those that meant somebody else."""
    for record in records:
        for source in record.parted:  # before the same ref joins another dossier
            connection.execute(
                joined.delete().where(joined.c.client == source.client, joined.c.ref == source.ref)
            )
    for record in records:
        for source in record.joined.values():
            row = {
                "digest": source.digest,
                "as_of": source.as_of,
                "verified": source.verified,
            }
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
    _save_codes(connection, writing, records)


TAKEN_BACK = frozenset({"claimed", "official"})
"""Kinds of codes that a dossier is no longer found by once it has them no more."""


def _save_codes(
    connection: Connection, writing: rows.Writing, records: Sequence[DossierRecord]
) -> None:
    """Write by which codes dossiers are known, and as what; forget claims taken back."""
    new = []
    for record in records:
        now = known_codes(record.dossier)
        gone = {
            value
            for value, kind in record.codes.items()
            if now.get(value, kind) != kind or (value not in now and kind in TAKEN_BACK)
        }
        if gone:
            connection.execute(
                dossier_code.delete().where(
                    dossier_code.c.dossier_id == record.id, dossier_code.c.value.in_(gone)
                )
            )
        new += [
            {"value": value, "dossier_id": record.id, "kind": kind}
            for value, kind in now.items()
            if value not in record.codes or value in gone
        ]
    writing.insert(dossier_code, new)
