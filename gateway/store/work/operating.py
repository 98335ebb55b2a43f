"""How each system stands: what an operator looks at first. Reads only; times in milliseconds.

What is parked for which cause is in `store.work.parked`, putting it right in `store.work.retrying`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.rules.gate import Gate
from gateway.rules.lane_states import PARKED, READY, UNTOLD, WAITING
from gateway.store import feed
from gateway.store.dialect import now as db_now
from gateway.store.ledger import evidence, own_states
from gateway.store.ledger.attempts import RETRIED
from gateway.store.ledger.queries import STATES
from gateway.store.tables import attempt, dossier, inbox, outbox, system

SHOWN = ("ready", "sending", "waiting", "asked", "parked", "untold", "shadowed", "settled")
OWNERS = ("officer", "operator", "integrator")
PASSED = frozenset({"delivered", "pending"})
"""The words of attempts that went through."""
NO_TROUBLE = PASSED | {RETRIED, "untold", "shadowed", "settled"}
"""Beside them those that say nothing against a system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """The newest failure among the lanes of which a system was last heard."""

    outcome: str
    why: str | None
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one system stands now.

    lanes: how many are ready, sending, waiting, asked, parked, untold, shadowed, settled
    aside: how many we have not told, by the lane's own state: shadowed, off, added, settled
    oldest: since when something remains that is to be told
    at_risk: how many dossiers are due before they can have been told, or were while they waited
    earliest_due: the first due time of these
    commonest: the cause of most of what waits or is parked
    """

    name: str
    gate: Gate
    gate_until: int
    inflight: int
    held_by: str | None
    held_why: str | None
    lanes: Mapping[str, int] = field(default_factory=dict)
    aside: Mapping[str, int] = field(default_factory=dict)
    oldest: int | None = None
    at_risk: int = 0
    earliest_due: int | None = None
    trouble: Trouble | None = None
    commonest: str | None = None

    def shut(self, now: int) -> bool:
        """Say whether nothing may begin now."""
        return self.held_by is not None or (self.gate.state == "closed" and now < self.gate_until)


@dataclass(frozen=True, slots=True)
class Risk:
    """How many dossiers of one system are at risk, and when the first of them is due."""

    many: int
    earliest: int | None


NOTHING = Risk(0, None)


@dataclass(frozen=True, slots=True)
class Survey:
    """All systems at one moment; at_risk counts a dossier once, however many systems lack it."""

    now: int
    at_risk: int
    systems: tuple[Standing, ...]

    @property
    def earliest_due(self) -> int | None:
        """Give the first due time of all that is at risk."""
        found = (one.earliest_due for one in self.systems)
        return min((due for due in found if due is not None), default=None)


def survey(connection: Connection, ahead: int) -> Survey:
    """See how every system stands; `ahead`: so long before its due time a dossier is at risk."""
    now = db_now(connection)
    rows = {row.id: row for row in connection.execute(sa.select(system))}
    bare = {number: _standing(row) for number, row in rows.items()}
    counted, oldest = _counts(connection)
    aside = own_states.counted(connection)
    common = _commonest(connection)
    risk, dossiers = _at_risk(connection, bare, now, ahead)
    standings = [
        _standing(
            rows[number],
            lanes=own_states.shown(counted.get(number, {}), aside.get(number, {})),
            aside=aside.get(number, {}),
            oldest=oldest.get(number),
            at_risk=risk.get(number, NOTHING).many,
            earliest_due=risk.get(number, NOTHING).earliest,
            trouble=_trouble(connection, number, one.gate),
            commonest=common.get(number),
        )
        for number, one in bare.items()
    ]
    return Survey(now, dossiers, tuple(sorted(standings, key=lambda one: one.name)))


def _standing(row: Any, **more: Any) -> Standing:
    return Standing(
        name=row.name,
        gate=Gate.from_row(row.gate),
        gate_until=row.gate_until,
        inflight=row.inflight,
        held_by=row.held_by,
        held_why=row.held_why,
        **more,
    )


def _counts(connection: Connection) -> tuple[dict[int, dict[str, int]], dict[int, int]]:
    """Count lanes by system and state; a leased one is being sent, and none left untold is old."""
    leased = outbox.c.lease_until.is_not(None).label("leased")
    counted: dict[int, dict[str, int]] = {}
    oldest: dict[int, int] = {}
    for row in connection.execute(
        sa.select(
            outbox.c.system,
            outbox.c.state,
            leased,
            sa.func.count().label("many"),
            sa.func.min(outbox.c.since).label("since"),
        ).group_by(outbox.c.system, outbox.c.state, leased)
    ):
        counted.setdefault(row.system, {})["sending" if row.leased else STATES[row.state]] = (
            row.many
        )
        if row.state != UNTOLD:
            oldest[row.system] = min(row.since, oldest.get(row.system, row.since))
    return counted, oldest


def _commonest(connection: Connection) -> dict[int, str]:
    """Say for what most lanes of each system wait or are parked."""
    cause = sa.case((outbox.c.state == PARKED, outbox.c.cause), else_=outbox.c.reason).label(
        "cause"
    )
    many = sa.func.count().label("many")
    rows = connection.execute(
        sa.select(outbox.c.system, cause)
        .where(outbox.c.state.in_((WAITING, PARKED)), cause.is_not(None))
        .group_by(outbox.c.system, cause)
        .order_by(many, cause)
    )
    return {row.system: row.cause for row in rows}  # the last one of each has the most


def _at_risk(
    connection: Connection, standings: Mapping[int, Standing], now: int, ahead: int
) -> tuple[dict[int, Risk], int]:
    """Count dossiers that are due before their lane can go, by system and altogether.

    A lane waits until its own wake-up and until its system's gate may open; where nobody can say
    when that will be (held by a person, no code yet), what is due within `ahead` is at risk. What
    was due before there was anything to tell is late, and not at risk: no system can mend that. It
    does not matter whether the dossier was finished in time: the system does not know that it was.
    """
    opens = {
        number: max(now, one.gate_until if one.gate.state == "closed" else now)
        for number, one in standings.items()
        if one.shut(now)
    }
    floor: sa.ColumnElement[int] = sa.literal(now, sa.BigInteger())
    if opens:
        floor = sa.case(opens, value=outbox.c.system, else_=now)
    until = sa.case(
        (sa.and_(outbox.c.state == WAITING, outbox.c.wake_at > floor), outbox.c.wake_at)
    )
    stuck = sa.or_(
        outbox.c.state == WAITING,
        sa.and_(
            outbox.c.state == READY,
            outbox.c.lease_until.is_(None),
            outbox.c.system.in_(list(opens)),
        ),
    )
    late = (
        sa.select(outbox.c.system, outbox.c.dossier_id, dossier.c.due_at)
        .join(dossier, dossier.c.id == outbox.c.dossier_id)
        .where(
            stuck,
            dossier.c.due_at <= sa.func.coalesce(until, floor) + ahead,
            dossier.c.due_at >= outbox.c.since,
        )
        .subquery()
    )
    many = sa.func.count().label("many")
    first = sa.func.min(late.c.due_at).label("first")
    rows = connection.execute(sa.select(late.c.system, many, first).group_by(late.c.system))
    by_system = {row.system: Risk(row.many, row.first) for row in rows}
    whole = connection.execute(
        sa.select(sa.func.count(sa.distinct(late.c.dossier_id)))
    ).scalar_one()
    return by_system, int(whole)


def _trouble(connection: Connection, number: int, gate: Gate) -> Trouble | None:
    """Find the newest failure among the lanes that the gate remembers: a bounded look.

    What failed longer ago, with twenty lanes heard of since, is no news of the system.
    """
    remembered = {UUID(name) for name, _ in gate.recent} | {UUID(name) for name in gate.failing}
    row = connection.execute(
        sa.select(attempt.c.outcome, attempt.c.detail, attempt.c.ended_at)
        .where(
            attempt.c.dossier_id.in_(remembered),
            attempt.c.system == number,
            attempt.c.outcome.not_in(NO_TROUBLE),
        )
        .order_by(attempt.c.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    # What an adapter says of a field may quote it; what a refusal says is theirs. Neither is shown.
    quiet = row.outcome in {"refused", "cannot_express"}
    why = None if quiet else row.detail.get("why")
    return Trouble(outcome=row.outcome, why=why, at=row.ended_at)


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts by system's name that a survey does not have.

    overdue: dossiers past their due time of which something is to be told; parked: by system and
    by who must act; hearing: ms since a system that is listened to was last heard out; snapshot:
    seconds for which the oldest transaction of the database has held on to old rows, None: no such
    evidence: how much is kept by source and reason; feed_lag: seconds, of `feed.lag`
    """

    overdue: Mapping[str, int]
    parked: Mapping[tuple[str, str], int]
    hearing: Mapping[str, int]
    snapshot: float | None
    evidence: Sequence[tuple[str, str, int]] = ()
    feed_lag: float = 0.0


