"""What differs between the two databases, and nothing else."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

SQLITE_NOW = "cast((julianday('now') - 2440587.5) * 86400000 as integer)"
POSTGRES_NOW = "cast(extract(epoch from clock_timestamp()) * 1000 as bigint)"


def now_column(dialect: str) -> sa.ColumnElement[int]:
    """Give the time as a column of a statement that is asked anyway."""
    text = SQLITE_NOW if dialect == "sqlite" else POSTGRES_NOW
    return sa.literal_column(text, sa.BigInteger).label("now")


def now(connection: Connection) -> int:
    """Ask the database for the time, in milliseconds: leases and due times go by its clock."""
    return int(connection.execute(sa.select(now_column(connection.dialect.name))).scalar_one())
