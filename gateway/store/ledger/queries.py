"""What clients and operators read: the door to this room for whoever only looks."""

from __future__ import annotations

from collections.abc import Container
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.dossiers.evidence import Evidence
from gateway.rules.gate import Gate
from gateway.rules.lane_states import NAMES, PARKED
from gateway.rules.lane_states import SHOWN as STATES_ASIDE
from gateway.store.dialect import now as db_now
from gateway.store.feed import Cursor, Outdated
from gateway.store.ledger import evidence, own_states
from gateway.store.ledger.bodies import named_files, unpack_json
from gateway.store.ledger.conflicts import CONTESTING
from gateway.store.ledger.listing import Page, heads, search
from gateway.store.ledger.visibility import Viewer, visible
from gateway.store.tables import (
    attempt,
    dossier,
    dossier_code,
    event,
    file,
    joined,
    lane,
    outbox,
    plan_lane,
    row_taken,
    system,
)
from gateway.store.tables import evidence as evidence_table

__all__ = [
    "STATES",
    "STATES_ASIDE",
    "Cursor",
    "Outdated",
    "Page",
    "Viewer",
    "agency_counts",
    "any_file",
    "can_commit",
    "counts",
    "delete_files",
    "delete_sandbox",
    "dossier_file",
    "find_dossier",
    "find_file",
    "keep_file",
    "ledger",
    "search",
    "stored",
    "systems",
]

STATES = NAMES
MOST_ATTEMPTS = 200


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
        found["evidence"] = [_shown(one, viewer) for one in against]
    unsure = {
        f"client:{number}"
        for number in connection.execute(
            sa.select(joined.c.client).where(
                joined.c.dossier_id == dossier_id, sa.not_(joined.c.verified)
            )
        ).scalars()
    }
    flags = [
        *_seen(connection, viewer, found.get("data_quality", [])),
        *(
            {"code": UNSURE if one.why == UNSURE else "contradicted", "by": by, "pointer": pointer}
            for one in against
            if one.why != UNSURE or one.source in unsure
            for by in [one.source.partition(":")[2][:100]]
            for pointer in [at for at in one.pointers if not at.startswith(OWN_WORDS)][:1]
        ),
        *_without_state(found, against),
        *_conflicts(connection, dossier_id, found),
    ]
    found["data_quality"] = flags
    own_ref = (
        connection.execute(
            sa.select(joined.c.ref).where(
                joined.c.dossier_id == dossier_id, joined.c.client == viewer.client
            )
        )
        .scalars()
        .first()
    )
    if own_ref is not None and own_ref != str(dossier_id):  # else it came by an act, not by a ref
        found["source"] = {"ref": own_ref}
    into = connection.execute(
        sa.select(dossier.c.merged_into).where(dossier.c.id == dossier_id)
    ).scalar_one()
    return found | ({"merged_into": str(into)} if into is not None else {})


OWN_WORDS = ("/source/system", "/source/raw")
"""What a source says of itself contradicts nobody."""
WITHOUT_STATE = "time_without_state"
CLOSING_TIMES = frozenset({"/refused_at", "/finished_at", "/returned_at"})


def _without_state(found: dict[str, Any], against: list[Evidence]) -> list[dict[str, Any]]:
    """Flag the closing times of rows that made no version which could bear the flag."""
    rows = (one for one in against if one.why == WITHOUT_STATE)
    pointers = {at: None for one in rows for at in one.pointers if at in CLOSING_TIMES}
    flags = found.get("data_quality", [])
    held = {one.get("pointer") for one in flags if one["code"] == WITHOUT_STATE}
    return [{"code": WITHOUT_STATE, "pointer": at} for at in pointers if at not in held]


UNSURE = "owner_unverified"
"""Evidence of whoever may mean another citizen: only that source reads what it said."""


def _shown(one: Evidence, viewer: Viewer) -> dict[str, Any]:
    shown = {"source": one.source, "ref": one.ref, "why": one.why, "at": one.at}
    shown["pointers"] = list(one.pointers)
    if one.why == UNSURE and not (viewer.everything or viewer.by_agency):
        return shown | {"ref": "", "said": {}}
    return shown | {"said": one.body}


