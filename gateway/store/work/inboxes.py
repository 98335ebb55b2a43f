"""How far each system has been heard out: a cursor, and who listens at present."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.store.counters import next_fence
from gateway.store.dialect import now as db_now
from gateway.store.tables import inbox
from gateway.store.tables import system as systems


@dataclass(frozen=True, slots=True)
class Listening:
    """The right to listen to one system for a while; `fence` proves it."""

    system: int
    fence: int
    cursor: str
    lease: int
    died: bool = False


def begin(connection: Connection, system: int, lease: int) -> Listening | None:
    """Take the right to listen, for `lease` ms; None: somebody else has, it is early, or held."""
    now = db_now(connection)
    held = connection.execute(sa.select(systems.c.held_by).where(systems.c.id == system))
    if held.scalar_one_or_none() is not None:
        return None
    row = connection.execute(
        sa.select(inbox).where(inbox.c.system == system).with_for_update()
    ).one_or_none()
    if row is not None and (row.next_at > now or (row.lease_until or 0) > now):
        return None
    fence = next_fence(connection)
    mine = {"fence": fence, "lease_until": now + lease}
    if row is None:
        connection.execute(inbox.insert().values(system=system, cursor="", next_at=0, **mine))
        return Listening(system, fence, "", lease)
    connection.execute(inbox.update().where(inbox.c.system == system).values(**mine))
    return Listening(system, fence, row.cursor, lease, died=row.lease_until is not None)


def lapse_all(connection: Connection) -> None:
    """At the start of the only process: whoever was listening is dead."""
    lapsed = sa.case((inbox.c.lease_until.is_(None), None), else_=0)
    connection.execute(inbox.update().values(lease_until=lapsed, next_at=0))


def advance(connection: Connection, one: Listening, cursor: str) -> bool:
    """Move the cursor, within the transaction that stores what was heard; False: not ours.

    It renews the lease: a long file is heard for as long as it takes.
    """
    return bool(
        connection.execute(
            inbox.update()
            .where(inbox.c.system == one.system, inbox.c.fence == one.fence)
            .values(cursor=cursor, lease_until=db_now(connection) + one.lease)
        ).rowcount
    )


def end(connection: Connection, one: Listening, why: str | None, pause: int) -> None:
    """Give the right back; listen again after `pause` ms. `why`: what stopped it, if anything."""
    now = db_now(connection)
    connection.execute(
        inbox.update()
        .where(inbox.c.system == one.system, inbox.c.fence == one.fence)
        .values(
            lease_until=None,
            next_at=now + pause,
            polled_at=now if why is None else inbox.c.polled_at,
            why=why,
            failing_since=None if why is None else sa.func.coalesce(inbox.c.failing_since, now),
        )
    )
