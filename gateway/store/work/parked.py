"""What is parked, grouped by the thing that a human has to put right. Times in milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.rules.lane_states import PARKED
from gateway.store.dialect import now as db_now
from gateway.store.ledger.attempts import RETRIED
from gateway.store.tables import attempt, dossier, outbox, system


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What is parked at one system for one cause, for one kind of person to act.

    first, last: when the first and the last of them were parked; at_risk: due within `ahead`
    sample: the id and the client's reference of one of them, as stored; None: it has just moved
    """

    system: str
    cause: str
    owner: str
    count: int
    first: int
    last: int
    at_risk: int
    sample: tuple[UUID, str] | None


def of_cause(cause: str) -> sa.ColumnElement[bool]:
    """Choose parked lanes by their whole cause, or by its kind."""
    return sa.or_(outbox.c.cause == cause, outbox.c.cause.startswith(f"{cause}:", autoescape=True))


def last_try() -> sa.ScalarSelect[int]:
    """Say when the last try of an outbox lane ended; null where the ledger is no longer kept."""
    return (
        sa.select(sa.func.max(attempt.c.ended_at))
        .where(
            attempt.c.dossier_id == outbox.c.dossier_id,
            attempt.c.system == outbox.c.system,
            attempt.c.late.is_(sa.false()),
            attempt.c.outcome != RETRIED,
        )
        .correlate(outbox)
        .scalar_subquery()
    )


def groups(
    connection: Connection, ahead: int, *, name: str | None = None, cause: str | None = None
) -> list[Group]:
    """Group what is parked by system, cause and who must act, the largest group first."""
    now = db_now(connection)
    wanted = [outbox.c.state == PARKED]
    if name is not None:
        wanted.append(system.c.name == name)
    if cause is not None:
        wanted.append(of_cause(cause))
    parked = (
        sa.select(
            outbox.c.system.label("number"),
            system.c.name.label("name"),
            outbox.c.cause,
            outbox.c.parked_for,
            sa.func.coalesce(last_try(), outbox.c.since).label("at"),
            sa.case((dossier.c.due_at <= now + ahead, 1), else_=0).label("risk"),
        )
        .join(system, system.c.id == outbox.c.system)
        .join(dossier, dossier.c.id == outbox.c.dossier_id)
        .where(*wanted)
        .subquery()
    )
    key = (parked.c.number, parked.c.name, parked.c.cause, parked.c.parked_for)
    many = sa.func.count().label("many")
    rows = connection.execute(
        sa.select(
            *key,
            many,
            sa.func.min(parked.c.at).label("first"),
            sa.func.max(parked.c.at).label("last"),
            sa.func.sum(parked.c.risk).label("risk"),
        )
        .group_by(*key)
        .order_by(many.desc(), parked.c.name, parked.c.cause)
    ).all()
    return [
        Group(
            system=row.name,
            cause=row.cause,
            owner=row.parked_for,
            count=row.many,
            first=row.first,
            last=row.last,
            at_risk=int(row.risk),
            sample=_sample(connection, row),
        )
        for row in rows
    ]


def _sample(connection: Connection, row: Any) -> tuple[UUID, str] | None:
    found = connection.execute(
        sa.select(dossier.c.id, dossier.c.ref)
        .join(outbox, outbox.c.dossier_id == dossier.c.id)
        .where(
            outbox.c.state == PARKED,
            outbox.c.system == row.number,
            outbox.c.cause == row.cause,
            outbox.c.parked_for == row.parked_for,
        )
        .limit(1)
    ).one_or_none()
    return None if found is None else (found.id, found.ref)
