"""What one process at a time does for all: a name, who has it, and until when."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from gateway.store.dialect import now as db_now
from gateway.store.tables import leadership


def acquire(connection: Connection, name: str, holder: str, lease: int) -> bool:
    """Take or keep a duty for `lease` ms; False: somebody else has it."""
    now = db_now(connection)
    row = {"name": name, "holder": holder, "until": now + lease}
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    added = insert(leadership).values(row).on_conflict_do_nothing(index_elements=["name"])
    if connection.execute(added).rowcount:
        return True
    changed = connection.execute(
        leadership.update()
        .where(
            leadership.c.name == name,
            sa.or_(leadership.c.holder == holder, leadership.c.until <= now),
        )
        .values(holder=holder, until=now + lease)
    )
    return changed.rowcount == 1
