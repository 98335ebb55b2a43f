"""The audit's rows: added, never changed but to be sealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.engine import Connection

from gateway.store.tables import audit


def add(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add lines to the audit."""
    if rows:
        connection.execute(audit.insert(), [dict(row) for row in rows])
