"""What clients and operators read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.dossiers.evidence import Evidence
from gateway.rules.agencies import OLD_GROUPS, path_of
from gateway.rules.gate import Gate
from gateway.rules.lane_states import ASKED, PARKED, READY, WAITING
from gateway.store.dialect import now as db_now
from gateway.store.ledger import evidence
from gateway.store.ledger.bodies import unpack_json
from gateway.store.tables import (
    attempt,
    dossier,
    dossier_code,
    event,
    file,
    joined,
    lane,
    outbox,
    system,
)
from gateway.store.tables import evidence as evidence_table

STATES = {READY: "ready", WAITING: "waiting", PARKED: "parked", ASKED: "asked"}
MOST_ATTEMPTS = 200


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: a client, its agencies, and the clients whose dossiers belong to an agency."""

    client: int
    environment: str
    agencies: tuple[str, ...]
    newcomers: frozenset[int]


def visible(viewer: Viewer) -> sa.ColumnElement[bool]:
    """Say which dossiers a client may see: its own, joined ones, and newcomers of its agencies."""
    sources = sa.select(joined.c.dossier_id).where(joined.c.client == viewer.client)
    either = [dossier.c.owner == viewer.client, dossier.c.id.in_(sources)]
    if viewer.newcomers:
        places = [_below(root) for root in viewer.agencies]
        either.append(sa.and_(dossier.c.owner.in_(viewer.newcomers), sa.or_(sa.false(), *places)))
    return sa.and_(dossier.c.environment == viewer.environment, sa.or_(*either))


def _below(root: str) -> sa.ColumnElement[bool]:
    """Say `gateway.rules.agencies.within` in SQL."""
    if root == "*":
        return sa.true()
    agency = dossier.c.agency
    generation, path = path_of(root)
    if generation == "qd20":
        below = agency.startswith(f"{root}.", autoescape=True)
        return sa.or_(agency == root, sa.and_(below, sa.not_(_OLD)))
    if not path:
        return _OLD
    tail = ".".join(reversed(path))
    return sa.or_(agency == root, sa.and_(agency.endswith(f".{tail}", autoescape=True), _OLD))


_OLD = sa.and_(
    sa.func.length(dossier.c.agency) - sa.func.length(sa.func.replace(dossier.c.agency, ".", ""))
    == OLD_GROUPS - 1,
    sa.func.substr(dossier.c.agency, 4, 1) == ".",
    sa.func.rtrim(sa.func.substr(dossier.c.agency, 1, 3), "0123456789") == "",
)
"""Says `path_of` in SQL: an older code has four groups, the first of three digits."""


def find_dossier(connection: Connection, viewer: Viewer, dossier_id: UUID) -> dict[str, Any] | None:
    """Give a dossier as of its newest version, with its events and the evidence on it."""
    rows = connection.execute(
        sa.select(event.c.body, event.c.origin)
        .join(dossier, dossier.c.id == event.c.dossier_id)
        .where(dossier.c.id == dossier_id, visible(viewer))
        .order_by(event.c.seq)
    ).all()
    if not rows:
        return None
    events = [
        unpack_json(row.body)[0] | ({"origin": row.origin} if row.origin else {}) for row in rows
    ]
    found = unpack_json(rows[-1].body)[1] | {"events": events}
    against = evidence.of_dossier(connection, dossier_id)
    if against:
        found["evidence"] = [_shown(one) for one in against]
        flags = [
            {"code": "contradicted", "by": one.source.partition(":")[2][:100], "pointer": pointer}
            for one in against
            for pointer in one.pointers[:1]
        ]
        found["data_quality"] = [*found.get("data_quality", []), *flags]
    into = connection.execute(
        sa.select(dossier.c.merged_into).where(dossier.c.id == dossier_id)
    ).scalar_one()
    return found | ({"merged_into": str(into)} if into is not None else {})


def _shown(one: Evidence) -> dict[str, Any]:
    return {
        "source": one.source,
        "ref": one.ref,
        "why": one.why,
        "at": one.at,
        "pointers": list(one.pointers),
        "said": one.body,
    }


def search(
    connection: Connection,
    viewer: Viewer,
    *,
    code: str | None,
    ref: str | None,
    status: str | None,
    updated_after: int | None,
    after: tuple[int, UUID] | None,
    limit: int,
) -> list[Any]:
    """Find dossiers that a client may see, oldest change first, beyond the last page's place."""
    query = sa.select(
        dossier.c.id,
        dossier.c.ref,
        dossier.c.code,
        dossier.c.status,
        dossier.c.procedure,
        dossier.c.last_seq,
        dossier.c.updated_at,
    ).where(visible(viewer))
    if code is not None:
        named = sa.select(dossier_code.c.dossier_id).where(dossier_code.c.value == code)
        query = query.where(dossier.c.id.in_(named))
    for column, value in ((dossier.c.ref, ref), (dossier.c.status, status)):
        if value is not None:
            query = query.where(column == value)
    if updated_after is not None:
        query = query.where(dossier.c.updated_at > updated_after)
    if after is not None:
        query = query.where(
            sa.tuple_(dossier.c.updated_at, dossier.c.id)
            > sa.tuple_(sa.literal(after[0]), sa.literal(after[1], sa.Uuid()))
        )
    return list(connection.execute(query.order_by(dossier.c.updated_at, dossier.c.id).limit(limit)))


