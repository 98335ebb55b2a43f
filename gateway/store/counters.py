"""Numbers that are given once: fencing tokens, and official codes where the gateway allocates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.store.tables import counter


def take_numbers(connection: Connection, name: str, count: int) -> int:
    """Take `count` numbers of a sequence; give the first."""
    taken = connection.execute(
        counter.update()
        .where(counter.c.name == name)
        .values(value=counter.c.value + count)
        .returning(counter.c.value)
    ).scalar_one_or_none()
    if taken is None:
        connection.execute(counter.insert().values(name=name, value=count))
        taken = count
    return int(taken) - count + 1


def next_fence(connection: Connection) -> int:
    """Take a fencing token, greater than any taken before in the lane it is for."""
    if connection.dialect.name == "postgresql":
        return int(connection.execute(sa.text("SELECT nextval('fence')")).scalar_one())
    return take_numbers(connection, "fence", 1)


def values(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    """Read how far some sequences are, 0 if nothing was taken; nobody else takes until the end."""
    wanted = sorted({*names})
    if not wanted:
        return {}
    rows = connection.execute(
        sa.select(counter)
        .where(counter.c.name.in_(wanted))
        .order_by(counter.c.name)
        .with_for_update()
    )
    return dict.fromkeys(wanted, 0) | {row.name: row.value for row in rows}


def advance(connection: Connection, before: Mapping[str, int], after: Mapping[str, int]) -> None:
    """Write how far sequences are after numbers of them were given."""
    for name, value in sorted(after.items()):
        if value == before[name]:
            continue
        if before[name] == 0:
            connection.execute(counter.insert().values(name=name, value=value))
        else:
            connection.execute(counter.update().where(counter.c.name == name).values(value=value))
