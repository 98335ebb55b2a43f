"""The rows of the configured systems: their gates, who holds them, how many lanes are under way."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.rules.gate import Gate
from gateway.store.tables import outbox, system
from gateway.store.work.modes import history, mode_at
from gateway.store.work.modes import note as note_modes

__all__ = [
    "count_places",
    "history",
    "hold",
    "mode_at",
    "note_modes",
    "number",
    "register",
    "release",
]


def register(connection: Connection, names: Sequence[str]) -> dict[str, int]:
    """Make sure that every configured system has a row; give the ids by name."""
    known = {row.name: row.id for row in connection.execute(sa.select(system.c.name, system.c.id))}
    missing = [name for name in names if name not in known]
    if missing:
        connection.execute(
            system.insert(), [{"name": name, "gate": Gate().row()} for name in missing]
        )
        known = {
            row.name: row.id for row in connection.execute(sa.select(system.c.name, system.c.id))
        }
    return {name: known[name] for name in names}


def hold(connection: Connection, names: Sequence[str], who: str, why: str) -> list[str]:
    """Pause systems (all if none is named); give the names of those now held."""
    chosen = system.c.name.in_(names) if names else sa.true()
    rows = connection.execute(
        system.update().where(chosen).values(held_by=who, held_why=why).returning(system.c.name)
    )
    return sorted(row.name for row in rows)


def release(connection: Connection, names: Sequence[str]) -> list[str]:
    """Let systems send again (all if none is named); give the names of those that were held."""
    chosen = system.c.name.in_(names) if names else sa.true()
    rows = connection.execute(
        system.update()
        .where(chosen, system.c.held_by.is_not(None))
        .values(held_by=None, held_why=None)
        .returning(system.c.name)
    )
    return sorted(row.name for row in rows)


def count_places(connection: Connection) -> None:
    """Count again, at the start of the only process, how many lanes hold a place."""
    leased = (
        sa.select(sa.func.count())
        .select_from(outbox)
        .where(outbox.c.system == system.c.id, outbox.c.lease_until.is_not(None))
        .scalar_subquery()
    )
    connection.execute(system.update().values(inflight=leased))


def number(connection: Connection, name: str) -> int | None:
    """Give the number of a system; None: no gateway has started with it yet."""
    found: int | None = connection.execute(
        sa.select(system.c.id).where(system.c.name == name)
    ).scalar_one_or_none()
    return found