def totals(connection: Connection) -> Totals:
    """Count what the metrics show beyond a survey."""
    now = db_now(connection)
    many = sa.func.count().label("many")
    late = connection.execute(
        sa.select(system.c.name, many)
        .join(outbox, outbox.c.system == system.c.id)
        .join(dossier, dossier.c.id == outbox.c.dossier_id)
        .where(dossier.c.due_at < now, outbox.c.state != UNTOLD)
        .group_by(system.c.name)
    )
    parked = connection.execute(
        sa.select(system.c.name, outbox.c.parked_for, many)
        .join(outbox, outbox.c.system == system.c.id)
        .where(outbox.c.state == PARKED)
        .group_by(system.c.name, outbox.c.parked_for)
    )
    heard = connection.execute(
        sa.select(system.c.name, inbox.c.polled_at)
        .join(inbox, inbox.c.system == system.c.id)
        .where(inbox.c.polled_at.is_not(None))
    )
    return Totals(
        overdue={row.name: row.many for row in late},
        parked={(row.name, row.parked_for): row.many for row in parked},
        hearing={row.name: max(0, now - row.polled_at) for row in heard},
        snapshot=_snapshot(connection),
        evidence=evidence.counts(connection),
        feed_lag=feed.lag(connection),
    )


def _snapshot(connection: Connection) -> float | None:
    """Say how long the oldest transaction has been open: vacuum cannot pass it."""
    if connection.dialect.name != "postgresql":
        return None
    asked = "SELECT max(extract(epoch FROM now() - xact_start)) FROM pg_stat_activity"
    found = connection.execute(sa.text(f"{asked} WHERE backend_xmin IS NOT NULL")).scalar()
    return float(found or 0)


def left_aside(connection: Connection) -> dict[str, dict[str, int]]:
    """Count the lanes with a state of their own by their system's name."""
    names = {row.id: row.name for row in connection.execute(sa.select(system.c.id, system.c.name))}
    return {names[number]: states for number, states in own_states.counted(connection).items()}
