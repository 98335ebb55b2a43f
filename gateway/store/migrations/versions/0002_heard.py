"""What is heard: inboxes, further sources, codes, evidence."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables; codes that dossiers have already are taken over."""
    op.create_table(
        "inbox",
        sa.Column("system", sa.Integer(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("polled_at", sa.BigInteger(), nullable=True),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("fence", sa.BigInteger(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("system"),
    )
    op.create_table(
        "dossier_code",
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"]),
        sa.PrimaryKeyConstraint("value", "dossier_id"),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("pointers", sa.JSON(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "ref", name="evidence_source_ref"),
    )
    op.create_index("evidence_dossier", "evidence", ["dossier_id"], unique=False)
    op.create_index(
        "evidence_orphan",
        "evidence",
        ["code"],
        unique=False,
        sqlite_where=sa.text("dossier_id IS NULL"),
        postgresql_where=sa.text("dossier_id IS NULL"),
    )
    op.create_table(
        "joined",
        sa.Column("client", sa.Integer(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=True),
        sa.Column("joined_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"]),
        sa.PrimaryKeyConstraint("client", "ref"),
    )
    op.create_index("joined_dossier", "joined", ["dossier_id"], unique=False)
    op.add_column("dossier", sa.Column("twin", sa.LargeBinary(length=16), nullable=True))
    op.add_column("dossier", sa.Column("merged_into", sa.Uuid(), nullable=True))
    op.create_index("dossier_twin", "dossier", ["twin"], unique=False)
    op.execute(
        "INSERT INTO dossier_code (value, dossier_id, kind) "
        "SELECT code, id, 'official' FROM dossier WHERE code IS NOT NULL"
    )


def downgrade() -> None:
    """Drop them again."""
    op.drop_index("dossier_twin", table_name="dossier")
    op.drop_column("dossier", "merged_into")
    op.drop_column("dossier", "twin")
    op.drop_index("joined_dossier", table_name="joined")
    op.drop_table("joined")
    op.drop_index(
        "evidence_orphan",
        table_name="evidence",
        sqlite_where=sa.text("dossier_id IS NULL"),
        postgresql_where=sa.text("dossier_id IS NULL"),
    )
    op.drop_index("evidence_dossier", table_name="evidence")
    op.drop_table("evidence")
    op.drop_table("dossier_code")
    op.drop_table("inbox")
