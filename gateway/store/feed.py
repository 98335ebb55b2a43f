"""The feed: what has changed, in an order that no reader misses anything by (law 18, ADR 0024).

Each row that can be followed carries the number of the transaction that changed it last. Numbers
are drawn when a transaction begins to write, and transactions end in any order; so a reader takes
only rows below the oldest number that is still under way: there nothing can appear any more. On
SQLite there is one writer at a time, and a counter gives the numbers.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.store.counters import take_numbers
from gateway.store.dialect import now as db_now
from gateway.store.tables import FEED_NUMBER, counter, dossier

FOLLOWED = (dossier,)
"""Tables with a feed; each has `feed`, `id` and `updated_at`."""
BEFORE = 10**13
"""What changed before there were numbers has its time less this: negative, the oldest first."""
MARGIN = 60_000
"""Milliseconds by which a time to start from is set back: longer than any transaction takes."""
FIRST = UUID(int=0)
EPOCH = "epoch"
NUMBER = "feed"
"""Names in the table of counters; the second on SQLite only."""
_TIMELINE = 32
"""Bits of an epoch that say on which timeline PostgreSQL writes."""
_PLACE = re.compile(r"([a-z]+)\.([0-9]{1,18})\.(-?[0-9]{1,18})\.([0-9a-f]{32})")


class Outdated(Exception):  # noqa: N818 - an answer, not an accident
    """A cursor of before the database was restored: its numbers mean something else by now."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a feed: everything up to (feed, id) of this epoch has been read."""

    epoch: int
    feed: int
    id: UUID

    def encode(self, of: str) -> str:
        """Write it as clients keep it; `of` names the feed, so that none is taken for another."""
        place = f"{of}.{self.epoch}.{self.feed}.{self.id.hex}"
        return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, of: str) -> Cursor | None:
        """Read what `encode` wrote; None: it never wrote this, or for another feed."""
        try:
            place = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
        except ValueError:
            return None
        parts = _PLACE.fullmatch(place)
        if parts is None:
            return None
        found = cls(int(parts[2]), int(parts[3]), UUID(parts[4]))
        return found if found.encode(of) == text else None


@dataclass(frozen=True, slots=True)
class Horizon:
    """How far the feed can be read at present: rows of this epoch with `feed < below`."""

    epoch: int
    below: int

    @property
    def start(self) -> Cursor:
        """The place before everything."""
        return Cursor(self.epoch, -BEFORE, FIRST)

    @property
    def end(self) -> Cursor:
        """The place behind all that can be read now."""
        return Cursor(self.epoch, self.below, FIRST)

    def check(self, cursor: Cursor) -> None:
        """Refuse a place of another epoch, and one that was never reached in this."""
        if cursor.epoch != self.epoch or cursor.feed > self.below:
            raise Outdated


_HORIZON = {
    "postgresql": "SELECT value AS number, CASE WHEN pg_is_in_recovery() "
    "THEN (SELECT timeline_id FROM pg_control_checkpoint()) ELSE CAST(CAST("
    "'x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) AS bit(32)) AS integer) "
    "END AS timeline, CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint) "
    "AS below FROM counter WHERE name = 'epoch'",
    "sqlite": "SELECT value AS number, 0 AS timeline, coalesce((SELECT value FROM counter "
    "WHERE name = 'feed'), 0) + 1 AS below FROM counter WHERE name = 'epoch'",
}
"""A server that was promoted, or restored to a point in time, gives numbers that the former one
gave too; its timeline is another one, so that is an epoch of its own without anybody's saying."""


def horizon(connection: Connection) -> Horizon:
    """Say how far the feed can be read; what is asked afterwards may see more, never less."""
    row = connection.execute(sa.text(_HORIZON[connection.dialect.name])).one()
    return Horizon((row.number << _TIMELINE) + row.timeline, row.below)


def stamp(connection: Connection) -> Any:
    """Give the value of `feed` for all rows that this transaction changes."""
    if connection.dialect.name == "postgresql":
        return sa.literal_column(FEED_NUMBER, sa.BigInteger())
    return take_numbers(connection, NUMBER, 1)


def since(connection: Connection, table: sa.Table, at: Horizon, moment: int) -> Cursor:
    """Find the place from which everything is read that changed after a moment, and more.

    Clocks and transactions are out of step: so it is the first place at which anything of after
    the moment stands, and the place alone counts from there on, whatever the time of a row.
    """
    first = connection.execute(
        sa.select(sa.func.min(table.c.feed)).where(table.c.updated_at > moment - MARGIN)
    ).scalar_one()
    return at.end if first is None else Cursor(at.epoch, min(first, at.below), FIRST)


def readable(table: sa.Table, at: Horizon, after: Cursor) -> sa.ColumnElement[bool]:
    """Say in SQL what lies between a place and the horizon."""
    place = sa.tuple_(sa.literal(after.feed, sa.BigInteger()), sa.literal(after.id, sa.Uuid()))
    return sa.and_(sa.tuple_(table.c.feed, table.c.id) > place, table.c.feed < at.below)


def lag(connection: Connection) -> float:
    """Say for how many seconds the oldest change that is stored has been hidden from readers.

    Whatever writes for long holds all behind it back, in any database of the same server.
    """
    below = horizon(connection).below
    oldest = [
        connection.execute(
            sa.select(sa.func.min(table.c.updated_at)).where(table.c.feed >= below)
        ).scalar_one()
        for table in FOLLOWED
    ]
    now = db_now(connection)
    return max((max(0, now - at) / 1000 for at in oldest if at is not None), default=0.0)


def begin_epoch(connection: Connection) -> None:
    """Begin a new epoch, after a restore: every reader is told to begin anew.

    Rows with numbers that are yet to be given get such as nobody waits for.
    """
    if connection.dialect.name == "postgresql":
        for table in FOLLOWED:
            connection.execute(
                table.update()
                .where(table.c.feed >= sa.literal_column(_NEXT, sa.BigInteger()))
                .values(feed=table.c.updated_at - BEFORE)
            )
    connection.execute(
        counter.update().where(counter.c.name == EPOCH).values(value=counter.c.value + 1)
    )


_NEXT = "CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint)"


def recognise_restore(connection: Connection) -> bool:
    """Begin a new epoch where the server's transaction numbers began anew, as in a new cluster."""
    if connection.dialect.name != "postgresql":
        return False
    beyond = [
        sa.exists().where(table.c.feed >= sa.literal_column(_NEXT, sa.BigInteger()))
        for table in FOLLOWED
    ]
    if not connection.execute(sa.select(sa.or_(*beyond))).scalar_one():
        return False
    begin_epoch(connection)
    return True
