"""Rebuilds the outbox from the ledger, and says where the two differ."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.rules.lane_states import READY
from gateway.store.dialect import now as db_now
from gateway.store.tables import dossier, event, lane, outbox, system


@dataclass(frozen=True, slots=True)
class Difference:
    """A lane that has something left to say and stands on no outbox, or the other way round."""

    dossier_id: UUID
    system: int
    name: str
    what: str  # forgotten, idle


_ASIDE = sa.and_(lane.c.state.is_not(None), lane.c.state_seq > lane.c.done_seq)
"""Lanes with a state of their own: up to there nothing is to be done, and they say why."""

_LEFT = sa.exists(
    sa.select(event.c.seq).where(
        event.c.dossier_id == lane.c.dossier_id,
        event.c.seq > sa.case((_ASIDE, lane.c.state_seq), else_=lane.c.done_seq),
        sa.or_(event.c.origin.is_(None), event.c.origin != system.c.name),
    )
)


Part = tuple[UUID | None, UUID | None]
"""A part of the ledger: dossiers after the first id, up to the second; None: no such bound."""
WHOLE: Part = (None, None)


def next_part(connection: Connection, after: UUID | None, lanes: int) -> Part:
    """Cut off the next part of the ledger, of about so many lanes; the last has no upper bound."""
    rest = sa.select(lane.c.dossier_id).order_by(lane.c.dossier_id).offset(lanes - 1).limit(1)
    if after is not None:
        rest = rest.where(lane.c.dossier_id > after)
    return after, connection.execute(rest).scalar_one_or_none()


def compare(connection: Connection, limit: int = 1000, part: Part = WHOLE) -> list[Difference]:
    """Give the differences in a part of the ledger: forgotten lanes first."""
    after, until = part
    both = (
        sa.select(lane.c.dossier_id, lane.c.system, system.c.name)
        .join(system, system.c.id == lane.c.system)
        .outerjoin(
            outbox,
            sa.and_(outbox.c.dossier_id == lane.c.dossier_id, outbox.c.system == lane.c.system),
        )
        .limit(limit)
    )
    if after is not None:
        both = both.where(lane.c.dossier_id > after)
    if until is not None:
        both = both.where(lane.c.dossier_id <= until)
    forgotten = both.where(outbox.c.dossier_id.is_(None), lane.c.via.is_(None), _LEFT)
    idle = both.where(outbox.c.dossier_id.is_not(None), outbox.c.lease_until.is_(None), ~_LEFT)
    idle = idle.where(outbox.c.again_from.is_(None))  # it is told again, by a resend
    return [
        Difference(row.dossier_id, row.system, row.name, what)
        for what, query in (("forgotten", forgotten), ("idle", idle))
        for row in connection.execute(query)
    ]


def mend(connection: Connection) -> list[Difference]:
    """Put forgotten lanes back on the outbox; a lane without anything to say goes by itself."""
    now = db_now(connection)
    found = [one for one in compare(connection) if one.what == "forgotten"]
    for one in found:
        head = connection.execute(
            sa.select(dossier.c.last_seq).where(dossier.c.id == one.dossier_id).with_for_update()
        ).scalar_one()
        connection.execute(
            lane.update()
            .where(
                lane.c.dossier_id == one.dossier_id,
                lane.c.system == one.system,
                lane.c.state.is_not(None),
            )
            .values(state=None, state_seq=0)
        )
        connection.execute(
            outbox.insert().values(
                dossier_id=one.dossier_id,
                system=one.system,
                state=READY,
                rank=now,
                head_seq=head,
                since=now,
            )
        )
    return found
