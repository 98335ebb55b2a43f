"""How PostgreSQL plans what it is asked: for the tables as they are, not as they once were."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.main.opening import open_store
from gateway.settings import Settings
from gateway.store import dossiers
from gateway.store.engine import Store

ASKED = 12
"""Times that a question is asked; after the fifth the server may keep a plan for all."""
PLANNED = """
    SELECT sum(generic_plans) AS kept, sum(custom_plans) AS made
    FROM pg_prepared_statements
    WHERE statement LIKE '%JOIN dossier_code%' AND statement NOT LIKE '%pg_prepared_statements%'
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
