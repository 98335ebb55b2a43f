"""One system's row, locked for a turn: completed attempts give places back, claims take them.

Both happen in one transaction most of the time, so the row is read once and written once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.rules.gate import Gate
from gateway.store.dialect import now_column
from gateway.store.rows import Writing
from gateway.store.tables import system


@dataclass(slots=True)
class SystemLock:
    """A system as it stands within this transaction; `now`: when its lock was held."""

    id: int
    gate: Gate
    until: int
    inflight: int
    held_by: str | None
    now: int
    changed: bool = False

    def write_to(self, writing: Writing) -> None:
        """Let what changed be written with everything else."""
        if self.changed:
            row = {"gate": self.gate.row(), "gate_until": self.until, "inflight": self.inflight}
            writing.update(system, ("id",), [{"id": self.id, **row}])
            self.changed = False


@contextmanager
def locked(connection: Connection, of: int) -> Iterator[SystemLock]:
    """Lock a system's row until the transaction ends; write what changed, at the latest here."""
    found = connection.execute(_question(connection.dialect.name), {"of": of}).one()
    lock = SystemLock(
        of, Gate.from_row(found.gate), found.gate_until, found.inflight, found.held_by, found.now
    )
    yield lock
    writing = Writing(connection)
    lock.write_to(writing)
    writing.write()


@lru_cache(maxsize=2)
def _question(dialect: str) -> sa.Select[Any]:
    """Write the question once: every turn asks it. The time is that after the wait for the lock."""
    row = (
        sa.select(system.c.gate, system.c.gate_until, system.c.inflight, system.c.held_by)
        .where(system.c.id == sa.bindparam("of"))
        .with_for_update()
        .subquery()
    )
    return sa.select(row, now_column(dialect))
