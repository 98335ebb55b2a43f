"""What may stand twice: lines that were added again while an earlier try may have landed.

The mark stays after the lane was told all: nobody can take a line back that a system has added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.rules.outcomes import MAY_STAND_TWICE
from gateway.store.tables import dossier, lane, outbox, system

Range = tuple[int, int]
"""The first and the last of some events, both included."""


def mark(connection: Connection, of: int, found: Mapping[UUID, Range]) -> None:
    """Keep with each lane which of its events may stand twice, beside those that may already."""
    for dossier_id, (first, last) in found.items():
        key = sa.and_(lane.c.dossier_id == dossier_id, lane.c.system == of)
        known = connection.execute(sa.select(lane.c.doubled).where(key)).scalar_one_or_none() or []
        connection.execute(
            lane.update().where(key).values(doubled=joined([*map(tuple, known), (first, last)]))
        )


def joined(ranges: list[Range]) -> list[list[int]]:
    """Join ranges that touch, in order."""
    whole: list[list[int]] = []
    for first, last in sorted(ranges):
        if whole and first <= whole[-1][1] + 1:
            whole[-1][1] = max(whole[-1][1], last)
        else:
            whole.append([first, last])
    return whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubtful:
    """A lane with something that may stand twice.

    doubled: events that were sent again already; ahead: events that may stand there and are to be
    sent, None: none
    """

    system: str
    dossier: UUID
    ref: str
    code: str | None
    doubled: tuple[Range, ...]
    ahead: Range | None


def listed(connection: Connection, name: str | None = None) -> list[Doubtful]:
    """List lanes with something that may stand twice, or will if it is sent again."""
    waits = outbox.c.uncertainty >= MAY_STAND_TWICE
    wanted = [sa.or_(lane.c.doubled.is_not(None), waits)]
    if name is not None:
        wanted.append(system.c.name == name)
    rows = connection.execute(
        sa.select(
            system.c.name,
            lane.c.dossier_id,
            dossier.c.ref,
            dossier.c.code,
            lane.c.doubled,
            lane.c.done_seq,
            sa.case((waits, outbox.c.head_seq)).label("head"),
        )
        .join(system, system.c.id == lane.c.system)
        .join(dossier, dossier.c.id == lane.c.dossier_id)
        .outerjoin(
            outbox,
            sa.and_(outbox.c.dossier_id == lane.c.dossier_id, outbox.c.system == lane.c.system),
        )
        .where(*wanted)
        .order_by(system.c.name, lane.c.dossier_id)
    )
    return [
        Doubtful(
            system=row.name,
            dossier=row.dossier_id,
            ref=row.ref,
            code=row.code,
            doubled=tuple((first, last) for first, last in row.doubled or ()),
            ahead=None
            if row.head is None or row.head <= row.done_seq
            else (row.done_seq + 1, row.head),
        )
        for row in rows
    ]
