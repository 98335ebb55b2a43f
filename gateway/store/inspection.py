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
    refused: tuple[str, ...]
    """What our user may not do and must."""
    superuser: bool


RIGHTS = {
    "to make tables": "has_schema_privilege(current_schema(), 'CREATE')",
    "to write dossiers": "has_table_privilege('dossier', 'SELECT, INSERT, UPDATE, DELETE')",
    "to draw fences": "has_sequence_privilege('fence', 'USAGE')",
}
"""What is needed, and how PostgreSQL is asked; a table that is not there yet is nobody's fault."""


def look(connection: Connection) -> Seen:
    """Look at version, clock, replication and migrations."""
    names = connection.execute(sa.text("SHOW synchronous_standby_names")).scalar_one()
    tables = connection.execute(sa.text("SELECT to_regclass('fence')")).scalar_one() is not None
    asked = RIGHTS if tables else {"to make tables": RIGHTS["to make tables"]}
    refused = tuple(
        right
        for right, question in asked.items()
        if not connection.execute(sa.text(f"SELECT {question}")).scalar_one()
    )
    user = sa.text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    commit = connection.execute(sa.text("SHOW synchronous_commit")).scalar_one()
    return Seen(
        version=int(connection.execute(sa.text("SHOW server_version_num")).scalar_one()),
        now=now(connection),
        standby=bool(connection.execute(sa.text("SELECT pg_is_in_recovery()")).scalar_one()),
        synchronous=bool(names) and commit in {"on", "remote_write", "remote_apply"},
        missing=tuple(migrate.missing(connection)),
        refused=refused,
        superuser=bool(connection.execute(user).scalar_one()),
    )
