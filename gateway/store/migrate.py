"""Migrations: which stand, which are missing, and applying them under a lock."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection, Engine

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
    """Bring a database up to date; give what was applied. Two at once wait for each other."""
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        applied = missing(connection)
        if applied:
            command.upgrade(_config(connection), "head")
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("COMMIT")
        return applied
