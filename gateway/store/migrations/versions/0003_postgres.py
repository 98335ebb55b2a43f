"""On PostgreSQL: a sequence for fences, and attempts by month. On SQLite nothing."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make what several processes need."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("CREATE SEQUENCE fence")
    op.execute("ALTER TABLE attempt RENAME TO attempt_old")
    op.execute("ALTER INDEX attempt_dossier RENAME TO attempt_dossier_old")
    op.execute("ALTER TABLE attempt_old RENAME CONSTRAINT attempt_pkey TO attempt_old_pkey")
    op.execute(
        "CREATE TABLE attempt (LIKE attempt_old INCLUDING DEFAULTS, PRIMARY KEY (id)) "
        "PARTITION BY RANGE (id)"
    )
    op.execute("CREATE INDEX attempt_dossier ON attempt (dossier_id, id)")
    op.execute("CREATE TABLE attempt_default PARTITION OF attempt DEFAULT")
    op.execute("INSERT INTO attempt SELECT * FROM attempt_old")
    op.execute("DROP TABLE attempt_old")
    op.execute(
        "ALTER TABLE todo SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, "
        "autovacuum_vacuum_threshold = 5000)"
    )
    op.execute("ALTER TABLE lane SET (fillfactor = 85)")
    op.execute("ALTER TABLE dossier SET (fillfactor = 85)")


def downgrade() -> None:
    """Go back to one table and a counter."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("CREATE TABLE attempt_plain (LIKE attempt INCLUDING DEFAULTS)")
    op.execute("INSERT INTO attempt_plain SELECT * FROM attempt")
    op.execute("DROP TABLE attempt")
    op.execute("ALTER TABLE attempt_plain RENAME TO attempt")
    op.execute("ALTER TABLE attempt ADD PRIMARY KEY (id)")
    op.execute("CREATE INDEX attempt_dossier ON attempt (dossier_id, id)")
    op.execute("DROP SEQUENCE fence")
