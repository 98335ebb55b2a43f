"""Lanes that a plan may be about: what a system was not told, and what it was told wrongly.

Read page by page, in the order of the dossiers' ids: no look takes long, whatever the ledger holds.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.rules.lane_states import UNTOLD_BY_US
from gateway.store.ledger.bodies import unpack_dossier
from gateway.store.tables import attempt, dossier, event, lane, outbox
from schemas.dossier import Dossier

PAGE = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A dossier that a plan may be about, with what tells whether it is.

    state: the lane's own; None: it has none, or there is no lane
    seq: the dossier's newest event, or up to which one the system was told
    first: the first event that is told again; adapters: what stands with the tries that told it
    """

    dossier_id: UUID
    agency: str | None
    receiving: str | None
    procedure: str
    status: str
    created_at: int
    updated_at: int
    state: str | None
    seq: int
    first: int = 1
    adapter: str = ""


_DOSSIER = (
    dossier.c.id,
    dossier.c.agency,
    dossier.c.receiving,
    dossier.c.procedure,
    dossier.c.status,
    dossier.c.created_at,
    dossier.c.updated_at,
)


def _candidate(row: Any, **more: Any) -> Candidate:
    return Candidate(
        dossier_id=row.id,
        agency=row.agency,
        receiving=row.receiving,
        procedure=row.procedure,
        status=row.status,
        created_at=row.created_at,
        updated_at=row.updated_at,
        **more,
    )


def left_aside(connection: Connection, of: int, after: UUID | None) -> list[Candidate]:
    """Give the lanes that say that they were not told; what is void and unknown to them is left."""
    rows = connection.execute(
        sa.select(*_DOSSIER, lane.c.state, dossier.c.last_seq)
        .join(dossier, dossier.c.id == lane.c.dossier_id)
        .where(
            lane.c.system == of,
            lane.c.state.in_(UNTOLD_BY_US),
            lane.c.via.is_(None),
            dossier.c.merged_into.is_(None),
            sa.or_(dossier.c.voided.is_(False), lane.c.done_seq > 0),
            *([] if after is None else [lane.c.dossier_id > after]),
        )
        .order_by(lane.c.dossier_id)
        .limit(PAGE)
    )
    return [_candidate(row, state=row.state, seq=row.last_seq) for row in rows]


def without_lane(
    connection: Connection, of: int, environment: str, after: UUID | None
) -> list[Candidate]:
    """Give dossiers with which a system has nothing to do so far."""
    none = ~sa.exists().where(lane.c.dossier_id == dossier.c.id, lane.c.system == of)
    rows = connection.execute(
        sa.select(*_DOSSIER, dossier.c.last_seq)
        .where(
            dossier.c.environment == environment,
            dossier.c.merged_into.is_(None),
            dossier.c.voided.is_(False),
            none,
            *([] if after is None else [dossier.c.id > after]),
        )
        .order_by(dossier.c.id)
        .limit(PAGE)
    )
    return [_candidate(row, state=None, seq=row.last_seq) for row in rows]


def newest(connection: Connection, ids: Collection[UUID]) -> dict[UUID, Dossier]:
    """Give the newest versions of some dossiers, for what no column tells."""
    found: dict[UUID, Dossier] = {}
    for one in sorted(ids):
        body = connection.execute(
            sa.select(event.c.body)
            .where(event.c.dossier_id == one)
            .order_by(event.c.seq.desc())
            .limit(1)
        ).scalar_one()
        found[one] = unpack_dossier(body)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """By which tries a lane was told wrongly: by when they ended (ms), or by what did it."""

    since: int | None = None
    until: int | None = None
    version: str | None = None
    mapping: str | None = None


TOLD = ("delivered", "pending")


def of_tries(told: Told, tries: Any) -> list[sa.ColumnElement[bool]]:
    """Give what tries must be to be meant."""
    found: list[sa.ColumnElement[bool]] = []
    if told.since is not None:
        found.append(tries.ended_at >= told.since)
    if told.until is not None:
        found.append(tries.ended_at < told.until)
    if told.version is not None:
        found.append(tries.adapter.contains(f" {told.version} ", autoescape=True))
    if told.mapping is not None:
        found.append(tries.adapter.endswith(f" {told.mapping}", autoescape=True))
    return found


def delivered(
    connection: Connection, of: int, told: Told, after: UUID | None, *, newest_counts: bool
) -> list[Candidate]:
    """Give lanes that are done and were told something by the tries that are meant.

    newest_counts: what was told since by a try that is not meant has been put right with that
    """
    mine, later = attempt.alias(), attempt.alias()
    stands = [
        ~sa.exists().where(
            later.c.dossier_id == mine.c.dossier_id,
            later.c.system == of,
            later.c.outcome.in_(TOLD),
            later.c.late.is_(sa.false()),
            later.c.id > mine.c.id,
            sa.not_(sa.and_(*of_tries(told, later.c))),
        )
    ]
    meant = (
        sa.select(
            mine.c.dossier_id,
            sa.func.min(mine.c.from_seq).label("first"),
            sa.func.max(mine.c.adapter).label("adapter"),
        )
        .where(
            mine.c.system == of,
            mine.c.outcome.in_(TOLD),
            mine.c.late.is_(sa.false()),
            *of_tries(told, mine.c),
            *(stands if newest_counts else []),
            *([] if after is None else [mine.c.dossier_id > after]),
        )
        .group_by(mine.c.dossier_id)
        .order_by(mine.c.dossier_id)
        .limit(PAGE)
        .subquery()
    )
    waits = sa.exists().where(outbox.c.dossier_id == meant.c.dossier_id, outbox.c.system == of)
    rows = connection.execute(
        sa.select(*_DOSSIER, lane.c.done_seq, lane.c.state, meant.c.first, meant.c.adapter, waits)
        .join(meant, meant.c.dossier_id == dossier.c.id)
        .join(lane, sa.and_(lane.c.dossier_id == dossier.c.id, lane.c.system == of))
        .order_by(dossier.c.id)
    ).all()
    return [
        _candidate(
            row,
            state="waits" if row[-1] else row.state,
            seq=row.done_seq,
            first=row.first,
            adapter=row.adapter,
        )
        for row in rows
    ]
