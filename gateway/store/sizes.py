"""How large the database is."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

ASKED = {
    "postgresql": "SELECT pg_database_size(current_database())",
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
}


def database_bytes(connection: Connection) -> int:
    """Give the bytes that the database takes on its disk, without the log of its changes."""
    return int(connection.execute(sa.text(ASKED[connection.dialect.name])).scalar_one())
