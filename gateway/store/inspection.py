"""Looking at a shared database without changing it: for `lienthong doctor`."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.store import migrate
from gateway.store.dialect import now


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a look found. `now` in milliseconds, `version` as PostgreSQL counts it (150008)."""

    version: int
    now: int
    standby: bool
    synchronous: bool
    missing: tuple[str, ...]


def look(connection: Connection) -> Seen:
    """Look at version, clock, replication and migrations."""
    names = connection.execute(sa.text("SHOW synchronous_standby_names")).scalar_one()
    commit = connection.execute(sa.text("SHOW synchronous_commit")).scalar_one()
    return Seen(
        version=int(connection.execute(sa.text("SHOW server_version_num")).scalar_one()),
        now=now(connection),
        standby=bool(connection.execute(sa.text("SELECT pg_is_in_recovery()")).scalar_one()),
        synchronous=bool(names) and commit in {"on", "remote_write", "remote_apply"},
        missing=tuple(migrate.missing(connection)),
    )
