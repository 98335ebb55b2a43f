"""Several processes on PostgreSQL and RabbitMQ: the same promises, with parts of it killed.

The portal ends the old session at every new login, as the real one may.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.workbench.demo import perform
from gateway.workbench.drive import Progress
from gateway.workbench.servers import PrivatePostgres, PrivateRabbit
from gateway.workbench.stage import Stage, free_port, stage
from tests.flow.test_demo import wrong

Postgres = Callable[[], str]


async def play(
    folder: Path,
    servers: dict[str, str],
    *,
    faults: str,
    seed: int,
    between: Callable[[Stage], Awaitable[None]] | None = None,
) -> tuple[dict[str, Any], list[str]]:
    """Play with one API and two workers; give what was wrong, and what was refused."""
    async with stage(
        folder,
        port=free_port(),
        faults=faults,
        seed=seed,
        servers=servers | {"LIENTHONG_SEAL_KEY": base64.b64encode(bytes(32)).decode()},
        workers=2,
        switches=["national-portal.single_session=true"],
    ) as on:
        progress = Progress()

        async def meanwhile() -> None:
            if between is not None:
                await between(on)

        summary = await perform(
            on,
            dossiers=40,
            seed=seed,
            faults=faults,
            progress=progress,
            show=lambda: None,
            between=meanwhile,
        )
    return wrong(summary), progress.refused


@pytest.mark.parametrize("faults", ["none", "flaky"])
async def test_two_workers_share_the_work(
    tmp_path: Path, postgres: Postgres, rabbit: PrivateRabbit, faults: str
) -> None:
    """Nothing is lost, doubled or out of order when several processes deliver."""
    servers = {"LIENTHONG_DATABASE": postgres(), "LIENTHONG_AMQP": rabbit.url}

    assert await play(tmp_path / "s", servers, faults=faults, seed=5) == ({}, [])


async def test_killed_workers_and_api_lose_nothing(
    tmp_path: Path, postgres: Postgres, rabbit: PrivateRabbit
) -> None:
    """A worker and the API are killed in the middle; others take over."""

    async def kill(on: Stage) -> None:
        await asyncio.sleep(1.5)
        await on.kill_worker()
        await on.start_worker()
        await asyncio.sleep(0.5)
        await on.kill_gateway()
        await on.start_gateway()

    servers = {"LIENTHONG_DATABASE": postgres(), "LIENTHONG_AMQP": rabbit.url}

    assert await play(tmp_path / "s", servers, faults="none", seed=6, between=kill) == ({}, [])


async def test_servers_that_die_and_come_back_lose_nothing(
    tmp_path: Path, rabbit: PrivateRabbit
) -> None:
    """PostgreSQL is killed and started again, the broker is away for a while."""
    database = PrivatePostgres()
    await asyncio.to_thread(database.start)

    async def kill(_on: Stage) -> None:
        await asyncio.sleep(1.0)
        await asyncio.to_thread(rabbit.control, "stop_app")
        await asyncio.to_thread(database.kill)
        await asyncio.sleep(1.0)
        await asyncio.to_thread(database.start)
        await asyncio.to_thread(rabbit.control, "start_app")

    try:
        servers = {"LIENTHONG_DATABASE": database.database("k"), "LIENTHONG_AMQP": rabbit.url}
        found = await play(tmp_path / "s", servers, faults="none", seed=9, between=kill)
    finally:
        await asyncio.to_thread(database.stop)

    assert found == ({}, [])
