"""The audit's rows, added and never changed but to be sealed; what the settings last were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.rules.audit_chain import Line
from gateway.store.tables import audit, counter

SEEN = "settings:"
"""How the counters that keep the settings' digests begin."""


def add(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add lines to the audit."""
    if rows:
        connection.execute(audit.insert(), [dict(row) for row in rows])


def unsealed(connection: Connection, limit: int) -> list[Line]:
    """Give lines that are not sealed yet, oldest first."""
    rows = sa.select(audit).where(audit.c.place.is_(None)).order_by(audit.c.id).limit(limit)
    return _lines(connection, rows)


def seal(connection: Connection, sealed: Sequence[Line]) -> None:
    """Set place and MAC of lines, once: the database refuses a second time."""
    if sealed:
        changed = audit.update().where(audit.c.id == sa.bindparam("line"))
        connection.execute(
            changed.values(place=sa.bindparam("at_place"), mac=sa.bindparam("with_mac")),
            [{"line": one.id, "at_place": one.place, "with_mac": one.mac} for one in sealed],
        )


def last(connection: Connection, many: int) -> list[Line]:
    """Give the last sealed lines, newest first."""
    rows = sa.select(audit).where(audit.c.place.is_not(None))
    return _lines(connection, rows.order_by(audit.c.place.desc()).limit(many))


def sealed_after(connection: Connection, place: int, limit: int) -> list[Line]:
    """Give sealed lines behind a place, in their order."""
    rows = sa.select(audit).where(audit.c.place > place).order_by(audit.c.place).limit(limit)
    return _lines(connection, rows)


def between(
    connection: Connection, after: Line | None, since: int | None, until: int | None, limit: int
) -> list[Line]:
    """Give lines of a time, sealed or not, in the order of their ids, behind one of them."""
    rows = sa.select(audit).order_by(audit.c.id).limit(limit)
    if after is not None:
        rows = rows.where(audit.c.id > after.id)
    if since is not None:
        rows = rows.where(audit.c.at >= since)
    if until is not None:
        rows = rows.where(audit.c.at < until)
    return _lines(connection, rows)


def _lines(connection: Connection, rows: sa.Select[Any]) -> list[Line]:
    return [Line(**row) for row in connection.execute(rows).mappings()]


def renew_digests(connection: Connection, digests: Mapping[str, int]) -> dict[str, int]:
    """Keep what the settings are now, part by part; give what they were."""
    rows = connection.execute(
        sa.select(counter).where(counter.c.name.startswith(SEEN)).with_for_update()
    )
    before = {row.name.removeprefix(SEEN): int(row.value) for row in rows}
    gone = [f"{SEEN}{part}" for part in before.keys() - digests.keys()]
    if gone:
        connection.execute(counter.delete().where(counter.c.name.in_(gone)))
    for part, value in sorted(digests.items()):
        name = f"{SEEN}{part}"
        if part not in before:
            connection.execute(counter.insert().values(name=name, value=value))
        elif before[part] != value:
            connection.execute(counter.update().where(counter.c.name == name).values(value=value))
    return before