def ledger(connection: Connection, viewer: Viewer, dossier_id: UUID) -> dict[str, Any] | None:
    """Give what each system holds of a dossier, what remains, and every try."""
    head = connection.execute(
        sa.select(dossier.c.last_seq).where(dossier.c.id == dossier_id, visible(viewer))
    ).scalar_one_or_none()
    if head is None:
        return None
    lanes = (
        connection.execute(
            sa.select(
                system.c.name,
                lane.c.done_seq,
                lane.c.done_at,
                lane.c.via,
                lane.c.born_here,
                outbox.c.state,
                outbox.c.wake_at,
                outbox.c.tries,
                outbox.c.reason,
                outbox.c.parked_for,
                outbox.c.detail,
                outbox.c.lease_until,
                outbox.c.since,
            )
            .join(system, system.c.id == lane.c.system)
            .outerjoin(
                outbox,
                sa.and_(outbox.c.dossier_id == lane.c.dossier_id, outbox.c.system == lane.c.system),
            )
            .where(lane.c.dossier_id == dossier_id)
            .order_by(system.c.name)
        )
        .mappings()
        .all()
    )
    tries = (
        connection.execute(
            sa.select(attempt, system.c.name)
            .join(system, system.c.id == attempt.c.system)
            .where(attempt.c.dossier_id == dossier_id)
            .order_by(attempt.c.id.desc())
            .limit(MOST_ATTEMPTS)
        )
        .mappings()
        .all()
    )
    return {
        "version": head,
        "lanes": [dict(row) for row in lanes],
        "attempts": [dict(row) for row in tries],
    }


def systems(connection: Connection) -> list[dict[str, Any]]:
    """Give every system's gate and how many lanes are in which state."""
    counted: dict[str, dict[str, int]] = {}
    for name, state, count, _ in counts(connection):
        counted.setdefault(name, {})[state] = count
    causes: dict[str, dict[str, int]] = {}
    for row in connection.execute(
        sa.select(system.c.name, outbox.c.cause, sa.func.count().label("many"))
        .join(system, system.c.id == outbox.c.system)
        .where(outbox.c.state == PARKED)
        .group_by(system.c.name, outbox.c.cause)
    ):
        causes.setdefault(row.name, {})[row.cause] = row.many
    now = db_now(connection)
    return [
        {
            "name": row.name,
            "gate": (gate := Gate.from_row(row.gate)).state,
            "gate_why": gate.why,
            "gate_seconds": max(0, row.gate_until - now) / 1000 if gate.state == "closed" else 0,
            "window": gate.window,
            "inflight": row.inflight,
            "held_by": row.held_by,
            "held_why": row.held_why,
            "lanes": counted.get(row.name, {}),
            "parked": causes.get(row.name, {}),
        }
        for row in connection.execute(sa.select(system).order_by(system.c.name))
    ]


def counts(connection: Connection) -> list[tuple[str, str, int, float]]:
    """Count lanes by system and state, with the age of the oldest in seconds."""
    now = db_now(connection)
    return [
        (row.name, STATES[row.state], row.many, max(0, now - row.since) / 1000)
        for row in connection.execute(
            sa.select(
                system.c.name,
                outbox.c.state,
                sa.func.count().label("many"),
                sa.func.min(outbox.c.since).label("since"),
            )
            .join(system, system.c.id == outbox.c.system)
            .group_by(system.c.name, outbox.c.state)
        )
    ]


def keep_file(connection: Connection, client: int, sha256: bytes, size: int, kind: str) -> bool:
    """Note that a client uploaded a file; False: it had already."""
    known = connection.execute(
        sa.select(file.c.size).where(file.c.client == client, file.c.sha256 == sha256)
    ).one_or_none()
    if known is not None:
        return False
    connection.execute(
        file.insert().values(
            client=client, sha256=sha256, size=size, media_type=kind, created_at=db_now(connection)
        )
    )
    return True


def find_file(connection: Connection, client: int, sha256: bytes) -> Any:
    """Find a client's file."""
    return connection.execute(
        sa.select(file.c.size, file.c.media_type).where(
            file.c.client == client, file.c.sha256 == sha256
        )
    ).one_or_none()


def any_file(connection: Connection, sha256: bytes) -> Any:
    """Find a file, whoever uploaded it."""
    return connection.execute(
        sa.select(file.c.size, file.c.media_type).where(file.c.sha256 == sha256).limit(1)
    ).one_or_none()


def delete_sandbox(connection: Connection, client: int) -> int:
    """Delete all of a client's sandbox dossiers; give their number."""
    ids = sa.select(dossier.c.id).where(
        dossier.c.owner == client, dossier.c.environment == "sandbox"
    )
    leased = connection.execute(
        sa.select(outbox.c.system, sa.func.count())
        .where(outbox.c.dossier_id.in_(ids), outbox.c.lease_until.is_not(None))
        .group_by(outbox.c.system)
    ).all()
    for number, count in leased:  # their places are free again
        connection.execute(
            system.update().where(system.c.id == number).values(inflight=system.c.inflight - count)
        )
    for table in (attempt, outbox, lane, event, evidence_table, dossier_code, joined):
        connection.execute(table.delete().where(table.c.dossier_id.in_(ids)))
    return connection.execute(
        dossier.delete().where(dossier.c.owner == client, dossier.c.environment == "sandbox")
    ).rowcount


def can_commit(connection: Connection) -> None:
    """Change nothing in a way that needs the disk."""
    connection.execute(system.update().where(system.c.id == -1).values(inflight=0))
