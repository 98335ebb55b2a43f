"""Several processes on PostgreSQL and RabbitMQ: the same promises. They are killed in `crash/`.

The portal ends the old session at every new login, as the real one may.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gateway.demo.client import Progress
from gateway.demo.environment import demo_environment
from gateway.demo.run import run_demo
from gateway.workbench.machine import free_port
from gateway.workbench.servers import PrivateRabbit
from tests.flow.test_demo import wrong

Postgres = Callable[[], str]


async def play(
    folder: Path,
    servers: dict[str, str],
    *,
    faults: str,
    seed: int,
) -> tuple[dict[str, Any], list[str]]:
    """Play with one API and two workers; give what was wrong, and what was refused."""
    async with demo_environment(
        folder,
        port=free_port(),
        faults=faults,
        seed=seed,
        servers=servers | {"LIENTHONG_SEAL_KEY": base64.b64encode(bytes(32)).decode()},
        workers=2,
        switches=["national-portal.single_session=true"],
    ) as on:
        progress = Progress()

        summary = await run_demo(
            on,
            dossiers=40,
            seed=seed,
            faults=faults,
            progress=progress,
            show=lambda: None,
        )
    return wrong(summary), progress.refused


async def test_two_workers_share_the_work(
    tmp_path: Path, postgres: Postgres, rabbit: PrivateRabbit
) -> None:
    """Nothing is lost, doubled or out of order when several processes deliver and systems fail."""
    servers = {"LIENTHONG_DATABASE": postgres(), "LIENTHONG_AMQP": rabbit.url}

    assert await play(tmp_path / "s", servers, faults="flaky", seed=5) == ({}, [])
