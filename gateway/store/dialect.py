"""What differs between the two databases, and nothing else."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

SQLITE_NOW = sa.text("select cast((julianday('now') - 2440587.5) * 86400000 as integer)")
POSTGRES_NOW = sa.text("select (extract(epoch from clock_timestamp()) * 1000)::bigint")


def now(connection: Connection) -> int:
    """Ask the database for the time, in milliseconds: leases and due times go by its clock."""
    statement = SQLITE_NOW if connection.dialect.name == "sqlite" else POSTGRES_NOW
    return int(connection.execute(statement).scalar_one())
