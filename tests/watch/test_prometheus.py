"""A real Prometheus over a real gateway: a system goes down, one alert fires, and clears."""

from __future__ import annotations

import asyncio
import re
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.demo.client import Progress, drive
from gateway.demo.environment import Environment, control, demo_environment
from gateway.workbench.machine import NoServer, free_port, install
from gateway.workbench.samples.generator import PORTAL, generate

RULES = Path(__file__).parents[2] / "deploy" / "prometheus"
DOWN = 600.0
"""Seconds for which the province is away, if it is not told to come back."""


@pytest.fixture(scope="module")
def prometheus() -> str:
    """Find Prometheus, or install it."""
    if shutil.which("prometheus") is None:
        try:
            install("prometheus")
        except NoServer as error:
            pytest.skip(f"NO PROMETHEUS: {error}")
    return shutil.which("prometheus") or "prometheus"


@asynccontextmanager
async def scraping(program: str, folder: Path, on: Environment) -> AsyncIterator[str]:
    """Run Prometheus with the shipped rules, made hastier; give its address."""
    await asyncio.to_thread(folder.mkdir)
    for name in ("alerts.yml", "recording.yml"):
        hasty = re.sub(r"for: \d+[mhd]", "for: 2s", (RULES / name).read_text("utf-8"))
        (folder / name).write_text(hasty, "utf-8")
    told = (RULES / "prometheus.yml").read_text("utf-8")
    told = told.replace("15s", "1s").replace("gateway:9100", f"127.0.0.1:{on.port}")
    told = re.sub(r"  - job_name: lienthong-worker.*?\]\n", "", told, flags=re.DOTALL)
    (folder / "prometheus.yml").write_text(told, "utf-8")
    port = free_port()
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            program,
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            stdout=log,
            stderr=log,
        )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


async def until(
    address: str, found: Callable[[list[dict[str, Any]]], bool]
) -> list[dict[str, Any]]:
    """Wait until the alerts are as they should be."""
    ends = time.monotonic() + 40
    seen: list[dict[str, Any]] = []
    async with httpx.AsyncClient(trust_env=False) as client:
        while time.monotonic() < ends:
            try:
                answer = await client.get(f"{address}/api/v1/alerts")
                seen = [one for one in answer.json()["data"]["alerts"] if one["state"] == "firing"]
            except (httpx.HTTPError, ValueError):
                seen = []
            else:
                if found(seen):
                    return seen
            await asyncio.sleep(0.25)
    raise AssertionError(f"the alerts were {seen}")


def named(alerts: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """Give alert and system."""
    return {(one["labels"]["alertname"], one["labels"].get("system", "")) for one in alerts}


async def test_a_dead_system_is_one_alert_that_clears(prometheus: str, tmp_path: Path) -> None:
    """Nothing fires before, only the dead system while it is away, nothing of it afterwards."""
    async with (
        demo_environment(tmp_path / "demo", port=free_port(), faults="none", seed=3) as on,
        scraping(prometheus, tmp_path / "prometheus", on) as address,
    ):
        samples = [one for one in generate(30, 3, datetime.now(UTC)) if not one.parks]
        born = [one.code for one in samples if one.born == "portal" or one.story == "takeover"]
        await control(on, PORTAL, "seed", {"codes": born})
        await drive(on, samples[:8], Progress())
        await asyncio.sleep(4)
        before = named(await until(address, lambda _: True))
        await control(on, "province", "outage", {"seconds": DOWN})
        await drive(on, samples[8:], Progress())
        during = named(
            await until(address, lambda seen: ("LienthongSystemDown", "province") in named(seen))
        )
        await control(on, "province", "outage", {"seconds": 0})
        after = named(
            await until(
                address, lambda seen: "LienthongSystemDown" not in {n for n, _ in named(seen)}
            )
        )

    assert set() == {one for one in before if "Parked" not in one[0]}
    assert {("LienthongSystemDown", "province")} == {
        one for one in during if one[0] != "LienthongAtRisk" and "Parked" not in one[0]
    }
    assert ("LienthongSystemDown", "province") not in after
