"""Letting lanes go again because an operator says so: choose, make ready, see what came of it.

What is chosen is fixed by its fence and state: a lane that has moved meanwhile is left alone. Times
in milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.rules.gate import Gate
from gateway.rules.lane_states import PARKED, READY, UNTOLD, WAITING
from gateway.rules.outcomes import ALL_MAY_STAND_TWICE, MAY_STAND
from gateway.rules.schedule import rank
from gateway.rules.waves import Shut
from gateway.store.dialect import now as db_now
from gateway.store.ledger import attempts
from gateway.store.ledger.attempts import RETRIED
from gateway.store.tables import attempt, dossier, lane, outbox, system
from gateway.store.work.operating import PASSED
from gateway.store.work.parked import last_try, of_cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which lanes an operator means; what is None does not narrow it."""

    dossier: UUID | None = None
    cause: str | None = None
    system: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A lane as it was when it was chosen.

    doubt: as it is to be from now on, `tried`: when its last try ended, known for doubtful ones
    """

    dossier_id: UUID
    system: int
    name: str
    state: int
    fence: int | None
    uncertainty: int
    cause: str
    due: int | None
    tried: int | None


_DOUBTFUL = sa.case(
    # A lane is parked for these with what came of its last try, and its doubt as before that try.
    # Whoever lets it go has looked: it is sent, whatever a look-up leaves open.
    (outbox.c.reason == "may_stand_once", ALL_MAY_STAND_TWICE),
    (outbox.c.cause == "too_many_failures:uncertain", MAY_STAND),
    else_=0,
)


def choose(connection: Connection, choice: Choice) -> list[Chosen]:
    """Choose what is parked, and what waits for its next try, in order of due time and age.

    What waits for the official code stays: without it there is nothing to send. What is not told as
    a setting says goes where its cause or its dossier is named: the setting may be another by now.
    """
    uncertainty = sa.case((outbox.c.uncertainty > _DOUBTFUL, outbox.c.uncertainty), else_=_DOUBTFUL)
    waits = sa.and_(outbox.c.state == WAITING, outbox.c.wake_at.is_not(None))
    stuck = outbox.c.state == PARKED
    if choice.dossier is not None or choice.cause is not None:
        stuck = outbox.c.state.in_((PARKED, UNTOLD))
    wanted = [sa.or_(stuck, waits)]
    if choice.dossier is not None:
        wanted.append(outbox.c.dossier_id == choice.dossier)
    if choice.system is not None:
        wanted.append(system.c.name == choice.system)
    if choice.cause is not None:
        parked = sa.and_(stuck, of_cause(choice.cause))
        wanted.append(sa.or_(parked, sa.and_(waits, outbox.c.reason == choice.cause)))
    rows = connection.execute(
        sa.select(
            outbox.c.dossier_id,
            outbox.c.system,
            system.c.name,
            outbox.c.state,
            outbox.c.fence,
            uncertainty.label("uncertainty"),
            sa.case(
                (outbox.c.state.in_((PARKED, UNTOLD)), outbox.c.cause), else_=outbox.c.reason
            ).label("cause"),
            dossier.c.due_at.label("due"),
            sa.case((uncertainty > 0, last_try())).label("tried"),
        )
        .join(system, system.c.id == outbox.c.system)
        .join(dossier, dossier.c.id == outbox.c.dossier_id)
        .where(*wanted)
        .order_by(
            dossier.c.due_at.nulls_last(), outbox.c.since, outbox.c.dossier_id, outbox.c.system
        )
    ).mappings()
    return [Chosen(**row) for row in rows]


def dossier_exists(connection: Connection, dossier_id: UUID) -> bool:
    """Say whether there is such a dossier at all."""
    found = connection.execute(sa.select(dossier.c.id).where(dossier.c.id == dossier_id))
    return found.one_or_none() is not None


Left = Literal["moved", "resting"]
"""Why a lane was not made ready: it is no longer as it was chosen; what was sent may still land."""


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a wave that was to be made ready: each lane with its fence, or why not."""

    ready: dict[UUID, int]
    left: dict[UUID, Left]


