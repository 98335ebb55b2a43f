"""Our clock against the database's, before anybody is refused by it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from gateway.main.database_clock import DatabaseClock
from gateway.settings import Settings
from gateway.store.postgres import PostgresStore
from gateway.watch import metrics
from gateway.workbench.machine import NoServer, free_port, install
from tests.crash.scene import clocked, faketime
from tests.operations.begun import begun


def shown() -> float | None:
    """Give what a scrape would say."""
    return REGISTRY.get_sample_value("lienthong_clock_skew_seconds", {"against": "database"})


async def test_only_a_database_elsewhere_has_a_clock_of_its_own(
    tmp_path: Path, database: dict[str, Any]
) -> None:
    """An embedded one says nothing; PostgreSQL says that ours is fifteen minutes slow."""
    metrics.clock("database", None)
    async with begun(Settings(data=tmp_path, **database)) as store:
        with capture_logs() as said:
            for _ in range(2):
                await DatabaseClock(store, lambda: time.time() - 900).look()
    seen = shown()
    metrics.clock("database", None)

    wrong = "postgres" in database
    assert [line["event"] for line in said] == ["clock_wrong"] * 2 * wrong
    assert seen == (pytest.approx(-900, abs=1) if wrong else None)


async def test_a_database_that_is_away_says_nothing() -> None:
    """Whoever compares goes on, and neither wrong nor right is told."""
    store = PostgresStore("postgresql://127.0.0.1:1/x")
    with capture_logs() as said:
        await DatabaseClock(store, lambda: time.time() - 900).look()
    await store.close()

    assert (said, shown()) == ([], None)


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Let a process read a clock that is fifteen minutes slow."""
    if faketime() is None:
        try:
            install("faketime")
        except NoServer as error:
            pytest.skip(f"NO FAKETIME: {error}")
    file = tmp_path_factory.mktemp("clock") / "clock"
    file.write_text("-900")
    return clocked(file)


@pytest.mark.parametrize("command", ["serve", "worker"])
async def test_it_is_noticed_before_the_first_request(
    tmp_path: Path, migrated: Any, moved: dict[str, str], command: str
) -> None:
    """The first line of a process on PostgreSQL whose clock is wrong says so, once."""
    environ = dict(os.environ) | moved
    environ |= {
        "LIENTHONG_DATABASE": migrated(),
        "LIENTHONG_DATA": str(tmp_path),
        "LIENTHONG_PORT": str(free_port()),
        "LIENTHONG_METRICS_PORT": str(free_port()),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway.commands", command),
        env=environ,
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
    )
    assert process.stderr is not None
    async with asyncio.timeout(60):
        first = json.loads(await process.stderr.readline())
    process.terminate()
    _, rest = await process.communicate()

    assert (first["event"], first["against"]) == ("clock_wrong", "database")
    assert first["ahead_seconds"] == pytest.approx(-900, abs=5)
    assert b"clock_wrong" not in rest
