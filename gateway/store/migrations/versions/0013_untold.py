"""What a lane was not told has a state of its own; plans that bring it up to date are rows.

Until now a lane in shadow mode counted as told. Where the ledger's tries prove it, it is put right:
the newest tries of the lane were shadowed, and none since told the system anything.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the states, the modes and the plans; then put right what was never sent."""
    op.add_column("lane", sa.Column("state", sa.Text()))
    op.add_column(
        "lane", sa.Column("state_seq", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
    op.add_column("outbox", sa.Column("again_from", sa.Integer()))
    op.add_column("outbox", sa.Column("again_lines", sa.Boolean()))
    op.create_table(
        "mode_change",
        sa.Column("system", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("system", "at"),
    )
    op.create_table(
        "plan",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("system", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("choice", sa.JSON(), nullable=False),
        sa.Column("lines_again", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("why", sa.Text()),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "plan_lane",
        sa.Column("plan", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("was", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("from_seq", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("wave", sa.Integer()),
        sa.Column("fence", sa.BigInteger()),
        sa.Column("outcome", sa.Text()),
        sa.PrimaryKeyConstraint("plan", "dossier_id"),
    )
    op.create_index("plan_lane_next", "plan_lane", ["plan", "state", "place"])
    op.create_index("plan_lane_dossier", "plan_lane", ["dossier_id"])
    for statement in RIGHTED:
        op.execute(statement)
    op.create_index(
        "lane_state",
        "lane",
        ["system", "state", "dossier_id"],
        sqlite_where=sa.text("state IS NOT NULL"),
        postgresql_where=sa.text("state IS NOT NULL"),
    )


RIGHTED = (
    """
    CREATE TEMPORARY TABLE never_sent AS
    SELECT a.dossier_id, a.system, min(a.from_seq) AS first, max(a.to_seq) AS last
    FROM attempt a
    WHERE a.outcome = 'shadowed' AND NOT a.late AND NOT EXISTS (
      SELECT 1 FROM attempt b
      WHERE b.dossier_id = a.dossier_id AND b.system = a.system AND b.id > a.id
      AND b.outcome IN ('delivered', 'pending') AND NOT b.late)
    GROUP BY a.dossier_id, a.system
    """,
    """
    UPDATE lane SET done_seq = n.first - 1,
      done_at = CASE WHEN n.first > 1 THEN lane.done_at END,
      state = CASE WHEN EXISTS (SELECT 1 FROM outbox o WHERE o.dossier_id = lane.dossier_id
        AND o.system = lane.system) THEN NULL ELSE 'shadowed' END,
      state_seq = CASE WHEN EXISTS (SELECT 1 FROM outbox o WHERE o.dossier_id = lane.dossier_id
        AND o.system = lane.system) THEN 0 ELSE n.last END
    FROM never_sent n
    WHERE n.dossier_id = lane.dossier_id AND n.system = lane.system AND lane.done_seq <= n.last
    """,
    "DROP TABLE never_sent",
)
"""The ledger of what was shadowed, from before: told up to the event before the first of them."""


def downgrade() -> None:
    """Count what was not told as told again, as before."""
    op.execute("UPDATE lane SET done_seq = state_seq WHERE state IS NOT NULL")
    op.drop_index("lane_state", table_name="lane")
    op.drop_table("plan_lane")
    op.drop_table("plan")
    op.drop_table("mode_change")
    op.drop_column("outbox", "again_lines")
    op.drop_column("outbox", "again_from")
    op.drop_column("lane", "state_seq")
    op.drop_column("lane", "state")
