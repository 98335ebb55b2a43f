"""A database that was restored from a backup: known by a fence behind what was seen of it.

Fences only rise. Whoever has seen a higher one of the same database knows that this one is older,
and that what was told since stands in no ledger. Times in milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.rules.lane_states import PARKED, READY, WAITING
from gateway.rules.outcomes import ALL_MAY_STAND_TWICE, MAY_STAND
from gateway.store import feed
from gateway.store.dialect import now as db_now
from gateway.store.ledger.doubts import Doubtful, listed
from gateway.store.tables import counter, outbox, system

DATABASE, RESTORED, FENCE = "database", "restored", "fence"
"""Names in the table of counters; the last on SQLite only."""
JUMP = 1_000_000
"""So many fences are left out: more than anybody can have drawn since the last witness was left."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The number of a database, and the highest fence that it has given."""

    database: int
    fence: int


def mark(connection: Connection) -> Mark:
    """Read the mark within a transaction that writes: once it is committed, no crash undoes it."""
    number = connection.execute(
        counter.update()
        .where(counter.c.name == DATABASE)
        .values(value=counter.c.value)
        .returning(counter.c.value)
    ).scalar_one()
    return Mark(int(number), _fence(connection))


def _fence(connection: Connection) -> int:
    if connection.dialect.name == "postgresql":
        return int(connection.execute(sa.text("SELECT last_value FROM fence")).scalar_one())
    asked = sa.select(counter.c.value).where(counter.c.name == FENCE)
    return int(connection.execute(asked).scalar_one_or_none() or 0)


def restored_at(connection: Connection) -> int | None:
    """Say when the database was last restored; None: never, as far as is known."""
    asked = sa.select(counter.c.value).where(counter.c.name == RESTORED)
    return connection.execute(asked).scalar_one_or_none()


@dataclass(frozen=True, slots=True, kw_only=True)
class Appends:
    """Of a configured system: whether some of what it is told would stand twice, and what then.

    parks: a human decides on such lanes
    """

    name: str
    appends: bool
    parks: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What a restore comes to: lanes by system that may be told again, and the systems held."""

    doubtful: Mapping[str, int]
    held: tuple[str, ...]


def begin_again(
    connection: Connection, systems: Mapping[int, Appends], seen: int | None, why: str
) -> Found | None:
    """Go on after a restore: doubt what remains, hold who would be told twice, begin an epoch.

    seen: the highest fence that anybody has seen; None where a person says that it was restored
    None is given where the database is not behind: another process has done this already.
    """
    here = mark(connection)
    if seen is not None and here.fence >= seen:
        return None
    _jump(connection, max(here.fence, seen or 0) + JUMP)
    now = db_now(connection)
    # Whoever held a lease when the backup was taken is of another life.
    connection.execute(outbox.update().where(outbox.c.lease_until > now).values(lease_until=now))
    doubtful = {one.name: _doubt(connection, number, one) for number, one in systems.items()}
    held = _hold(connection, [one.name for one in systems.values() if one.appends], why)
    feed.begin_epoch(connection)
    if restored_at(connection) is None:
        connection.execute(counter.insert().values(name=RESTORED, value=now))
    else:
        connection.execute(counter.update().where(counter.c.name == RESTORED).values(value=now))
    return Found({name: many for name, many in doubtful.items() if many}, held)


def _jump(connection: Connection, fence: int) -> None:
    """Go on beyond every fence given before the restore: no old wake-up means a new wait."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT setval('fence', :fence)"), {"fence": fence})
        return
    if (
        connection.execute(
            counter.update().where(counter.c.name == FENCE).values(value=fence)
        ).rowcount
        == 0
    ):
        connection.execute(counter.insert().values(name=FENCE, value=fence))


def _doubt(connection: Connection, number: int, one: Appends) -> int:
    """Doubt all that is to be told to a system; give for how many lanes."""
    doubt = ALL_MAY_STAND_TWICE if one.appends else MAY_STAND
    changed = connection.execute(
        outbox.update()
        .where(outbox.c.system == number, outbox.c.uncertainty < doubt)
        .values(uncertainty=doubt)
    ).rowcount
    if one.appends and one.parks:
        connection.execute(
            outbox.update()
            .where(
                outbox.c.system == number,
                outbox.c.state.in_((READY, WAITING)),
                outbox.c.lease_until.is_(None),  # a lapsed lease parks by itself
                outbox.c.reason.is_distinct_from("needs_code"),
            )
            .values(
                state=PARKED,
                wake_at=None,
                reason="may_stand_once",
                cause="may_stand_once",
                parked_for="operator",
            )
        )
    return changed


def _hold(connection: Connection, names: list[str], why: str) -> tuple[str, ...]:
    rows = connection.execute(
        system.update()
        .where(system.c.name.in_(names))
        .values(held_by="lienthong", held_why=why)
        .returning(system.c.name)
    )
    return tuple(sorted(row.name for row in rows))


__all__ = [
    "Appends",
    "Doubtful",
    "Found",
    "Mark",
    "begin_again",
    "listed",
    "mark",
    "restored_at",
]
