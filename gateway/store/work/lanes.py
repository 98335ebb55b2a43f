"""Lanes at work: claim, checkpoint, release, wake.

A claim is committed before anything is sent: it is the record of intent. What a claimed lane has to
say is in `store.work.steps`, how its attempt ends in `store.work.settling`. All functions run
inside one transaction of `Store.write` or `Store.read`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.rules import gate as gates
from gateway.rules.lane_states import ASKED, PARKED, READY, WAITING
from gateway.rules.outcomes import MAY_STAND, MAY_STAND_TWICE, PARK_AFTER_LAPSES
from gateway.store import rows
from gateway.store.dialect import POSTGRES_NOW
from gateway.store.dialect import now as db_now
from gateway.store.ledger import attempts
from gateway.store.tables import counter, lane, outbox, system
from gateway.store.work.gate_lock import Entry
from schemas.outcome import Remote


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On what terms lanes of one system are claimed; times in milliseconds."""

    system: int
    worker: str
    adapter: str
    at_once: int
    lease: int
    linger: int
    appends: bool
    parks_doubt: bool  # on_uncertain = "park"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A leased lane; `fence` proves the lease."""

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


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a claim found, and in how many milliseconds it is worth looking again.

    lowest: the lowest rank that was met; cost: milliseconds that the search took
    only_lapsed: no place was free, and only lanes of the dead were looked for
    barred: milliseconds for which news need make nobody look: the gate is shut, or its places are
    taken
    """

    claims: tuple[Claim, ...]
    look_again: int
    lowest: int | None = None
    cost: float = 0.0
    only_lapsed: bool = False
    barred: int = 0


_PICK = (
    sa.select(
        outbox.c.dossier_id,
        outbox.c.head_seq,
        outbox.c.uncertainty,
        outbox.c.tries,
        outbox.c.expired_leases,
        outbox.c.fence,
        outbox.c.worker,
        outbox.c.lease_until,
        outbox.c.failing_since,
        outbox.c.rank,
        lane.c.done_seq,
        lane.c.remote,
        lane.c.born_here,
    )
    .join(lane, sa.and_(lane.c.dossier_id == outbox.c.dossier_id, lane.c.system == outbox.c.system))
    .where(
        outbox.c.state == READY,
        outbox.c.system == sa.bindparam("of"),
        outbox.c.rank >= sa.bindparam("since"),
        sa.or_(outbox.c.lease_until.is_(None), outbox.c.lease_until < sa.bindparam("lapsed")),
    )
    .order_by(outbox.c.rank)
    .limit(sa.bindparam("limit"))
    .with_for_update(skip_locked=True, of=outbox)
)

LOWEST_RANK = -(2**62)
FRESH = 2000
"""Milliseconds for which a lane that became ready is found, wherever a search begins: one that was
committed last may have the lower rank, and searches over the last seconds are never dear."""
_PICK_LAPSED = _PICK.where(outbox.c.lease_until.is_not(None))

FULL = 100
"""Milliseconds for which a worker believes that others have taken all places of an open gate: they
fill what they free, and its own it knows of."""
LOOK_AGAIN = 1000
"""Milliseconds after which a worker looks again when nothing has woken it."""

_KEY = sa.and_(outbox.c.dossier_id == sa.bindparam("d"), outbox.c.system == sa.bindparam("s"))

_PARK = (
    outbox.update()
    .where(_KEY)
    .values(
        state=PARKED,
        lease_until=None,
        reason=sa.bindparam("reason_"),
        cause=sa.bindparam("reason_"),
        parked_for=sa.bindparam("for_"),
        expired_leases=sa.bindparam("expired_"),
        uncertainty=sa.bindparam("uncertainty_"),
    )
)


def next_numbers(connection: Connection, name: str, count: int) -> int:
    """Take `count` numbers of a sequence; give the first."""
    taken = connection.execute(
        counter.update()
        .where(counter.c.name == name)
        .values(value=counter.c.value + count)
        .returning(counter.c.value)
    ).scalar_one_or_none()
    if taken is None:
        connection.execute(counter.insert().values(name=name, value=count))
        taken = count
    return int(taken) - count + 1


def next_fence(connection: Connection) -> int:
    """Take a fencing token, greater than any taken before in the lane it is for."""
    if connection.dialect.name == "postgresql":
        return int(connection.execute(sa.text("SELECT nextval('fence')")).scalar_one())
    return next_numbers(connection, "fence", 1)


Picked = tuple[Any, int, int]
"""A row of the outbox, its new fence, and when it was locked."""


def _pick(connection: Connection, asked: dict[str, int], *, lapsed: bool) -> list[Picked]:
    """Lock lanes, and give each with a fencing token and the time, both drawn under its lock."""
    if connection.dialect.name == "postgresql":
        drawn = connection.execute(_DRAW_LAPSED if lapsed else _DRAW, asked).all()
        return [(row, row.new_fence, row.now) for row in drawn]
    found = connection.execute(_PICK_LAPSED if lapsed else _PICK, asked).all()
    if not found:
        return []
    first, now = next_numbers(connection, "fence", len(found)), db_now(connection)
    return [(row, first + place, now) for place, row in enumerate(found)]


def _drawn(pick: sa.Select[Any]) -> sa.Select[Any]:
    # Around the limit: a token for each row that was locked, and none for those passed over.
    fence = sa.literal_column("nextval('fence')", sa.BigInteger).label("new_fence")
    now = sa.literal_column(POSTGRES_NOW, sa.BigInteger).label("now")
    return sa.select(pick.subquery(), fence, now)


_DRAW, _DRAW_LAPSED = _drawn(_PICK), _drawn(_PICK_LAPSED)


def claim(
    connection: Connection,
    terms: Terms,
    limit: int,
    at: Entry,
    *,
    reclaim: bool = True,
    since: int | None = None,
) -> Claimed:
    """Lease the next ready lanes of the system that was entered, as many as its gate lets pass.

    With `reclaim`, lapsed lanes are taken over too when no place is free: each still holds its own.
    Such a search steps over all that waits, so it is not for every turn.
    since: look only at this rank and above, over what has been claimed and settled already; what is
    fresh is looked at in any case
    """
    now = at.now
    if at.held_by is not None:
        return Claimed((), LOOK_AGAIN, barred=LOOK_AGAIN)
    free = min(limit, gates.places(at.gate, at.until, at.inflight, now, terms.at_once))
    shut = at.gate.state == "closed" and now < at.until
    look_again = max(1, min(at.until - now, LOOK_AGAIN)) if shut else LOOK_AGAIN
    barred = 0 if free else look_again if at.gate.state != "open" else FULL
    if shut or not (free or reclaim):
        return Claimed((), look_again, barred=barred)
    begun = time.perf_counter()
    asked = {
        "of": terms.system,
        "lapsed": now - terms.linger,
        "limit": free or limit,
        "since": LOWEST_RANK if since is None else min(since, now - FRESH),
    }
    found = _pick(connection, asked, lapsed=not free)
    cost = (time.perf_counter() - begun) * 1000
    if not found:
        return Claimed((), look_again, cost=cost, only_lapsed=not free, barred=barred)
    claims, leases, lapsed = _lease(connection, terms, found)
    if lapsed:
        attempts.write(connection, lapsed)
    fresh = sum(1 for row, _, _ in found if row.lease_until is None)
    at.inflight += fresh - (len(found) - len(claims))  # less what was parked
    at.gate, at.changed = gates.claimed(at.gate), True
    writing = rows.Writing(connection)
    writing.update(outbox, ("dossier_id", "system"), leases)
    at.leave(writing)
    writing.write()
    return Claimed(tuple(claims), 0, min(row.rank for row, _, _ in found), cost, not free)


def _lease(
    connection: Connection, terms: Terms, found: Sequence[Picked]
) -> tuple[list[Claim], list[dict[str, object]], list[attempts.Attempt]]:
    """Give each lane a fence; a lapsed one is doubtful, and at the third time it is parked."""
    claims: list[Claim] = []
    leases: list[dict[str, object]] = []
    lapsed: list[attempts.Attempt] = []
    for row, fence, now in found:
        expired = row.lease_until is not None
        expired_leases = row.expired_leases + expired
        uncertainty = max(
            row.uncertainty, (MAY_STAND_TWICE if terms.appends else MAY_STAND) if expired else 0
        )
        key = {
            "d": row.dossier_id,
            "s": terms.system,
            "expired_": expired_leases,
            "uncertainty_": uncertainty,
        }
        if expired:
            lapsed.append(
                attempts.lapsed(
                    row.dossier_id,
                    terms.system,
                    row.done_seq + 1,
                    row.head_seq,
                    fence=row.fence,
                    worker=row.worker,
                    at=row.lease_until,
                    adapter=terms.adapter,
                )
            )
            if expired_leases >= PARK_AFTER_LAPSES:
                connection.execute(_PARK, key | {"reason_": "lapsed", "for_": "integrator"})
                continue
            if terms.appends and terms.parks_doubt:
                connection.execute(_PARK, key | {"reason_": "may_stand_once", "for_": "operator"})
                continue
        claims.append(
            Claim(
                dossier_id=row.dossier_id,
                system=terms.system,
                fence=fence,
                done_seq=row.done_seq,
                head_seq=row.head_seq,
                remote=Remote(**row.remote),
                born_here=row.born_here,
                uncertainty=uncertainty,
                tries=row.tries,
                failing_since=row.failing_since,
            )
        )
        leases.append(
            {
                "dossier_id": row.dossier_id,
                "system": terms.system,
                "fence": fence,
                "lease_until": now + terms.lease,
                "worker": terms.worker,
                "uncertainty": uncertainty,
                "expired_leases": expired_leases,
            }
        )
    return claims, leases, lapsed


def checkpoint(connection: Connection, one: Claim, remote: Remote, up_to: int) -> bool:
    """Make a lane's progress durable in the middle of a conversation; False: the lease is lost."""
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


def next_wake(connection: Connection, of: int) -> int | None:
    """Say in how many milliseconds the next wait of a system ends; None: nothing waits."""
    at = connection.execute(
        sa.select(sa.func.min(outbox.c.wake_at)).where(
            outbox.c.system == of, outbox.c.state.in_((WAITING, ASKED))
        )
    ).scalar_one()
    return None if at is None else max(0, at - db_now(connection))
