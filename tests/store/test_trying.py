"""Whether we may write is tried, not read from a flag."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from gateway.main.bootstrap import open_store
from gateway.operations.doctor import examine
from gateway.settings import Settings
from gateway.store.tables import outbox, system


async def wrong(settings: Settings) -> list[str]:
    """Say what the doctor finds wrong."""
    return [one.text for one in await examine(settings, [], login=False) if not one.good]


async def test_a_trial_leaves_nothing(tmp_path: Path, database: dict[str, Any]) -> None:
    """All is well after it, and no row is there that was not before."""
    settings = Settings(data=tmp_path, **database)
    await (await open_store(settings)).close()
    found = await wrong(settings)
    store = await open_store(settings)
    rows = await store.read(
        lambda connection: [connection.execute(one.select()).all() for one in (system, outbox)]
    )
    await store.close()

    assert (found, rows) == ([], [[], []])


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ("ALTER ROLE {who} SET default_transaction_read_only = on", "to write dossiers (25006)"),
        ("REVOKE DELETE ON outbox FROM {who}", "to write dossiers (42501)"),
        ("REVOKE ALL ON SEQUENCE fence FROM {who}", "to draw fences (42501)"),
    ],
)
async def test_what_a_server_refuses_is_named(
    tmp_path: Path, migrated: Callable[[], str], order: str, said: str
) -> None:
    """No flag of the server tells of each of these; a write that is refused does."""
    dsn, who = migrated(), f"poor_{tmp_path.name[-12:].strip('_')}".lower().replace("-", "_")
    owner = await asyncpg.connect(dsn)
    await owner.execute(f"CREATE ROLE {who} LOGIN")
    await owner.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {who}")
    await owner.execute(f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {who}")
    await owner.execute(f"GRANT CREATE ON SCHEMA public TO {who}")
    await owner.execute(order.format(who=who))
    place = urlsplit(dsn)
    theirs = urlunsplit(place._replace(netloc=f"{who}@{place.netloc.rpartition('@')[2]}"))
    found = await wrong(Settings(data=tmp_path, postgres=theirs))
    await owner.execute(f"DROP OWNED BY {who}")
    await owner.execute(f"DROP ROLE {who}")
    await owner.close()

    assert [one for one in found if said in one] == found != []


async def test_what_a_file_refuses_is_named(tmp_path: Path) -> None:
    """Over an embedded database too, in the words that it has for it."""
    settings = Settings(data=tmp_path)
    store = await open_store(settings)
    refuse = "CREATE TRIGGER t BEFORE INSERT ON system BEGIN SELECT RAISE(ABORT, 'no more'); END"
    await store.write(lambda connection: connection.exec_driver_sql(refuse).close())
    await store.close()

    assert await wrong(settings) == ["the database refuses: to write dossiers (no more)"]
