"""Which row was last taken of each ref, so that the same one again costs next to nothing.

The codes of a dossier are found by an index: without one the whole table was read for each group.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and the index."""
    op.create_table(
        "row_taken",
        sa.Column("client", sa.Integer(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("client", "ref"),
    )
    op.create_index("row_taken_dossier", "row_taken", ["dossier_id"])
    op.create_index("dossier_code_dossier", "dossier_code", ["dossier_id"])


def downgrade() -> None:
    """Parse every row again."""
    op.drop_index("dossier_code_dossier", table_name="dossier_code")
    op.drop_table("row_taken")
