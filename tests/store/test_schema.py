"""A process and a schema that is newer than it knows: it stops, and says why in one line."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gateway import VERSION
from gateway.main.bootstrap import open_store
from gateway.settings import Settings
from gateway.store.errors import SchemaNewer
from gateway.store.schema import missing
from gateway.workbench import reaper

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
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "gateway.commands", "serve", "--port", "0"],
        check=False,
        capture_output=True,
        text=True,
        env=environ(tmp_path, database),
        timeout=60,
    )

    (said,) = map(json.loads, done.stderr.splitlines())
    assert (done.returncode, said["why"]) == (2, LINE.format(newest()))


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
    running = subprocess.Popen(
        [sys.executable, "-m", "gateway.commands", "worker"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environ(tmp_path, database) | {"LIENTHONG_SYSTEMS": str(systems)},
    )
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
