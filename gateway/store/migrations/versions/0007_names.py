"""The field's words for tables and columns: `todo` is an outbox, `duty` is leadership.

Nothing of what is stored changes. A process of before this cannot go on over these tables: stop
all of them first (CONTRIBUTING.md, "Migrations").
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = {"todo": "outbox", "duty": "leadership"}
COLUMNS = {"doubt": "uncertainty", "lost": "expired_leases"}
INDEXES = {
    "ready": ("rank", "state = 1"),
    "timer": ("wake_at", "state IN (2, 4)"),
    "parked": ("cause", "state = 3"),
}
"""Of the outbox: its further column, and the rows that it holds."""


def upgrade() -> None:
    """Rename tables, columns, indexes and, on PostgreSQL, keys."""
    _rename(TABLES, COLUMNS)


def downgrade() -> None:
    """Give them their old names again."""
    _rename({new: old for old, new in TABLES.items()}, {new: old for old, new in COLUMNS.items()})


def _rename(tables: dict[str, str], columns: dict[str, str]) -> None:
    shared = op.get_bind().dialect.name == "postgresql"
    for old, new in tables.items():
        op.rename_table(old, new)
        if shared:
            op.execute(f"ALTER INDEX {old}_pkey RENAME TO {new}_pkey")
    before, after = next(pair for pair in tables.items() if "outbox" in pair)
    for old, new in columns.items():
        op.execute(f"ALTER TABLE {after} RENAME COLUMN {old} TO {new}")
    for name, (column, held) in INDEXES.items():
        if shared:
            op.execute(f"ALTER INDEX {before}_{name} RENAME TO {after}_{name}")
            continue
        op.drop_index(f"{before}_{name}", table_name=after)  # SQLite renames no index
        op.create_index(f"{after}_{name}", after, ["system", column], sqlite_where=sa.text(held))
