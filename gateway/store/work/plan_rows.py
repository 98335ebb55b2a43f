"""Plans: a backfill or a resend as rows, so that any process may carry it on, and none doubles it.

What is chosen is written down once; each wave is let go, and what came of it noted, in transactions
of their own. A lane that has moved since it was chosen is left alone. Times in milliseconds.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from uuid_utils.compat import uuid7

from gateway.store import rows
from gateway.store.dialect import now as db_now
from gateway.store.ledger.attempts import RETRIED
from gateway.store.tables import attempt, outbox, plan, plan_lane, system
from gateway.store.work.operating import PASSED

Kind = Literal["backfill", "resend"]
State = Literal["making", "running", "stopped", "done"]
SAID = frozenset({RETRIED, "lapsed", "settled"})
"""Lines of the ledger that say nothing of how a wave went: another try follows, or none was made"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A lane as it was when it was chosen. was: shadowed, off, added, widened, or delivered."""

    dossier_id: UUID
    was: str
    seq: int
    from_seq: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan as it stands; counts: its lanes by state (chosen, gone, passed, failed, waits, moved).

    why: for what it stopped, or what it waits for; failed: the outcomes of what failed
    """

    id: UUID
    kind: Kind
    system: int
    name: str
    made_by: str
    reason: str
    made_at: int
    choice: Mapping[str, Any]
    lines_again: bool
    state: State
    why: str | None
    wave: int
    step: int
    counts: Mapping[str, int]
    failed: Mapping[str, int]

    @property
    def size(self) -> int:
        """Say how many lanes it is about."""
        return sum(self.counts.values())


def make(
    connection: Connection,
    kind: Kind,
    of: int,
    *,
    by: str,
    reason: str,
    choice: Mapping[str, Any],
    lines_again: bool = False,
) -> UUID:
    """Begin to write a plan down; nobody carries it out before `start`."""
    made: UUID = uuid7()
    now = db_now(connection)
    connection.execute(
        plan.insert().values(
            id=made,
            kind=kind,
            system=of,
            made_by=by,
            reason=reason,
            made_at=now,
            choice=dict(choice),
            lines_again=lines_again,
            state="making",
            wave=0,
            step=0,
            changed_at=now,
        )
    )
    return made


def add(connection: Connection, which: UUID, members: Sequence[Member], first: int) -> None:
    """Write down the next lanes of a plan that is being made, from this place on."""
    rows.insert(
        connection,
        plan_lane,
        [
            {
                "plan": which,
                "dossier_id": one.dossier_id,
                "place": place,
                "was": one.was,
                "seq": one.seq,
                "from_seq": one.from_seq,
                "state": "chosen",
            }
            for place, one in enumerate(members, first)
        ],
    )


def start(connection: Connection, which: UUID) -> None:
    """Say that a plan is complete: whoever leads begins with it."""
    change(connection, which, state="running")


def found(connection: Connection, *, only: UUID | None = None, running: bool = False) -> list[Plan]:
    """Give plans as they stand, the newest first."""
    wanted = sa.select(plan, system.c.name).join(system, system.c.id == plan.c.system)
    if only is not None:
        wanted = wanted.where(plan.c.id == only)
    if running:
        wanted = wanted.where(plan.c.state == "running")
    heads = connection.execute(wanted.order_by(plan.c.id.desc()).limit(100)).all()
    counts: dict[UUID, dict[str, int]] = {}
    failed: dict[UUID, dict[str, int]] = {}
    for row in connection.execute(
        sa.select(
            plan_lane.c.plan, plan_lane.c.state, plan_lane.c.outcome, sa.func.count().label("many")
        )
        .where(plan_lane.c.plan.in_([one.id for one in heads]))
        .group_by(plan_lane.c.plan, plan_lane.c.state, plan_lane.c.outcome)
    ):
        states = counts.setdefault(row.plan, {})
        states[row.state] = states.get(row.state, 0) + row.many
        if row.state == "failed":
            failed.setdefault(row.plan, {})[row.outcome] = row.many
    return [
        Plan(
            id=row.id,
            kind=row.kind,
            system=row.system,
            name=row.name,
            made_by=row.made_by,
            reason=row.reason,
            made_at=row.made_at,
            choice=row.choice,
            lines_again=row.lines_again,
            state=row.state,
            why=row.why,
            wave=row.wave,
            step=row.step,
            counts=counts.get(row.id, {}),
            failed=failed.get(row.id, {}),
        )
        for row in heads
    ]


def lock(connection: Connection, which: UUID) -> Any:
    """Take a plan that runs, for one transaction; None: it runs no more."""
    return connection.execute(
        sa.select(plan).where(plan.c.id == which, plan.c.state == "running").with_for_update()
    ).one_or_none()


def change(connection: Connection, which: UUID, **values: Any) -> None:
    """Write down how a plan stands now."""
    now = db_now(connection)
    connection.execute(plan.update().where(plan.c.id == which).values(changed_at=now, **values))


def stop(connection: Connection, which: UUID) -> bool:
    """Stop a plan that runs: what was let go goes on, no further wave goes."""
    return _turn(connection, which, "running", state="stopped", why="by_hand")


def resume(connection: Connection, which: UUID) -> bool:
    """Go on with a plan that stopped, with small waves again."""
    again = {"state": "running", "why": None, "step": 0, "wave": plan.c.wave + 1}
    return _turn(connection, which, "stopped", **again)


def _turn(connection: Connection, which: UUID, was: State, **values: Any) -> bool:
    now = db_now(connection)
    changed = connection.execute(
        plan.update()
        .where(plan.c.id == which, plan.c.state == was)
        .values(changed_at=now, **values)
    )
    return changed.rowcount == 1


def next_wave(connection: Connection, which: UUID, size: int) -> list[Any]:
    """Give the next lanes of a plan in its order."""
    return list(
        connection.execute(
            sa.select(plan_lane)
            .where(plan_lane.c.plan == which, plan_lane.c.state == "chosen")
            .order_by(plan_lane.c.place)
            .limit(size)
        )
    )


def fences(connection: Connection, of: int, ids: Collection[UUID]) -> dict[UUID, int]:
    """Give the highest fence of all tries so far: what has a higher one comes later."""
    found = connection.execute(
        sa.select(attempt.c.dossier_id, sa.func.max(attempt.c.fence).label("fence"))
        .where(attempt.c.system == of, attempt.c.dossier_id.in_(list(ids)))
        .group_by(attempt.c.dossier_id)
    )
    return {row.dossier_id: row.fence for row in found}


def note(connection: Connection, which: UUID, lanes: Sequence[Mapping[str, Any]]) -> None:
    """Write down what became of lanes: all of them of the same columns."""
    told = [{"plan": which, **one} for one in lanes]
    rows.update(connection, plan_lane, ("plan", "dossier_id"), told)


def look(connection: Connection, which: UUID, of: int) -> None:
    """See what came of the lanes that were let go, and write it down."""
    gone = connection.execute(
        sa.select(plan_lane.c.dossier_id, plan_lane.c.fence).where(
            plan_lane.c.plan == which, plan_lane.c.state == "gone"
        )
    ).all()
    if not gone:
        return
    ids = [row.dossier_id for row in gone]
    tries: dict[UUID, list[tuple[int, str]]] = {}
    for row in connection.execute(
        sa.select(attempt.c.dossier_id, attempt.c.fence, attempt.c.outcome)
        .where(
            attempt.c.system == of,
            attempt.c.dossier_id.in_(ids),
            attempt.c.late.is_(sa.false()),
            attempt.c.outcome.not_in(SAID),
        )
        .order_by(attempt.c.id)
    ):
        tries.setdefault(row.dossier_id, []).append((row.fence, row.outcome))
    waits = {
        row.dossier_id: row.reason
        for row in connection.execute(
            sa.select(outbox.c.dossier_id, outbox.c.reason).where(
                outbox.c.system == of, outbox.c.dossier_id.in_(ids)
            )
        )
    }
    ended = []
    for one in gone:
        words = [word for fence, word in tries.get(one.dossier_id, []) if fence > one.fence]
        state, outcome = _ended(words, waits.get(one.dossier_id, "gone"))
        if state != "gone":
            ended.append({"dossier_id": one.dossier_id, "state": state, "outcome": outcome})
    note(connection, which, ended)


def _ended(words: Sequence[str], waits: str | None) -> tuple[str, str | None]:
    """Say what became of a lane by the words of its tries, and for what it waits."""
    through = next((word for word in words if word in PASSED), None)
    if through is not None:
        return "passed", through
    if words:
        return "failed", words[-1]
    if waits == "gone":  # nobody tried, and nothing remains: somebody settled it, or it was deleted
        return "moved", None
    return ("waits", waits) if waits == "needs_code" else ("gone", None)


def tally(connection: Connection, which: UUID, wave: int) -> dict[str, int]:
    """Count the lanes of a wave by what became of them."""
    counted = connection.execute(
        sa.select(plan_lane.c.state, sa.func.count().label("many"))
        .where(plan_lane.c.plan == which, plan_lane.c.wave == wave)
        .group_by(plan_lane.c.state)
    )
    return {row.state: row.many for row in counted}
