"""Who may what: principals, keys, accounts, the audit; whose a dossier is; which joins are sure."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _column(
    name: str, kind: sa.types.TypeEngine[Any], default: str | None = None
) -> sa.Column[Any]:
    """Make a column that rows of before get a value for, where it may not be null."""
    if default is None:
        return sa.Column(name, kind, nullable=True)
    return sa.Column(name, kind, nullable=False, server_default=sa.text(default))


def _added() -> dict[str, list[sa.Column[Any]]]:
    """Give the new columns of tables that there are."""
    return {
        "client": [
            _column("sort", sa.Text(), "'client'"),
            _column("roles", sa.JSON(), """'["submitter"]'"""),
            _column("helps", sa.JSON(), "'[]'"),
        ],
        "client_key": [
            _column("prefix", sa.Text(), "''"),
            _column("last_used_at", sa.BigInteger()),
        ],
        "dossier": [
            _column("by_agency", sa.Boolean(), "false"),
            _column("receiving", sa.Text()),
            _column("helped", sa.Text()),
            _column("voided", sa.Boolean(), "false"),
        ],
        "joined": [_column("verified", sa.Boolean(), "true")],
    }


def upgrade() -> None:
    """Add columns and tables; what came from a system belongs to the agency, as before."""
    for table, columns in _added().items():
        for column in columns:
            op.add_column(table, column)
    op.execute(
        "UPDATE dossier SET voided = true "
        "WHERE id IN (SELECT dossier_id FROM event WHERE kind = 'voided')"
    )
    op.execute("UPDATE client SET sort = 'system' WHERE name LIKE 'system:%'")
    op.execute(
        "UPDATE dossier SET by_agency = true "
        "WHERE owner IN (SELECT id FROM client WHERE sort = 'system')"
    )
    _older_keys()
    _accounts()
    _audit()
    _append_only()


def _older_keys() -> None:
    """Name keys of before by their hash: their first letters are known to nobody here."""
    postgres = op.get_bind().dialect.name == "postgresql"
    hexed = "encode(hash, 'hex')" if postgres else "lower(hex(hash))"
    op.execute(f"UPDATE client_key SET prefix = '#' || substr({hexed}, 1, 8)")  # noqa: S608 - ours


def _accounts() -> None:
    op.create_table(
        "account",
        sa.Column("client", sa.Integer(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["client"], ["client.id"]),
        sa.PrimaryKeyConstraint("client"),
        sa.UniqueConstraint("login"),
    )
    op.create_table(
        "account_session",
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.Column("client", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["client"], ["client.id"]),
        sa.PrimaryKeyConstraint("hash"),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=True),
        sa.Column("mac", sa.LargeBinary(32), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("place"),
    )
    op.create_index(
        "audit_unsealed",
        "audit",
        ["id"],
        sqlite_where=sa.text("place IS NULL"),
        postgresql_where=sa.text("place IS NULL"),
    )


UNSEALED = ("id", "at", "who", "what", "object", "reason", "result", "request")
"""What no line ever changes; `place` and `mac` are set once."""


def _append_only() -> None:
    """Let the database itself refuse to change or delete a line, whoever asks.

    A superuser can switch a trigger off: then the seals tell.
    """
    if op.get_bind().dialect.name == "postgresql":
        ours, theirs = (", ".join(f"{of}.{name}" for name in UNSEALED) for of in ("NEW", "OLD"))
        op.execute(
            "CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF TG_OP = 'UPDATE' THEN IF OLD.place IS NULL AND NEW.place IS NOT NULL "
            f"AND NEW.mac IS NOT NULL AND ROW({ours}) IS NOT DISTINCT FROM ROW({theirs}) "
            "THEN RETURN NEW; END IF; END IF; RAISE EXCEPTION 'the audit is append-only'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_kept BEFORE UPDATE OR DELETE ON audit "
            "FOR EACH ROW EXECUTE FUNCTION audit_append_only()"
        )
        op.execute(
            "CREATE TRIGGER audit_whole BEFORE TRUNCATE ON audit "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()"
        )
        return
    differs = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in UNSEALED)
    refuse = "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
    op.execute(
        "CREATE TRIGGER audit_kept BEFORE UPDATE ON audit WHEN OLD.place IS NOT NULL "
        f"OR NEW.place IS NULL OR NEW.mac IS NULL OR {differs} {refuse}"
    )
    op.execute(f"CREATE TRIGGER audit_whole BEFORE DELETE ON audit {refuse}")
    there = "EXISTS (SELECT 1 FROM audit WHERE id = NEW.id OR place = NEW.place)"
    # REPLACE deletes without a word to the trigger above.
    op.execute(f"CREATE TRIGGER audit_new BEFORE INSERT ON audit WHEN {there} {refuse}")


def downgrade() -> None:
    """Drop them again."""
    for table in ("audit", "account_session", "account"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_append_only()")
    for table, columns in _added().items():
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.drop_column(column.name)
