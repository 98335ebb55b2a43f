"""Dossiers in the order in which they changed, so that whoever follows them misses none.

Dossiers of before get numbers by the time of their last change, below all that follow.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give all dossiers numbers, and begin the first epoch."""
    op.add_column(
        "dossier", sa.Column("feed", sa.BigInteger(), nullable=False, server_default=sa.text("0"))
    )
    op.execute("UPDATE dossier SET feed = updated_at - 10000000000000")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "ALTER TABLE dossier ALTER COLUMN feed "
            "SET DEFAULT CAST(CAST(pg_current_xact_id() AS text) AS bigint)"
        )
    op.drop_index("dossier_owner_updated", table_name="dossier")
    op.create_index("dossier_feed", "dossier", ["feed", "id"])
    op.execute("INSERT INTO counter (name, value) VALUES ('epoch', 1)")


def downgrade() -> None:
    """List by the clock again."""
    op.execute("DELETE FROM counter WHERE name IN ('epoch', 'feed')")
    op.drop_index("dossier_feed", table_name="dossier")
    with op.batch_alter_table("dossier") as batch:
        batch.drop_column("feed")
    op.create_index("dossier_owner_updated", "dossier", ["owner", "updated_at", "id"])
