"""A process and a schema that is newer than it knows: it stops, and says why in one line."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext

from gateway import VERSION
from gateway.main.bootstrap import open_store, over_store
from gateway.settings import Settings, SettingsError
from gateway.store.engine import Store
from gateway.store.errors import SchemaNewer
from gateway.store.postgres import PostgresStore
from gateway.store.schema import missing
from gateway.workbench import reaper
from gateway.workbench.machine import free_port

NEWER = "UPDATE alembic_version SET version_num = '9999'"
LINE = (
    f"the database has schema 9999, and this is lienthong {VERSION}, which knows "
    "schemas up to {}: start the newer program"
)


def newest() -> str:
    """Give the newest migration that this program knows."""
    with sa.create_engine("sqlite://").connect() as connection:
        return missing(connection)[-1]


def environ(folder: Path, database: dict[str, Any]) -> dict[str, str]:
    """Give the surroundings of a process over this database."""
    clean = {name: text for name, text in os.environ.items() if not name.startswith("LIENTHONG_")}
    named = {"LIENTHONG_DATABASE": database["postgres"]} if "postgres" in database else {}
    return clean | {"LIENTHONG_DATA": str(folder)} | named | reaper.mark()


async def migrated(settings: Settings, *more: str) -> None:
    """Bring a database to where a newer program would leave it."""
    store = await open_store(settings)
    orders = [sa.text(order) for order in (*more, NEWER)]
    await store.write(lambda connection: [connection.execute(order) for order in orders])
    await store.close()


async def test_an_older_program_does_not_start(tmp_path: Path, database: dict[str, Any]) -> None:
    """Both versions are named, and nothing is changed."""
    settings = Settings(data=tmp_path, **database)
    await migrated(settings)

    with pytest.raises(SchemaNewer) as told:
        await open_store(settings)

    assert str(told.value) == LINE.format(newest())


async def test_an_older_command_says_so_in_one_line(
    tmp_path: Path, database: dict[str, Any]
) -> None:
    """Without a traceback, and with the code of what a human must put right."""
    await migrated(Settings(data=tmp_path, **database))
    done = await asyncio.to_thread(command, tmp_path, database, "serve", "--port", "0")

    (said,) = map(json.loads, done.stderr.splitlines())
    assert (done.returncode, said["why"]) == (2, LINE.format(newest()))


async def test_migrate_says_that_a_database_is_newer(
    tmp_path: Path, database: dict[str, Any]
) -> None:
    """It was reached: what is wrong is not where it stands."""
    await migrated(Settings(data=tmp_path, **database))
    done = await asyncio.to_thread(command, tmp_path, database, "migrate", "--show")

    assert (done.returncode, "cannot be reached" in done.stderr) == (2, False)
    assert LINE.format(newest()) in done.stderr


async def stands(settings: Settings) -> str | None:
    """Say which migration a database has, without opening it as a gateway does."""
    if settings.postgres is None:
        if not settings.database.exists():
            return None
        with sa.create_engine(f"sqlite:///{settings.database}").connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    store = PostgresStore(settings.postgres)
    try:
        return await store.read(lambda on: MigrationContext.configure(on).get_current_revision())
    finally:
        await store.close()


async def test_a_command_sets_up_no_database(
    tmp_path: Path, empty_database: dict[str, Any]
) -> None:
    """It says so in one line, ends with 2, and leaves all as it was."""
    settings = Settings(data=tmp_path, **empty_database)
    done = await asyncio.to_thread(command, tmp_path, empty_database, "status")

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "`lienthong migrate` or the first start of `lienthong serve`" in done.stderr
    assert await stands(settings) is None
    assert not await asyncio.to_thread(lambda: list(tmp_path.iterdir()))


async def test_a_command_migrates_no_older_database(
    tmp_path: Path, database: dict[str, Any]
) -> None:
    """What it lacks is named, and still lacking afterwards."""
    settings = Settings(data=tmp_path, **database)
    store = await open_store(settings)
    last, older = newest(), f"{int(newest()) - 1:04}"
    order = sa.text("UPDATE alembic_version SET version_num = :older").bindparams(older=older)
    await store.write(lambda connection: connection.execute(order).close())
    await store.close()
    with pytest.raises(SettingsError) as told:
        await over_store(settings, nothing)

    assert f"the database lacks {last}: `lienthong migrate`" in str(told.value)
    assert await stands(settings) == older


async def nothing(_store: Store) -> None:
    """Do nothing with a store."""


def command(
    folder: Path, database: dict[str, Any], *words: str
) -> subprocess.CompletedProcess[str]:
    """Run a command over this database."""
    return subprocess.run(
        [sys.executable, "-m", "gateway.commands", *words],
        check=False,
        capture_output=True,
        text=True,
        env=environ(folder, database),
        timeout=60,
    )


async def test_a_gateway_takes_no_work_over_a_migrated_schema(
    tmp_path: Path, database: dict[str, Any]
) -> None:
    """Although no statement of its own fails: it says so once, and ends with nothing in hand."""
    settings = Settings(data=tmp_path, **database)
    port = free_port()
    running = begun(environ(tmp_path, database), "serve", "--port", str(port))
    try:
        before = await ready(port, wanted=True)
        if settings.postgres is None:
            with sqlite3.connect(settings.database) as other:
                other.execute(NEWER)
        else:
            await migrated(settings)
        after = await ready(port, wanted=False)
        said, _ = await asyncio.to_thread(running.communicate, timeout=60)
    finally:
        running.kill()
        running.communicate()

    lines = [line for line in said.splitlines() if LINE.format(newest()) in line]
    assert (before, after, running.returncode, len(lines)) == (True, False, 0, 1)


def begun(environ: dict[str, str], *words: str) -> subprocess.Popen[str]:
    """Start a process of a gateway."""
    return subprocess.Popen(
        [sys.executable, "-m", "gateway.commands", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environ,
    )


async def ready(port: int, *, wanted: bool) -> bool:
    """Wait until a gateway is ready, or no longer; say which."""
    found = not wanted
    async with asyncio.timeout(60), httpx.AsyncClient(trust_env=False) as client:
        while found is not wanted:
            await asyncio.sleep(0.1)
            try:
                answer = await client.get(f"http://127.0.0.1:{port}/readyz")
            except httpx.TransportError:
                found = False
            else:
                found = answer.status_code == 200
    return found


@pytest.fixture
def worker(tmp_path: Path, postgres: Callable[[], str]) -> Iterator[tuple[Settings, Any]]:
    """Give a worker that runs, with its settings."""
    systems = tmp_path / "systems.toml"
    systems.write_text(
        '[systems.a]\nadapter = "echo"\nsettings = { base_url = "http://127.0.0.1:1" }\n', "utf-8"
    )
    database = {"postgres": postgres()}
    settings = Settings(data=tmp_path, postgres=database["postgres"])
    asyncio.run(_opened(settings))
    running = begun(environ(tmp_path, database) | {"LIENTHONG_SYSTEMS": str(systems)}, "worker")
    yield settings, running
    running.kill()
    running.communicate()


async def at_work(settings: Settings) -> None:
    """Wait until somebody delivers over this database."""
    store = await open_store(settings)
    async with asyncio.timeout(60):
        while not await store.read(
            lambda connection: connection.execute(sa.text("SELECT holder FROM leadership")).all()
        ):
            await asyncio.sleep(0.05)
    await store.close()


async def _opened(settings: Settings) -> None:
    await (await open_store(settings)).close()


async def test_an_older_process_that_runs_ends(worker: tuple[Settings, Any]) -> None:
    """Somebody migrated under it: it says so in one line, and ends in good order."""
    settings, running = worker
    await at_work(settings)
    await migrated(settings, "ALTER TABLE system RENAME TO systems")
    said, _ = await asyncio.to_thread(running.communicate, timeout=60)

    lines = [line for line in said.splitlines() if LINE.format(newest()) in line]
    assert (running.returncode, len(lines)) == (0, 1)
