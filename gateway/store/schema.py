"""The schema: which migrations stand, applying them under a lock, and a look at a shared database.

A process never works over a schema that is newer than it knows: it stops and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection, Engine

from gateway import VERSION
from gateway.store import feed, partitions
from gateway.store.dialect import now as db_now
from gateway.store.errors import SchemaNewer

FOLDER = Path(__file__).parent / "migrations"


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


@lru_cache(maxsize=1)
def _known() -> tuple[str, ...]:
    """Name the migrations that this program knows, oldest first."""
    script = ScriptDirectory.from_config(_config())
    return tuple(one.revision for one in script.walk_revisions())[::-1]


def missing(connection: Connection) -> list[str]:
    """Name the migrations that this database lacks, oldest first.

    Raises `SchemaNewer` where it has one that this program does not know.
    """
    known = list(_known())
    stands = MigrationContext.configure(connection).get_current_revision()
    if stands is None:
        return known
    if stands not in known:
        raise SchemaNewer(
            f"the database has schema {stands}, and this is lienthong {VERSION}, which knows "
            f"schemas up to {known[-1]}: start the newer program"
        )
    return known[known.index(stands) + 1 :]


def lacking(connection: Connection) -> str | None:
    """Say in one line why nobody can work with this database before it is migrated; None: one can.

    Raises `SchemaNewer` as `missing` does.
    """
    found = missing(connection)
    if not found:
        return None
    if len(found) == len(_known()):
        return f"the database is empty: {SETS_UP}"
    return (
        f"the database lacks {', '.join(found)}: `lienthong migrate` or the start of this "
        "version's `lienthong serve` or `worker` brings it up to date, after a backup"
    )


SETS_UP = "`lienthong migrate` or the first start of `lienthong serve` sets it up"

Noted = Callable[[Connection, Sequence[str]], None]
"""Called within the transaction with what was applied, where anything was."""


def apply(engine: Engine, noted: Noted) -> list[str]:
    """Bring an embedded database up to date; give what was applied."""
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        applied = apply_on(connection, noted)
        connection.exec_driver_sql("COMMIT")
        return applied


def apply_on(connection: Connection, noted: Noted) -> list[str]:
    """Apply what is missing within the caller's transaction; two at once wait for each other."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({partitions.LOCK})")
    applied = missing(connection)
    if applied:
        command.upgrade(_config(connection), "head")
    partitions.ensure(connection, datetime.now(UTC))
    feed.recognise_restore(connection)
    if applied:
        noted(connection, applied)
    return applied


def turn_months(connection: Connection, now: datetime, keep: int) -> list[str]:
    """Keep partitions of attempts standing ahead and drop those older than `keep` months."""
    return [*partitions.ensure(connection, now), *partitions.drop(connection, now, keep)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a look found. `now` in milliseconds, `version` as PostgreSQL counts it (150008)."""

    version: int
    now: int
    standby: bool
    synchronous: bool
    missing: tuple[str, ...]
    superuser: bool


def look(connection: Connection) -> Seen:
    """Look at version, clock, replication and migrations."""
    names = connection.execute(sa.text("SHOW synchronous_standby_names")).scalar_one()
    user = sa.text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    commit = connection.execute(sa.text("SHOW synchronous_commit")).scalar_one()
    return Seen(
        version=int(connection.execute(sa.text("SHOW server_version_num")).scalar_one()),
        now=db_now(connection),
        standby=bool(connection.execute(sa.text("SELECT pg_is_in_recovery()")).scalar_one()),
        synchronous=bool(names) and commit in {"on", "remote_write", "remote_apply"},
        missing=tuple(missing(connection)),
        superuser=bool(connection.execute(user).scalar_one()),
    )
