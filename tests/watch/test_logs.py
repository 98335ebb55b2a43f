"""Logs: one trail of ids from the request to the attempt, and few lines when a system is away."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from gateway.demo.client import Progress, drive
from gateway.demo.environment import Environment, control, demo_environment
from gateway.workbench.machine import free_port
from gateway.workbench.samples.generator import PORTAL, Sample, generate

REQUEST = "0192f0c1-7731-7000-8000-00000000000a"
PORTAL_BORN = "portal"


def lines(on: Environment) -> list[dict[str, Any]]:
    """Read what the gateway has logged: every line is JSON."""
    return [json.loads(line) for line in (on.folder / "gateway.log").read_text().splitlines()]


async def ledger(on: Environment, dossier: str, done: int) -> list[dict[str, Any]]:
    """Wait until a dossier has so many attempts; give them."""
    headers = {"Authorization": f"Bearer {on.key}"}
    attempts: list[dict[str, Any]] = []
    async with httpx.AsyncClient(base_url=on.address, headers=headers, trust_env=False) as client:
        async with asyncio.timeout(20):
            while len(attempts) < done:
                await asyncio.sleep(0.1)
                answer = await client.get(f"/v1/dossiers/{dossier}/ledger")
                attempts = answer.json()["attempts"]
    return attempts


def plain(count: int, seed: int) -> list[Sample]:
    """Make dossiers that every system takes."""
    made = generate(count, seed, datetime.now(UTC))
    return [
        one for one in made if one.story == "plain" and not one.parks and one.born != PORTAL_BORN
    ]


async def test_a_request_can_be_followed_to_its_attempts(tmp_path: Path) -> None:
    """The client's own request id leads to the dossier, that to every attempt of the ledger."""
    body = plain(20, 5)[0].requests[0].body
    async with demo_environment(tmp_path / "s", port=free_port(), faults="none", seed=5) as on:
        headers = {"Authorization": f"Bearer {on.key}", "X-Request-Id": REQUEST}
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.post(f"{on.address}/v1/dossiers", json=body, headers=headers)
        dossier = answer.json()["id"]
        attempts = await ledger(on, dossier, 3)
        logged = lines(on)

    (stored,) = [line for line in logged if line["event"] == "stored"]
    told = [line for line in logged if "attempt" in line]
    assert (answer.headers["X-Request-Id"], stored["request"]) == (REQUEST, REQUEST)
    assert {stored["dossier"], *(line["dossier"] for line in told)} == {dossier}
    assert {line["attempt"] for line in told} == {one["id"] for one in attempts}
    assert {(line["system"], line["fence"] > 0) for line in told} == {
        (one["system"], True) for one in attempts
    }


async def test_a_system_that_is_away_makes_a_handful_of_lines(tmp_path: Path) -> None:
    """It shuts once and opens once, however many dossiers wait and however often it is probed."""
    samples = plain(60, 6)
    async with demo_environment(tmp_path / "s", port=free_port(), faults="none", seed=6) as on:
        await control(on, PORTAL, "outage", {"seconds": 6})
        done = await drive(on, samples, Progress())
        for one in done:
            await ledger(on, one["id"], 3)
        async with asyncio.timeout(20):
            while "open" not in {line.get("state") for line in lines(on)}:
                await asyncio.sleep(0.1)
        async with httpx.AsyncClient(trust_env=False) as client:
            shown = (await client.get(f"{on.address}/metrics")).text
        logged = [line for line in lines(on) if line.get("system") == PORTAL]

    tries = [
        line
        for line in shown.splitlines()
        if f'attempts_total{{outcome="unreachable",system="{PORTAL}"' in line
    ]
    assert [line["state"] for line in logged if line["event"] == "gate"] == ["shut", "open"]
    assert {line["event"] for line in logged} <= {"gate", "told", "swept"}
    assert float(tries[0].split()[-1]) > 10