def make_ready(
    connection: Connection, wave: Sequence[Chosen], *, linger: int, by: str, why: str
) -> Made:
    """Make a wave of lanes of one system ready, in its order, and note in the ledger who did it.

    A doubtful lane rests for `linger` after its last try: until then their side may still act on
    what was sent, and a look-up that does not find it proves nothing.
    """
    now = db_now(connection)
    held = _lock(connection, wave)
    made = Made({}, {})
    changes: list[dict[str, Any]] = []
    lines: list[attempts.Attempt] = []
    for place, one in enumerate(wave):
        row = held.get(one.dossier_id)
        if row is None or (row.state, row.fence) != (one.state, one.fence):
            made.left[one.dossier_id] = "moved"
            continue
        if one.uncertainty and one.tried is not None and now < one.tried + linger:
            made.left[one.dossier_id] = "resting"
            continue
        made.ready[one.dossier_id] = one.fence or 0
        key = {"d": one.dossier_id, "s": one.system}
        changes.append(key | {"rank_": rank(now, one.due) + place, "uncertainty_": one.uncertainty})
        detail = {"was": one.cause, "why": why}
        lines.append(
            attempts.retried(
                one.dossier_id,
                one.system,
                row.done_seq + 1,
                row.head_seq,
                fence=one.fence or 0,
                by=by,
                at=now,
                detail=detail,
            )
        )
    if changes:
        connection.execute(_READY, changes)
        attempts.write(connection, lines)
    return made


_READY = (
    outbox.update()
    .where(outbox.c.dossier_id == sa.bindparam("d"), outbox.c.system == sa.bindparam("s"))
    .values(
        state=READY,
        rank=sa.bindparam("rank_"),
        uncertainty=sa.bindparam("uncertainty_"),
        wake_at=None,
        tries=0,
        expired_leases=0,
        failing_since=None,
        reason=None,
        cause=None,
        parked_for=None,
        detail=None,
    )
)


def _lock(connection: Connection, wave: Sequence[Chosen]) -> dict[UUID, Any]:
    """Lock the outbox's rows in the order in which everybody locks them."""
    rows = connection.execute(
        sa.select(
            outbox.c.dossier_id, outbox.c.state, outbox.c.fence, outbox.c.head_seq, lane.c.done_seq
        )
        .join(
            lane,
            sa.and_(lane.c.dossier_id == outbox.c.dossier_id, lane.c.system == outbox.c.system),
        )
        .where(
            outbox.c.system == wave[0].system,
            outbox.c.dossier_id.in_([one.dossier_id for one in wave]),
        )
        .order_by(outbox.c.dossier_id)
        .with_for_update(of=outbox)
    )
    return {row.dossier_id: row for row in rows}


def outcomes(connection: Connection, of: int, ready: dict[UUID, int]) -> dict[UUID, str]:
    """Say what came of lanes since they had these fences: the word of the first try that counts.

    A dossier that has been deleted meanwhile is `gone`.
    """
    if not ready:
        return {}
    tries = connection.execute(
        sa.select(attempt.c.dossier_id, attempt.c.fence, attempt.c.outcome)
        .where(
            attempt.c.system == of,
            attempt.c.dossier_id.in_(ready),
            attempt.c.fence > min(ready.values()),
            attempt.c.late.is_(sa.false()),
            attempt.c.outcome != RETRIED,
        )
        .order_by(attempt.c.id.desc())
    )
    found = {row.dossier_id: row.outcome for row in tries if row.fence > ready[row.dossier_id]}
    missing = [one for one in ready if one not in found]
    there = connection.execute(
        sa.select(outbox.c.dossier_id).where(
            outbox.c.system == of, outbox.c.dossier_id.in_(missing)
        )
    ).scalars()
    # What is on neither list may have been completed between the two reads: the next look finds it.
    absent = set(missing) - set(there)
    still = set(
        connection.execute(sa.select(dossier.c.id).where(dossier.c.id.in_(absent))).scalars()
    )
    return found | dict.fromkeys(absent - still, "gone")


def passed(outcome: str) -> bool:
    """Say whether a try went through."""
    return outcome in PASSED


HELD = 2**62
"""The end of a hold: nobody knows it."""


def shut(connection: Connection, of: int) -> Shut:
    """See whether a system's gate is closed, or somebody holds it."""
    row = connection.execute(
        sa.select(system.c.gate, system.c.gate_until, system.c.held_by).where(system.c.id == of)
    ).one()
    if row.held_by is not None:
        return Shut(closed=True, until=HELD)
    return Shut(Gate.from_row(row.gate).state == "closed", row.gate_until)


def held(connection: Connection) -> dict[str, str]:
    """Say who holds which system."""
    rows = connection.execute(
        sa.select(system.c.name, system.c.held_by).where(system.c.held_by.is_not(None))
    )
    return {row.name: row.held_by for row in rows}
