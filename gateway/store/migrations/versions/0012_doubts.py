"""What may stand twice at a system is kept with its lane; and each database has a number of its own.

By its number and its fence a database is known to have been restored from a backup.
"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, and draw the number."""
    op.add_column("lane", sa.Column("doubled", sa.JSON(none_as_null=True), nullable=True))
    counter = sa.table("counter", sa.column("name", sa.Text), sa.column("value", sa.BigInteger))
    op.execute(counter.insert().values(name="database", value=secrets.randbits(62)))


def downgrade() -> None:
    """Forget both."""
    op.execute("DELETE FROM counter WHERE name IN ('database', 'restored')")
    with op.batch_alter_table("lane") as batch:
        batch.drop_column("doubled")