def _seen(connection: Connection, viewer: Viewer, flags: list[Any]) -> list[Any]:
    """Leave out that a dossier may be one that the viewer may not read."""
    others = {UUID(flag["by"]) for flag in flags if flag["code"] == "possible_duplicate"}
    if not others:
        return flags
    may = set(
        connection.execute(
            sa.select(dossier.c.id).where(dossier.c.id.in_(others), visible(viewer))
        ).scalars()
    )
    return [
        flag for flag in flags if flag["code"] != "possible_duplicate" or UUID(flag["by"]) in may
    ]


def _conflicts(
    connection: Connection, dossier_id: UUID, found: dict[str, Any]
) -> list[dict[str, Any]]:
    """Flag the codes that another open dossier has too; whose that is, is not said."""
    mine, other, theirs = dossier_code.alias(), dossier_code.alias(), dossier.alias()
    values = (
        connection.execute(
            sa.select(mine.c.value)
            .join(other, sa.and_(other.c.value == mine.c.value, other.c.dossier_id != dossier_id))
            .join(theirs, theirs.c.id == other.c.dossier_id)
            .where(
                mine.c.dossier_id == dossier_id,
                mine.c.kind.in_(CONTESTING),
                other.c.kind.in_(CONTESTING),
                theirs.c.merged_into.is_(None),
                theirs.c.voided.is_(False),
                theirs.c.environment == found["environment"],
            )
            .distinct()
        )
        .scalars()
        .all()
    )
    return [
        {"code": "code_conflict", "pointer": _pointer(found, value)} for value in sorted(values)
    ]


def _pointer(found: dict[str, Any], value: str) -> str:
    if found.get("official_code") == value:
        return "/official_code"
    if (found.get("origin") or {}).get("code") == value:
        return "/origin/code"
    for index, one in enumerate(found.get("codes", [])):
        if one["value"] == value:
            return f"/codes/{index}/value"
    return "/codes"


