"""Dossiers as a group of requests needs them: found by what they are called, and read whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.dossiers.record import (
    DossierRecord,
    LaneRecord,
    OutboxRow,
    Place,
    RecordedEvent,
    Source,
    Twins,
    Whose,
)
from gateway.store.ledger.bodies import unpack_dossier, unpack_event
from gateway.store.tables import dossier, dossier_code, event, joined, lane, outbox
from schemas.outcome import Remote

MOST_TWINS = 5
"""A business may file hundreds under one procedure: the youngest are enough to flag one."""


@dataclass(frozen=True, slots=True)
class Found:
    """Dossiers that are known, and dossiers that those which are being opened may be."""

    ids: frozenset[UUID]
    twins: Twins


def find(
    connection: Connection,
    *,
    refs: Iterable[tuple[int, str]] = (),
    codes: Iterable[Place] = (),
    twins: Iterable[bytes] = (),
    since: int = 0,
) -> Found:
    """Find dossiers by client and its own key, or by any code; twins are younger than `since`.

    On PostgreSQL this is one question that stays the same, on SQLite each is written out.
    """
    own, places, sought = sorted({*refs}), sorted({*codes}), sorted({*twins})
    if not own and not places and not sought:
        return Found(frozenset(), {})
    if connection.dialect.name == "postgresql":
        asked = {
            "owners": [owner for owner, _ in own],
            "refs": [ref for _, ref in own],
            "places": [place for place, _ in places],
            "codes": [code for _, code in places],
            "twins": sought,
            "since": since,
        }
        rows = connection.execute(_FOUND, asked).all()
        known = frozenset(row.id for row in rows if row.twin is None)
        alike = sorted((row for row in rows if row.twin is not None), key=lambda row: row.id)
        return Found(known, _by_twin(alike))
    known = _known(connection, own, places) if own or places else frozenset()
    return Found(known, _alike(connection, sought, since) if sought else {})


Hidden = Callable[[UUID, Whose], bool]


def load(
    connection: Connection, wanted: Iterable[UUID], hidden: Hidden | None = None
) -> list[DossierRecord]:
    """Read dossiers by id, with all about them; they stay locked until the transaction ends.

    hidden: says of which nothing more is read, as if they were not there
    """
    ids = set(wanted)
    if not ids:
        return []
    rows = connection.execute(
        sa.select(dossier).where(dossier.c.id.in_(ids)).order_by(dossier.c.id).with_for_update()
    ).all()
    records = {
        row.id: DossierRecord(
            row.id,
            row.owner,
            row.ref,
            row.digest,
            row.as_of,
            row.merged_into,
            row.twin,
            row.by_agency,
        )
        for row in rows
    }
    if records:
        _load_sources(connection, records)
    for row in rows:
        if hidden is not None and hidden(row.id, _whose(row, records[row.id])):
            del records[row.id]
    if records:
        _load_codes(connection, records)
        _load_events(connection, records)
        _load_lanes(connection, records)
    return list(records.values())


def _whose(row: Any, record: DossierRecord) -> Whose:
    return Whose(
        environment=row.environment,
        owner=row.owner,
        sources={one.client: one.verified for one in record.joined.values()},
        by_agency=row.by_agency,
        competent=row.agency,
        receiving=row.receiving,
        helped=row.helped,
    )


def _alike(connection: Connection, sought: Sequence[bytes], since: int) -> Twins:
    found = connection.execute(
        sa.select(dossier.c.id, dossier.c.twin, dossier.c.environment)
        .where(
            dossier.c.twin.in_(sought),
            dossier.c.created_at >= since,
            dossier.c.merged_into.is_(None),
        )
        .order_by(dossier.c.id)
    )
    return {place: ids[-MOST_TWINS:] for place, ids in _by_twin(found).items()}


def _by_twin(rows: Iterable[Any]) -> Twins:
    found: Twins = {}
    for row in rows:
        found.setdefault((row.twin, row.environment), []).append(row.id)
    return found


def _known(
    connection: Connection, refs: Sequence[tuple[int, str]], codes: Sequence[Place]
) -> frozenset[UUID]:
    by_ref = sa.select(dossier.c.id).where(sa.tuple_(dossier.c.owner, dossier.c.ref).in_(refs))
    by_join = sa.select(joined.c.dossier_id).where(
        sa.tuple_(joined.c.client, joined.c.ref).in_(refs)
    )
    by_code = (
        sa.select(dossier_code.c.dossier_id)
        .join(dossier, dossier.c.id == dossier_code.c.dossier_id)
        .where(
            dossier_code.c.value.in_({code for _, code in codes}),
            sa.tuple_(dossier.c.environment, dossier_code.c.value).in_(codes),
        )
    )
    return frozenset(connection.execute(sa.union(by_ref, by_join, by_code)).scalars())


_REFS = "unnest(CAST(:owners AS integer[]), CAST(:refs AS text[])) AS v(owner, ref)"
_CODES = "unnest(CAST(:places AS text[]), CAST(:codes AS text[])) AS v(place, code)"
_NO_TWIN = "CAST(NULL AS bytea) AS twin, CAST(NULL AS text) AS environment"
_FOUND = sa.text(
    f"SELECT f.id, {_NO_TWIN} FROM {_REFS}, LATERAL ("  # noqa: S608 - constants
    "SELECT d.id FROM dossier d WHERE d.owner = v.owner AND d.ref = v.ref OFFSET 0) f "
    f"UNION ALL SELECT f.id, {_NO_TWIN} FROM {_REFS}, LATERAL ("
    "SELECT j.dossier_id AS id FROM joined j WHERE j.client = v.owner AND j.ref = v.ref "
    "OFFSET 0) f "
    f"UNION ALL SELECT f.id, {_NO_TWIN} FROM {_CODES}, LATERAL ("
    "SELECT d.id FROM dossier_code c JOIN dossier d ON d.id = c.dossier_id "
    "WHERE c.value = v.code AND d.environment = v.place OFFSET 0) f "
    "UNION ALL SELECT f.* FROM unnest(CAST(:twins AS bytea[])) AS v(twin), LATERAL ("
    "SELECT d.id, d.twin, d.environment FROM dossier d WHERE d.twin = v.twin "
    "AND d.created_at >= CAST(:since AS bigint) AND d.merged_into IS NULL "
    f"ORDER BY d.id DESC LIMIT {MOST_TWINS}) f"
)
"""Each is looked up by itself (`OFFSET 0` keeps it so): on tables that nobody has analysed yet the
server believes that most of a table is meant, and would read all of it for each group."""


def _load_sources(connection: Connection, records: dict[UUID, DossierRecord]) -> None:
    for row in connection.execute(sa.select(joined).where(joined.c.dossier_id.in_(list(records)))):
        records[row.dossier_id].joined[row.client] = Source(
            row.client, row.ref, row.digest, row.as_of, verified=row.verified
        )


def _load_codes(connection: Connection, records: dict[UUID, DossierRecord]) -> None:
    for row in connection.execute(
        sa.select(dossier_code).where(dossier_code.c.dossier_id.in_(list(records)))
    ):
        records[row.dossier_id].codes[row.value] = row.kind


def _load_events(connection: Connection, records: dict[UUID, DossierRecord]) -> None:
    newest: dict[UUID, bytes] = {}
    oldest: dict[UUID, bytes] = {}
    for row in connection.execute(
        sa.select(event.c.dossier_id, event.c.origin, event.c.digest, event.c.client, event.c.body)
        .where(event.c.dossier_id.in_(list(records)))
        .order_by(event.c.dossier_id, event.c.seq)
    ):
        records[row.dossier_id].recorded.append(
            RecordedEvent(unpack_event(row.body), row.origin, row.digest, row.client)
        )
        newest[row.dossier_id] = row.body
        oldest.setdefault(row.dossier_id, row.body)
    for dossier_id, body in newest.items():
        record = records[dossier_id]
        record.head, record.stored = unpack_dossier(body), len(record.recorded)
        record.opening = partial(unpack_dossier, oldest[dossier_id])


def _load_lanes(connection: Connection, records: dict[UUID, DossierRecord]) -> None:
    # Locked: a completion that ends the lane meanwhile would miss the event that is being added.
    for row in connection.execute(
        sa.select(outbox)
        .where(outbox.c.dossier_id.in_(list(records)))
        .order_by(outbox.c.dossier_id, outbox.c.system)
        .with_for_update()
    ):
        records[row.dossier_id].outbox[row.system] = OutboxRow(
            row.state, row.head_seq, row.reason, row.parked_for
        )
    # Read under those locks: what a completion made of a lane is seen with what it left to do.
    for row in connection.execute(sa.select(lane).where(lane.c.dossier_id.in_(list(records)))):
        records[row.dossier_id].lanes[row.system] = LaneRecord(
            row.system,
            row.done_seq,
            Remote(**row.remote),
            row.born_here,
            row.via,
            done_at=row.done_at,
            state=row.state,
            state_seq=row.state_seq,
        )
