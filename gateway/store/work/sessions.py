"""Sessions with outside systems, shared by all processes: one token, one login at a time."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.store.dialect import now as db_now
from gateway.store.tables import session


@dataclass(frozen=True, slots=True)
class Held:
    """What is known: a sealed token that still counts, or the right to log in, or neither yet."""

    token: bytes | None
    may_login: bool
    fence: int


def token_or_login(connection: Connection, system: int, invalid: bytes | None, lease: int) -> Held:
    """Give the token, unless it is the spoilt one; else the right to log in, for `lease` ms."""
    now = db_now(connection)
    row = connection.execute(
        sa.select(session).where(session.c.system == system).with_for_update()
    ).one_or_none()
    if row is None:
        connection.execute(
            session.insert().values(system=system, until=0, fence=1, login_until=now + lease)
        )
        return Held(None, may_login=True, fence=1)
    if row.token is not None and row.until > now and row.token != invalid:
        return Held(row.token, may_login=False, fence=row.fence)
    if row.login_until is not None and row.login_until > now:
        return Held(None, may_login=False, fence=row.fence)
    connection.execute(
        session.update()
        .where(session.c.system == system)
        .values(fence=row.fence + 1, login_until=now + lease)
    )
    return Held(None, may_login=True, fence=row.fence + 1)


def end_login(
    connection: Connection, system: int, fence: int, token: bytes | None, life: int
) -> None:
    """End a login: keep its token for `life` ms, or only let others try."""
    changed = {} if token is None else {"token": token, "until": db_now(connection) + life}
    connection.execute(
        session.update()
        .where(session.c.system == system, session.c.fence == fence)
        .values(login_until=None, **changed)
    )
