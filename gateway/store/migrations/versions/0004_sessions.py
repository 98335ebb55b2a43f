"""Sessions with outside systems, shared."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "session",
        sa.Column("system", sa.Integer(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("login_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("system"),
    )


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("session")
