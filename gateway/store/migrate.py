"""Migrations: which stand, which are missing, and applying them under a lock."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection, Engine

from gateway.store import partitions

FOLDER = Path(__file__).parent / "migrations"


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def missing(connection: Connection) -> list[str]:
    """Name the migrations that this database lacks, oldest first."""
    script = ScriptDirectory.from_config(_config())
    stands = MigrationContext.configure(connection).get_current_revision()
    return [
        revision.revision
        for revision in reversed(list(script.iterate_revisions("head", stands or "base")))
    ]


def apply(engine: Engine) -> list[str]:
    """Bring an embedded database up to date; give what was applied."""
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        applied = apply_on(connection)
        connection.exec_driver_sql("COMMIT")
        return applied


def apply_on(connection: Connection) -> list[str]:
    """Apply what is missing within the caller's transaction; two at once wait for each other."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({partitions.LOCK})")
    applied = missing(connection)
    if applied:
        command.upgrade(_config(connection), "head")
    partitions.ensure(connection, datetime.now(UTC))
    return applied
