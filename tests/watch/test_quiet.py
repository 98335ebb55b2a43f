"""Quiet logs: an outage of database or broker is a handful of lines, and says what, since, back.

The processes are real ones, and there is work waiting: what fails a thousand times is said once.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.demo.client import Progress, drive
from gateway.demo.environment import Environment, control, demo_environment
from gateway.workbench.machine import free_port
from gateway.workbench.samples.generator import PORTAL, Sample, generate
from gateway.workbench.servers import PrivatePostgres, PrivateRabbit

Printed = dict[str, list[dict[str, Any]]]
"""Lines of the log, by process."""
HANDFUL = 6
"""Lines of one process about one outage."""
AWAY = 5.0
"""Seconds without the database, or without the broker."""
NEWS = frozenset({"stored", "told", "gate", "parked", "hearing", "untold"})
"""What is said of dossiers and systems, outage or not."""


@pytest.fixture(scope="module")
def own_postgres(postgres_program: None) -> Iterator[PrivatePostgres]:
    """Give a PostgreSQL that may be killed."""
    del postgres_program
    server = PrivatePostgres()
    server.start()
    yield server
    server.stop()


def printed(on: Environment) -> Printed:
    """Read what each process has printed: every line is JSON."""
    return {
        name: [json.loads(line) for line in (on.folder / f"{name}.log").read_text().splitlines()]
        for name in ("gateway", "workers")
    }


def since(before: Printed, on: Environment) -> Printed:
    """Give what each process has printed since then, news of dossiers left out."""
    return {
        name: [line for line in lines[len(before[name]) :] if line["event"] not in NEWS]
        for name, lines in printed(on).items()
    }


def turns(told: Printed, what: str) -> dict[str, list[str]]:
    """Name the turns of one thing, by process."""
    return {
        name: [str(line["event"]) for line in lines if line.get("what") == what]
        for name, lines in told.items()
    }


@asynccontextmanager
async def asked_on_and_on(on: Environment) -> AsyncIterator[None]:
    """Let clients and Prometheus ask all the time, whatever they are answered."""
    headers = {"Authorization": f"Bearer {on.key}"}

    async def ask(path: str) -> None:
        async with httpx.AsyncClient(
            base_url=on.address, headers=headers, trust_env=False, timeout=30
        ) as client:
            while True:
                try:
                    await client.get(path)
                except httpx.HTTPError:
                    continue
                finally:
                    await asyncio.sleep(0.05)

    paths = ("/v1/dossiers", "/v1/counts", "/metrics", "/readyz")
    asking = [asyncio.create_task(ask(path)) for path in paths]
    try:
        yield
    finally:
        for one in asking:
            one.cancel()
        await asyncio.wait(asking)


async def said_back(on: Environment, what: str, before: Printed) -> None:
    """Wait until both processes have said that it is back."""
    async with asyncio.timeout(60):
        while not all("back" in one for one in turns(since(before, on), what).values()):
            await asyncio.sleep(0.2)


def samples() -> list[Sample]:
    """Make dossiers that come by the API."""
    return [one for one in generate(40, 8, datetime.now(UTC)) if one.story == "plain"]


async def test_an_outage_is_a_handful_of_lines_of_each_process(
    tmp_path: Path, own_postgres: PrivatePostgres, rabbit: PrivateRabbit
) -> None:
    """Database killed, then the broker, with work waiting: what, since when, back, how many."""
    servers = {
        "LIENTHONG_DATABASE": own_postgres.database("quiet"),
        "LIENTHONG_AMQP": rabbit.url,
    }
    lines = {}
    async with demo_environment(
        tmp_path / "s", port=free_port(), faults="none", seed=8, servers=servers, workers=1
    ) as on:
        await control(on, PORTAL, "outage", {"seconds": 600})
        await drive(on, samples(), Progress())
        async with asyncio.timeout(40):  # until the worker works
            while "told" not in {line["event"] for line in printed(on)["workers"]}:
                await asyncio.sleep(0.2)
        for what, server in (("database", own_postgres), ("broker", rabbit)):
            before = printed(on)
            async with asked_on_and_on(on):
                await asyncio.to_thread(server.kill)
                await asyncio.sleep(AWAY)
                await asyncio.to_thread(server.start)
                await said_back(on, what, before)
            lines[what] = since(before, on)

    assert {what: turns(one, what) for what, one in lines.items()} == {
        what: {"gateway": ["away", "back"], "workers": ["away", "back"]} for what in lines
    }
    assert all(len(one) <= HANDFUL for told in lines.values() for one in told.values()), lines
    assert all(
        line["failures"] > 0 and line["seconds"] > AWAY / 2 and line["since"] and line["why"]
        for told in lines.values()
        for one in told.values()
        for line in one
        if line["event"] == "back"
    )
