"""How PostgreSQL plans what it is asked: for the tables as they are, not as they once were."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.main.bootstrap import open_store
from gateway.settings import Settings
from gateway.store.engine import Store
from gateway.store.ledger import dossiers

ASKED = 12
"""Times that a question is asked; after the fifth the server may keep a plan for all."""
PLANNED = """
    SELECT sum(generic_plans) AS kept, sum(custom_plans) AS made
    FROM pg_prepared_statements
    WHERE statement LIKE '%FROM dossier_code c%' AND statement NOT LIKE '%pg_prepared_statements%'
"""


@pytest.fixture
async def store(tmp_path: Path, postgres: Callable[[], str]) -> AsyncIterator[Store]:
    """Open a shared database."""
    found = await open_store(Settings(data=tmp_path, postgres=postgres()))
    yield found
    await found.close()


async def test_no_plan_outlives_the_tables_it_was_made_on(store: Store) -> None:
    """What is asked again and again while a database fills up is planned anew each time."""
    for _ in range(ASKED):
        await store.read(
            lambda connection: dossiers.find(connection, refs=[(1, "r")], codes=[("live", "c")])
        )
    planned = await store.read(lambda connection: connection.execute(sa.text(PLANNED)).one())

    assert (planned.kept, planned.made) == (0, ASKED)


FILL = """
    ALTER TABLE dossier SET (autovacuum_enabled = false);
    ALTER TABLE dossier_code SET (autovacuum_enabled = false);
    INSERT INTO dossier (id, owner, ref, environment, procedure, status, last_seq, digest, twin,
                         created_at, updated_at)
    SELECT gen_random_uuid(), 1, 'r' || n, 'live', 'p', 'received', 1, 'd',
           decode(md5(CAST(n AS text)), 'hex'), n, n FROM generate_series(1, 20000) AS n;
    INSERT INTO dossier_code (value, dossier_id, kind)
    SELECT 'c-' || ref, id, 'official' FROM dossier
"""
"""A gateway that was installed a minute ago, or restored: nobody has analysed its tables yet."""
READ_WHOLE = "SELECT sum(seq_tup_read) FROM pg_stat_xact_user_tables WHERE relname LIKE 'dossier%'"


async def test_no_table_is_read_whole_before_anybody_has_analysed_it(store: Store) -> None:
    """The question before a post looks up what was asked for, one by one."""

    def fill(connection: sa.Connection) -> None:
        for statement in FILL.split(";"):
            connection.execute(sa.text(statement))

    def ask(connection: sa.Connection) -> tuple[int, int, int]:
        before = connection.execute(sa.text(READ_WHOLE)).scalar_one()
        many = range(1, 51)
        found = dossiers.find(
            connection,
            refs=[(1, f"r{n}") for n in many],
            codes=[("live", f"c-r{n}") for n in range(51, 101)],
            twins=[hashlib.md5(str(n).encode()).digest() for n in many],  # noqa: S324 - any bytes
        )
        read = connection.execute(sa.text(READ_WHOLE)).scalar_one()
        return len(found.ids), len(found.twins), int(read - before)

    await store.write(fill)

    assert await store.read(ask) == (100, 50, 0)
