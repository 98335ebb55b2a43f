"""On PostgreSQL: no foreign keys to a dossier. On SQLite nothing.

Each row that points to one cost a look and a lock of its own at every insert: eight a dossier, more
than all else that intake asks of the server. What they promised holds by the transaction that
writes a dossier with all its rows (ADR 0017).
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

POINTING = ("joined", "dossier_code", "evidence", "event", "lane", "todo")


def upgrade() -> None:
    """Let them go."""
    bind = op.get_bind()
    if bind.dialect.name != "postgresql":
        return
    for table in POINTING:
        for key in sa.inspect(bind).get_foreign_keys(table):
            if key["referred_table"] == "dossier" and key["name"]:
                op.drop_constraint(key["name"], table, type_="foreignkey")


def downgrade() -> None:
    """Bring them back."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in POINTING:
        op.create_foreign_key(None, table, "dossier", ["dossier_id"], ["id"])
