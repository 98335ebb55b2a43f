"""The claim: ready lanes are leased, as many as their system's gate lets pass.

It is committed before anything is sent: it is the record of intent. What a claimed lane has to say
is in `store.work.steps`, how its attempt ends in `store.work.completion`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.dossiers.limits import Limits
from gateway.rules import gate as gates
from gateway.rules import leases
from gateway.rules.lane_states import PARKED, READY
from gateway.rules.outcomes import SUSPECT
from gateway.store import counters, rows
from gateway.store.dialect import POSTGRES_NOW
from gateway.store.dialect import now as db_now
from gateway.store.ledger import attempts
from gateway.store.tables import lane, outbox
from gateway.store.work.gate_lock import SystemLock
from gateway.store.work.lanes import Claim
from schemas.outcome import Remote


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
        outbox.c.reason,
        outbox.c.rank,
        outbox.c.again_from,
        outbox.c.again_lines,
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
_PICK_OTHERS = _PICK.where(outbox.c.reason.is_distinct_from(SUSPECT))

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


Picked = tuple[Any, int, int]
"""A row of the outbox, its new fence, and when it was locked."""


def _pick(
    connection: Connection, asked: dict[str, int], *, lapsed: bool, probing: bool
) -> list[Picked]:
    """Lock lanes, and give each with a fencing token and the time, both drawn under its lock.

    A probe takes a lane that is not suspect, if there is one: only another shows whose fault it is.
    """
    if probing and not lapsed:
        others = _lock(connection, asked, _PICK_OTHERS, _DRAW_OTHERS)
        return others or _lock(connection, asked, _PICK, _DRAW)
    if lapsed:
        return _lock(connection, asked, _PICK_LAPSED, _DRAW_LAPSED)
    return _lock(connection, asked, _PICK, _DRAW)


def _lock(
    connection: Connection, asked: dict[str, int], pick: sa.Select[Any], draw: sa.Select[Any]
) -> list[Picked]:
    if connection.dialect.name == "postgresql":
        drawn = connection.execute(draw, asked).all()
        return [(row, row.new_fence, row.now) for row in drawn]
    found = connection.execute(pick, asked).all()
    if not found:
        return []
    first, now = counters.take_numbers(connection, "fence", len(found)), db_now(connection)
    return [(row, first + place, now) for place, row in enumerate(found)]


def _drawn(pick: sa.Select[Any]) -> sa.Select[Any]:
    # Around the limit: a token for each row that was locked, and none for those passed over.
    fence = sa.literal_column("nextval('fence')", sa.BigInteger).label("new_fence")
    now = sa.literal_column(POSTGRES_NOW, sa.BigInteger).label("now")
    return sa.select(pick.subquery(), fence, now)


_DRAW, _DRAW_LAPSED, _DRAW_OTHERS = map(_drawn, (_PICK, _PICK_LAPSED, _PICK_OTHERS))


def claim(
    connection: Connection,
    limits: Limits,
    limit: int,
    lock: SystemLock,
    *,
    reclaim: bool = True,
    since: int | None = None,
) -> Claimed:
    """Lease the next ready lanes of the system that was entered, as many as its gate lets pass.

    With `reclaim`, lapsed lanes are taken over too when no place is free: each still holds its own.
    Such a search steps over all that waits, so it is not for every turn.
    since: look only at this rank and above, over what was claimed and completed already; what is
    fresh is looked at in any case
    """
    now = lock.now
    if lock.held_by is not None:
        return Claimed((), LOOK_AGAIN, barred=LOOK_AGAIN)
    free = min(limit, gates.places(lock.gate, lock.until, lock.inflight, now, limits.at_once))
    shut = lock.gate.state == "closed" and now < lock.until
    if limits.shadow:  # nothing is sent: no answer could open a gate, or widen it
        free, shut = min(limit, max(0, limits.at_once - lock.inflight)), False
    look_again = max(1, min(lock.until - now, LOOK_AGAIN)) if shut else LOOK_AGAIN
    barred = 0 if free else look_again if lock.gate.state != "open" else FULL
    if shut or not (free or reclaim):
        return Claimed((), look_again, barred=barred)
    begun = time.perf_counter()
    asked = {
        "of": limits.system,
        "lapsed": now - limits.quarantine,
        "limit": free or limit,
        "since": LOWEST_RANK if since is None else min(since, now - FRESH),
    }
    found = _pick(connection, asked, lapsed=not free, probing=lock.gate.state != "open")
    cost = (time.perf_counter() - begun) * 1000
    if not found:
        return Claimed((), look_again, cost=cost, only_lapsed=not free, barred=barred)
    claims, leases, lapsed = _lease(connection, limits, found)
    if lapsed:
        attempts.write(connection, lapsed)
    fresh = sum(1 for row, _, _ in found if row.lease_until is None)
    lock.inflight += fresh - (len(found) - len(claims))  # less what was parked
    lock.changed = True
    if not limits.shadow:
        lock.gate = gates.claimed(lock.gate)
    writing = rows.Writing(connection)
    writing.update(outbox, ("dossier_id", "system"), leases)
    lock.write_to(writing)
    writing.write()
    return Claimed(tuple(claims), 0, min(row.rank for row, _, _ in found), cost, not free)


def _lease(
    connection: Connection, limits: Limits, found: Sequence[Picked]
) -> tuple[list[Claim], list[dict[str, object]], list[attempts.Attempt]]:
    """Lease each lane under its fence, or park it; a lapsed lease stands in the ledger."""
    claims: list[Claim] = []
    leased: list[dict[str, object]] = []
    lapsed: list[attempts.Attempt] = []
    for row, fence, now in found:
        expired = row.lease_until is not None
        if expired:
            lapsed.append(_lapsed(row, limits))
        decided = leases.lease(
            expired=expired,
            uncertainty=row.uncertainty,
            expired_leases=row.expired_leases,
            appends=limits.appends,
            parks_uncertain=limits.on_uncertain == "park" and not limits.looks_up,
        )
        if isinstance(decided, leases.Withheld):
            _park(connection, row, limits.system, decided)
            continue
        claims.append(_claim(row, limits.system, fence, decided.uncertainty))
        leased.append(
            {
                "dossier_id": row.dossier_id,
                "system": limits.system,
                "fence": fence,
                "lease_until": now + limits.lease,
                "worker": limits.worker,
                "uncertainty": decided.uncertainty,
                "expired_leases": decided.expired_leases,
            }
        )
    return claims, leased, lapsed


def _claim(row: Any, of: int, fence: int, uncertainty: int) -> Claim:
    done, remote = row.done_seq, Remote(**row.remote)
    if row.again_from is not None:  # a resend: from there on it is told as if it had not been
        done = min(done, row.again_from - 1)
        if row.again_lines:
            remote = replace(remote, line=min(remote.line, done))
    return Claim(
        dossier_id=row.dossier_id,
        system=of,
        fence=fence,
        done_seq=done,
        head_seq=row.head_seq,
        remote=remote,
        born_here=row.born_here,
        uncertainty=uncertainty,
        tries=row.tries,
        failing_since=row.failing_since,
        again=bool(row.again_lines),
        suspect_since=row.failing_since if row.reason == SUSPECT else None,
    )


def _lapsed(row: Any, limits: Limits) -> attempts.Attempt:
    return attempts.lapsed(
        row.dossier_id,
        limits.system,
        row.done_seq + 1,
        row.head_seq,
        fence=row.fence,
        worker=row.worker,
        at=row.lease_until,
        adapter=limits.adapter,
    )


def _park(connection: Connection, row: Any, of: int, decided: leases.Withheld) -> None:
    connection.execute(
        _PARK,
        {
            "d": row.dossier_id,
            "s": of,
            "reason_": decided.reason,
            "for_": decided.owner,
            "expired_": decided.expired_leases,
            "uncertainty_": decided.uncertainty,
        },
    )