def ledger(
    connection: Connection, viewer: Viewer, dossier_id: UUID, timed: Container[str] = ()
) -> dict[str, Any] | None:
    """Give what each system holds of a dossier, what remains, and every try.

    timed: procedures of whose dossiers the newest version is read too
    """
    wanted = (dossier.c.last_seq, dossier.c.voided, dossier.c.merged_into, dossier.c.procedure)
    head = connection.execute(
        sa.select(*wanted).where(dossier.c.id == dossier_id, visible(viewer))
    ).one_or_none()
    if head is None:
        return None
    lanes = (
        connection.execute(
            sa.select(
                system.c.name,
                system.c.gate,
                system.c.gate_until,
                lane.c.done_seq,
                lane.c.done_at,
                lane.c.via,
                lane.c.born_here,
                lane.c.doubled,
                lane.c.state.label("own_state"),
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
        "version": head.last_seq,
        "voided": head.voided,
        "merged_into": head.merged_into,
        "head": heads(connection, [dossier_id] if head.procedure in timed else []),
        "lanes": [dict(row) for row in lanes],
        "attempts": [dict(row) for row in tries],
    }


def systems(connection: Connection) -> list[dict[str, Any]]:
    """Give every system's gate and how many lanes are in which state."""
    counted: dict[str, dict[str, int]] = {}
    for name, state, count, _ in counts(connection):
        counted.setdefault(name, {})[state] = count
    aside = own_states.counted(connection)
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
            "gate_since": gate.since,
            "gate_by": gate.by,
            "gate_call": gate.call,
            "gate_seconds": max(0, row.gate_until - now) / 1000 if gate.state == "closed" else 0,
            "window": gate.window,
            "inflight": row.inflight,
            "held_by": row.held_by,
            "held_why": row.held_why,
            "lanes": own_states.shown(counted.get(row.name, {}), aside.get(row.id, {})),
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


def agency_counts(connection: Connection, viewer: Viewer) -> dict[str, Any]:
    """Count what a viewer sees by state, for each agency in each of its three parts."""
    roles = {
        "competent": dossier.c.agency,
        "receiving": dossier.c.receiving,
        "helped": dossier.c.helped,
    }
    found: dict[str, Any] = {}
    for role, column in roles.items():
        rows = connection.execute(
            sa.select(column.label("agency"), dossier.c.status, sa.func.count().label("many"))
            .where(visible(viewer), column.is_not(None), dossier.c.merged_into.is_(None))
            .where(dossier.c.voided.is_(False))
            .group_by(column, dossier.c.status)
            .order_by(column, dossier.c.status)
        )
        counted: dict[str, dict[str, int]] = {}
        for row in rows:
            counted.setdefault(row.agency, {})[row.status] = row.many
        found[role] = counted
    return found


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


def stored(connection: Connection, client: int) -> int:
    """Say how many bytes of files a client has stored."""
    total = sa.select(sa.func.sum(file.c.size)).where(file.c.client == client)
    return int(connection.execute(total).scalar_one() or 0)


def find_file(connection: Connection, client: int, sha256: bytes) -> Any:
    """Find a client's file."""
    return connection.execute(
        sa.select(file.c.size, file.c.media_type).where(
            file.c.client == client, file.c.sha256 == sha256
        )
    ).one_or_none()


def dossier_file(connection: Connection, viewer: Viewer, dossier_id: UUID, sha256: str) -> Any:
    """Find a file that a dossier names, where the dossier may be seen; who uploaded it is one.

    One that no client of the dossier uploaded is not given: to know a hash is no right to a file.
    """
    bodies = connection.execute(
        sa.select(event.c.body)
        .join(dossier, dossier.c.id == event.c.dossier_id)
        .where(dossier.c.id == dossier_id, visible(viewer))
        .order_by(event.c.seq.desc())
    ).scalars()
    named = any(sha256 in set(named_files(unpack_json(body))) for body in bodies)
    if not named:
        return None
    sources = sa.union(
        sa.select(dossier.c.owner).where(dossier.c.id == dossier_id),
        sa.select(joined.c.client).where(joined.c.dossier_id == dossier_id, joined.c.verified),
    )
    return connection.execute(
        sa.select(file.c.size, file.c.media_type)
        .where(file.c.sha256 == bytes.fromhex(sha256), file.c.client.in_(sources))
        .limit(1)
    ).one_or_none()


def any_file(connection: Connection, sha256: bytes) -> Any:
    """Find a file, whoever uploaded it."""
    return connection.execute(
        sa.select(file.c.size, file.c.media_type).where(file.c.sha256 == sha256).limit(1)
    ).one_or_none()


def delete_files(connection: Connection, client: int) -> list[str]:
    """Forget a client's files that no dossier it is a source of names; name those of nobody else.

    Called when its own dossiers are gone: what is left belongs to others, who joined it.
    """
    shared = sa.select(joined.c.dossier_id).where(joined.c.client == client)
    bodies = connection.execute(sa.select(event.c.body).where(event.c.dossier_id.in_(shared)))
    named = {sha256 for body in bodies.scalars() for sha256 in named_files(unpack_json(body))}
    mine = connection.execute(sa.select(file.c.sha256).where(file.c.client == client)).scalars()
    gone = [one for one in mine if one.hex() not in named]
    orphans = []
    for part in (gone[at : at + 500] for at in range(0, len(gone), 500)):
        connection.execute(file.delete().where(file.c.client == client, file.c.sha256.in_(part)))
        kept = set(
            connection.execute(sa.select(file.c.sha256).where(file.c.sha256.in_(part))).scalars()
        )
        orphans += [one.hex() for one in part if one not in kept]
    return orphans


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
    for table in (
        attempt,
        outbox,
        lane,
        plan_lane,
        event,
        evidence_table,
        dossier_code,
        joined,
        row_taken,
    ):
        connection.execute(table.delete().where(table.c.dossier_id.in_(ids)))
    return connection.execute(
        dossier.delete().where(dossier.c.owner == client, dossier.c.environment == "sandbox")
    ).rowcount


def can_commit(connection: Connection) -> None:
    """Change nothing in a way that needs the disk."""
    connection.execute(system.update().where(system.c.id == -1).values(inflight=0))
