"""Letting a closed gate be probed before its time: by hand, or since our settings were mended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.rules.gate import Gate
from gateway.rules.lane_states import READY, WAITING
from gateway.rules.outcomes import CERTAIN
from gateway.store.dialect import now as db_now
from gateway.store.ledger.attempts import RETRIED
from gateway.store.tables import attempt, outbox, system


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A gate as it was found, and whether a lane is ready to be tried.

    held_by: who holds it
    waiting, wakes_at: how many lanes wait out their time, and until when the first of them does
    """

    number: int
    gate: Gate
    until: int
    now: int
    held_by: str | None = None
    lanes: bool = True
    waiting: int = 0
    wakes_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """The newest try of a system's lanes: whose it was, what came of it, and why."""

    dossier: str
    outcome: str
    why: str | None
    ended_at: int


def let_probe(connection: Connection, name: str) -> Found | None:
    """Let a closed gate be probed at once; None: no gateway has started with this system yet.

    Where nothing is ready, what waits longest is; nothing whose last try may still land.
    """
    row = connection.execute(
        sa.select(system).where(system.c.name == name).with_for_update()
    ).one_or_none()
    if row is None:
        return None
    now, gate = db_now(connection), Gate.from_row(row.gate)
    found = Found(number=row.id, gate=gate, until=row.gate_until, now=now, held_by=row.held_by)
    if row.held_by is not None or gate.state == "open":
        return found
    lanes = _ready(connection, row.id) or _wake_one(connection, row.id, now)
    if gate.state == "closed":
        connection.execute(
            system.update().where(system.c.id == row.id).values(gate_until=min(row.gate_until, now))
        )
    if lanes:
        return found
    waiting, wakes_at = _waiting(connection, row.id)
    return replace(found, lanes=False, waiting=waiting, wakes_at=wakes_at)


def look(connection: Connection, number: int) -> Found:
    """See how the gate stands now."""
    row = connection.execute(sa.select(system).where(system.c.id == number)).one()
    gate = Gate.from_row(row.gate)
    return Found(
        number=number,
        gate=gate,
        until=row.gate_until,
        now=db_now(connection),
        held_by=row.held_by,
    )


def newest(connection: Connection, found: Found) -> Tried | None:
    """Find the newest try among the lanes that the gate heard of last."""
    lanes = {UUID(name) for name, _ in found.gate.recent[-3:]}
    row = connection.execute(
        sa.select(attempt)
        .where(
            attempt.c.system == found.number,
            attempt.c.dossier_id.in_(lanes),
            attempt.c.outcome != RETRIED,
        )
        .order_by(attempt.c.ended_at.desc(), attempt.c.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    why = None if row.outcome in {"refused", "cannot_express"} else row.detail.get("why")
    return Tried(dossier=str(row.dossier_id), outcome=row.outcome, why=why, ended_at=row.ended_at)


OURS = frozenset({"blocked", "suspects"})
"""Why a gate closed for which our settings may be to blame."""


def let_probe_mended(connection: Connection, digests: Mapping[int, str]) -> list[str]:
    """Let gates be probed at once that closed under other settings of ours; give their names.

    digests: of the settings as they are now, by system
    """
    let: list[str] = []
    rows = connection.execute(sa.select(system).order_by(system.c.id).with_for_update()).all()
    now = db_now(connection)
    for row in rows:
        gate, digest = Gate.from_row(row.gate), digests.get(row.id)
        if digest is None or gate.state == "open" or gate.why not in OURS or gate.terms == digest:
            continue
        mended = replace(gate, closures=0, terms=digest)
        connection.execute(
            system.update()
            .where(system.c.id == row.id)
            .values(gate=mended.row(), gate_until=min(row.gate_until, now))
        )
        if not _ready(connection, row.id):
            _wake_one(connection, row.id, now)
        let.append(row.name)
    return let


def _ready(connection: Connection, of: int) -> bool:
    ready = sa.select(outbox.c.dossier_id).where(outbox.c.system == of, outbox.c.state == READY)
    return connection.execute(ready.limit(1)).first() is not None


def _waiting(connection: Connection, of: int) -> tuple[int, int | None]:
    """Count what waits although nothing may be woken: its last try may still land."""
    row = connection.execute(
        sa.select(sa.func.count(), sa.func.min(outbox.c.wake_at)).where(
            outbox.c.system == of, outbox.c.state == WAITING, outbox.c.wake_at.is_not(None)
        )
    ).one()
    return row[0], row[1]


WOKEN = 500
"""Lanes that are woken in one transaction."""


def wake_certain(connection: Connection, of: int) -> int:
    """Make lanes ready that wait since they failed, as their system is there again; how many."""
    return _wake(connection, of, db_now(connection), WOKEN)


def _wake_one(connection: Connection, of: int, now: int) -> bool:
    """Make the lane ready that was to wake next."""
    return _wake(connection, of, now, 1) == 1


def _wake(connection: Connection, of: int, now: int, most: int) -> int:
    """Make those ready that were to wake next; none whose last try may still land."""
    waiting = (
        sa.select(outbox.c.dossier_id)
        .where(
            outbox.c.system == of,
            outbox.c.state == WAITING,
            outbox.c.wake_at.is_not(None),
            outbox.c.uncertainty <= CERTAIN,
        )
        .order_by(outbox.c.wake_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    chosen = list(connection.execute(waiting).scalars())
    if chosen:
        connection.execute(
            outbox.update()
            .where(outbox.c.system == of, outbox.c.dossier_id.in_(chosen))
            .values(state=READY, rank=now, wake_at=None)
        )
    return len(chosen)
