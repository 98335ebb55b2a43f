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
    again: bool = False
    """Told already, and told again by a resend, line by line: each of them then stands twice."""
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
        # A row goes by its time: one of a later number may be confirmed before the first is.
        last = max(up_to, one.done_seq + 1)
        doubts.mark(connection, one.system, {one.dossier_id: (one.done_seq + 1, last)})
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
    if connection.dialect.name == "postgresql":
        dossiers, systems, fences = zip(*waits, strict=True) if waits else ((), (), ())
        named = {"dossiers": list(dossiers), "systems": list(systems), "fences": list(fences)}
        return connection.execute(_WAKE, named | {"now": now}).rowcount
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


_WAKE = sa.text(
    f"""
    WITH woken AS (
        SELECT o.dossier_id, o.system FROM outbox AS o
        JOIN unnest(CAST(:dossiers AS uuid[]), CAST(:systems AS integer[]),
                    CAST(:fences AS bigint[])) AS v(dossier_id, system, fence)
            ON o.dossier_id = v.dossier_id AND o.system = v.system AND o.fence = v.fence
        WHERE o.state IN ({WAITING}, {ASKED}) ORDER BY o.dossier_id, o.system FOR UPDATE OF o
    )
    UPDATE outbox AS t SET state = {READY}, rank = :now, wake_at = NULL FROM woken
    WHERE t.dossier_id = woken.dossier_id AND t.system = woken.system
    """  # noqa: S608 - our own numbers
)
"""One statement whatever their number, and the rows locked in one order."""


@dataclass(frozen=True, slots=True)
class Swept:
    """How many waits a sweep ended: those that a retry should have ended, and those of nobody."""

    missed: int
    unheld: int

    @property
    def woken(self) -> int:
        """Give how many lanes became ready."""
        return self.missed + self.unheld


def wake_due(
    connection: Connection, of: int, overdue: int, missed: int | None = None, limit: int = 1000
) -> Swept:
    """Wake what should have woken `overdue` milliseconds ago: the sweeper's work.

    missed: the same for waits that stand on a rung, which the retries hold
    """
    now = db_now(connection)
    due = (
        sa.select(outbox.c.dossier_id)
        .where(
            outbox.c.system == of,
            outbox.c.state.in_((WAITING, ASKED)),
            outbox.c.wake_at <= now - overdue,
            sa.or_(
                outbox.c.rung.is_(None),
                outbox.c.wake_at <= now - (overdue if missed is None else missed),
            ),
        )
        .order_by(outbox.c.wake_at)
        .limit(limit)
    )
    rungs = connection.execute(
        outbox.update()
        .where(outbox.c.system == of, outbox.c.dossier_id.in_(due))
        .values(state=READY, rank=now, wake_at=None)
        .returning(outbox.c.rung)
    ).scalars()
    held = [rung is not None for rung in rungs]
    return Swept(sum(held), len(held) - sum(held))
