"""Ledgers from before lanes had states of their own are put right where their tries prove it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from uuid_utils.compat import uuid7

from gateway.main.bootstrap import open_store
from gateway.settings import Settings
from gateway.store import schema
from gateway.store.engine import Connection
from gateway.store.tables import lane

BEFORE = "0010"
SAID: dict[str, tuple[list[tuple[str, int, int]], int]] = {
    "shadowed": ([("shadowed", 1, 1), ("shadowed", 2, 3)], 3),
    "mixed": ([("delivered", 1, 2), ("shadowed", 3, 3)], 3),
    "live since": ([("shadowed", 1, 1), ("delivered", 2, 2)], 2),
    "in vain since": ([("shadowed", 1, 1), ("unreachable", 2, 2)], 1),
    "told": ([("delivered", 1, 1)], 1),
    "unproven": ([], 4),
}
"""By its name: the tries of a lane, and up to where it was said to be told."""


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(schema.FOLDER))
    config.attributes["connection"] = connection
    return config


def fill(connection: Connection) -> dict[str, UUID]:
    """Go back to the schema of before, and write a ledger as it was written then."""
    command.downgrade(_config(connection), BEFORE)
    ids: dict[str, UUID] = {}
    for name, (tries, done) in SAID.items():
        ids[name] = uuid7()
        here = ids[name] if connection.dialect.name == "postgresql" else ids[name].hex
        connection.execute(
            sa.text(
                "INSERT INTO dossier (id, owner, ref, environment, procedure, status, last_seq, "
                "digest, by_agency, voided, created_at, updated_at, feed) VALUES (:id, 1, :ref, "
                "'live', '1', 'submitted', :seq, :ref_, false, false, 1, 1, 1)"
            ),
            {"id": here, "ref": name, "seq": done, "ref_": b"1"},
        )
        connection.execute(
            sa.text(
                "INSERT INTO lane (dossier_id, system, done_seq, done_at, remote, born_here) "
                "VALUES (:id, 1, :done, 5, '{}', false)"
            ),
            {"id": here, "done": done},
        )
        for outcome, first, last in tries:
            own = uuid7()
            connection.execute(
                sa.text(
                    "INSERT INTO attempt (id, dossier_id, system, from_seq, to_seq, fence, worker, "
                    "started_at, ended_at, outcome, late, adapter, detail) VALUES (:own, :id, 1, "
                    ":first, :last, 1, 'w', 1, 1, :outcome, false, 'a 1 x', '{}')"
                ),
                {
                    "own": own if connection.dialect.name == "postgresql" else own.hex,
                    "id": here,
                    "first": first,
                    "last": last,
                    "outcome": outcome,
                },
            )
    return ids


async def test_what_was_shadowed_before_is_put_right(
    tmp_path: Path, database: dict[str, Any]
) -> None:
    """Law 20: Told is only what a try told; what no try proves stays as it was written."""
    store = await open_store(Settings(data=tmp_path, **database))

    def migrate(connection: Connection) -> dict[str, tuple[int, str | None, int]]:
        ids = fill(connection)
        command.upgrade(_config(connection), "head")
        rows = {row.dossier_id: row for row in connection.execute(sa.select(lane))}
        return {
            name: (rows[key].done_seq, rows[key].state, rows[key].state_seq)
            for name, key in ids.items()
        }

    found = await store.write(migrate)
    await store.close()

    assert found == {
        "shadowed": (0, "shadowed", 3),
        "mixed": (2, "shadowed", 3),
        "live since": (2, None, 0),
        "in vain since": (0, "shadowed", 1),
        "told": (1, None, 0),
        "unproven": (4, None, 0),
    }
