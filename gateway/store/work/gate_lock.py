"""One system's row, locked for a turn: who settles gives places back, who claims takes them.

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
class Entry:
    """A system as it stands within this transaction; `now`: when its lock was held."""

    id: int
    gate: Gate
    until: int
    inflight: int
    held_by: str | None
    now: int
    changed: bool = False

    def leave(self, writing: Writing) -> None:
        """Let what changed be written with everything else."""
        if self.changed:
            row = {"gate": self.gate.row(), "gate_until": self.until, "inflight": self.inflight}
            writing.update(system, ("id",), [{"id": self.id, **row}])
            self.changed = False


@contextmanager
def entered(connection: Connection, of: int) -> Iterator[Entry]:
    """Lock a system's row until the transaction ends; write what changed, at the latest here."""
    row = connection.execute(_locked(connection.dialect.name), {"of": of}).one()
    at = Entry(of, Gate.read(row.gate), row.gate_until, row.inflight, row.held_by, row.now)
    yield at
    writing = Writing(connection)
    at.leave(writing)
    writing.write()


@lru_cache(maxsize=2)
def _locked(dialect: str) -> sa.Select[Any]:
    """Write the question once: every turn asks it. The time is that after the wait for the lock."""
    locked = (
        sa.select(system.c.gate, system.c.gate_until, system.c.inflight, system.c.held_by)
        .where(system.c.id == sa.bindparam("of"))
        .with_for_update()
        .subquery()
    )
    return sa.select(locked, now_column(dialect))
