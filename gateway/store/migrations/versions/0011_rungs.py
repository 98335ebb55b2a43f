"""On which rung a wait stands, so that the sweeper tells what a retry missed from its own work."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what waits now stands on none, so the sweeper ends it when it is due."""
    op.add_column("outbox", sa.Column("rung", sa.SmallInteger()))


def downgrade() -> None:
    """Forget it."""
    op.drop_column("outbox", "rung")
