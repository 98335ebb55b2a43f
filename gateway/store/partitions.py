"""Attempts by month on PostgreSQL: partitions are made ahead, and dropped when they are too old.

An attempt's id is a UUIDv7, so its first 48 bits are the time: a month is a range of ids.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

AHEAD = 3
"""Months for which partitions stand ready; what falls beyond goes to the default partition."""
LOCK = 7_466_733
"""Shared with migrations: any number that nobody else locks in this database."""
NAME = re.compile(r"attempt_y(\d{4})m(\d{2})")


def _first(months: int) -> datetime:
    """Give the first moment of a month, counted from year 0."""
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)


def _bound(at: datetime) -> str:
    """Give the smallest UUIDv7 of a moment."""
    digits = f"{int(at.timestamp() * 1000):012x}"
    return f"{digits[:8]}-{digits[8:]}-0000-0000-000000000000"


def ensure(connection: Connection, now: datetime) -> list[str]:
    """Make the partitions of this month and the next ones; give the names of new ones."""
    if connection.dialect.name != "postgresql":
        return []
    _alone(connection)
    standing = _standing(connection)
    this = now.year * 12 + now.month - 1
    made = []
    for months in range(this, this + AHEAD + 1):
        begin, end = _first(months), _first(months + 1)
        name = f"attempt_y{begin.year:04d}m{begin.month:02d}"
        if name not in standing:
            connection.execute(
                sa.text(
                    f"CREATE TABLE {name} PARTITION OF attempt "
                    f"FOR VALUES FROM ('{_bound(begin)}') TO ('{_bound(end)}')"
                )
            )
            made.append(name)
    return made


def drop(connection: Connection, now: datetime, keep: int) -> list[str]:
    """Drop partitions older than `keep` months; give their names."""
    if connection.dialect.name != "postgresql":
        return []
    _alone(connection)
    oldest = now.year * 12 + now.month - 1 - keep
    gone = []
    for name in sorted(_standing(connection)):
        year, month = (int(part) for part in NAME.fullmatch(name).groups())  # type: ignore[union-attr]
        if year * 12 + month - 1 < oldest:
            connection.execute(sa.text(f"DROP TABLE {name}"))
            gone.append(name)
    return gone


def _alone(connection: Connection) -> None:
    """Let one process at a time change the partitions."""
    connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({LOCK})"))


def _standing(connection: Connection) -> set[str]:
    rows = connection.execute(
        sa.text(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'attempt'::regclass"
        )
    ).scalars()
    return {name for name in rows if NAME.fullmatch(name)}
