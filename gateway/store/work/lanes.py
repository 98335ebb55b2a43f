"""Lanes at work: checkpoint, release, wake. A claim stands in `store.work.claims`.

All functions run inside one transaction of `Store.write` or `Store.read`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.rules.lane_states import ASKED, READY, WAITING
from gateway.store.dialect import now as db_now
from gateway.store.ledger import doubts
from gateway.store.tables import lane, outbox, system
from schemas.outcome import Remote


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A leased lane; `fence` proves the lease.

    suspect_since: when it became suspect, if its last try left it so (`rules.suspects`)
    """

    dossier_id: UUID
    system: int
    fence: int
    done_seq: int
    head_seq: int
    remote: Remote
    born_here: bool
    uncertainty: int
    tries: int
    failing_since: int | None
    suspect_since: int | None = None


def checkpoint(
    connection: Connection, one: Claim, remote: Remote, up_to: int, *, twice: bool = False
) -> bool:
    """Make a lane's progress durable in the middle of a conversation; False: the lease is lost.

    twice: what has been told up to here may stand twice
    """
    held = connection.execute(
        sa.select(outbox.c.fence)
        .where(
            outbox.c.dossier_id == one.dossier_id,
            outbox.c.system == one.system,
            outbox.c.fence == one.fence,
            outbox.c.lease_until.is_not(None),
        )
        .with_for_update()
    ).one_or_none()
    if held is None:
        return False
    connection.execute(
        lane.update()
        .where(lane.c.dossier_id == one.dossier_id, lane.c.system == one.system)
        .values(
            remote=remote.row(),
            done_at=db_now(connection),
            done_seq=sa.case((lane.c.done_seq < up_to, up_to), else_=lane.c.done_seq),
        )
    )
    if twice:
        doubts.mark(connection, one.system, {one.dossier_id: (one.done_seq + 1, up_to)})
    return True


def release(connection: Connection, claims: Sequence[Claim]) -> None:
    """Give back lanes of which nothing was sent, as if they had not been claimed."""
    for one in sorted(claims, key=lambda item: item.dossier_id):
        given = connection.execute(
            outbox.update()
            .where(
                outbox.c.dossier_id == one.dossier_id,
                outbox.c.system == one.system,
                outbox.c.fence == one.fence,
                outbox.c.lease_until.is_not(None),
            )
            .values(lease_until=None)
        ).rowcount
        if given:
            connection.execute(
                system.update()
                .where(system.c.id == one.system)
                .values(inflight=system.c.inflight - 1)
            )


def lapse_all(connection: Connection) -> int:
    """At the start of the only process: whoever held a lease is dead, and its linger begins now."""
    now = db_now(connection)
    return connection.execute(
        outbox.update()
        .where(outbox.c.state == READY, outbox.c.lease_until > now)
        .values(lease_until=now)
    ).rowcount


def wake(connection: Connection, waits: Sequence[tuple[UUID, int, int]]) -> int:
    """Turn these waits, as (dossier, system, fence), into ready ones if they still wait."""
    now = db_now(connection)
    woken = 0
    for dossier_id, of, fence in sorted(waits):
        woken += connection.execute(
            outbox.update()
            .where(
                outbox.c.dossier_id == dossier_id,
                outbox.c.system == of,
                outbox.c.fence == fence,
                outbox.c.state.in_((WAITING, ASKED)),
            )
            .values(state=READY, rank=now, wake_at=None)
        ).rowcount
    return woken


def wake_due(connection: Connection, of: int, overdue: int, limit: int = 1000) -> int:
    """Wake what should have woken `overdue` milliseconds ago: the sweeper's work."""
    now = db_now(connection)
    due = (
        sa.select(outbox.c.dossier_id)
        .where(
            outbox.c.system == of,
            outbox.c.state.in_((WAITING, ASKED)),
            outbox.c.wake_at <= now - overdue,
        )
        .order_by(outbox.c.wake_at)
        .limit(limit)
    )
    return connection.execute(
        outbox.update()
        .where(outbox.c.system == of, outbox.c.dossier_id.in_(due))
        .values(state=READY, rank=now, wake_at=None)
    ).rowcount
