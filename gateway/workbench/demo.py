"""The demonstration: a gateway, three simulated systems that fail on purpose, and an audit.

The gateway and the simulators are processes of their own; dossiers go in through the public API.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from gateway.workbench.audit import Followed, audit, read_log
from gateway.workbench.samples.generator import PORTAL, Sample, generate

SYSTEMS = {PORTAL: "national_portal", "province": "echo", "commune": "echo"}
STYLES = {PORTAL: "lines", "province": "snapshot", "commune": "events"}
OUTAGE = 4.0
"""Seconds for which one system is gone, in the fault mode `outage`."""
AT_ONCE = 16
PATIENCE = 120.0
"""Seconds to wait for the last delivery before the audit is made all the same."""

SYSTEMS_FILE = """\
# Written by the demonstration.
[systems.national-portal]
adapter = "national_portal"
environment = "sandbox"
simulator = true
limits = {{ exchange = 1.5, conversation = 20.0 }}
[systems.national-portal.settings]
base_url = "{portal}"
agency_code = "H99.14"
username = {{ env = "DEMO_PORTAL_USER" }}
password = {{ env = "DEMO_PORTAL_PASSWORD" }}

[systems.province]
adapter = "echo"
environment = "sandbox"
simulator = true
limits = {{ exchange = 1.5, conversation = 20.0 }}
[systems.province.settings]
base_url = "{province}"
style = "snapshot"

[systems.commune]
adapter = "echo"
environment = "sandbox"
simulator = true
limits = {{ exchange = 1.5, conversation = 20.0 }}
[systems.commune.settings]
base_url = "{commune}"
style = "events"
"""


@dataclass(slots=True)
class Progress:
    """What is known so far, for whoever shows it."""

    dossiers: int = 0
    requests: int = 0
    posted: int = 0
    refused: list[str] = field(default_factory=list)
    systems: list[dict[str, Any]] = field(default_factory=list)
    stored: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Stage:
    """Everything of one demonstration: folder, processes, addresses, key."""

    folder: Path
    port: int
    urls: dict[str, str]
    key: str
    environ: dict[str, str]
    gateway: asyncio.subprocess.Process | None = None
    killed: bool = False

    @property
    def address(self) -> str:
        """Where the gateway listens."""
        return f"http://127.0.0.1:{self.port}"

    async def start_gateway(self) -> None:
        """Start the gateway and wait until it can commit."""
        with (self.folder / "gateway.log").open("ab") as log:
            self.gateway = await asyncio.create_subprocess_exec(
                *_command("serve", "--port", str(self.port)), env=self.environ, stderr=log
            )
        async with httpx.AsyncClient(trust_env=False) as client:
            for _ in range(600):
                try:
                    if (await client.get(f"{self.address}/readyz")).status_code == 200:
                        return
                except httpx.HTTPError:
                    if self.gateway.returncode is not None:
                        break
                await asyncio.sleep(0.05)
        raise RuntimeError(f"the gateway did not start: see {self.folder / 'gateway.log'}")

    async def kill_gateway(self) -> None:
        """End the gateway without a word, as a power cut would."""
        if self.gateway is not None:
            self.gateway.kill()
            await self.gateway.wait()
            self.killed = True


def _command(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "gateway.commands", *words)


def free_port() -> int:
    """Find a port of this machine that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


@asynccontextmanager
async def stage(folder: Path, *, port: int, faults: str, seed: int) -> AsyncIterator[Stage]:
    """Set the stage: simulators, settings, a client, the gateway; all ended on the way out."""
    _empty(folder)
    simulators = await asyncio.create_subprocess_exec(
        *_command(
            "simulate",
            *(f"{name}={kind}" for name, kind in SYSTEMS.items()),
            "--folder",
            str(folder / "witness"),
            "--seed",
            str(seed),
            "--faults",
            "flaky" if faults == "flaky" else "none",
        ),
        stdout=asyncio.subprocess.PIPE,
    )
    set_up: Stage | None = None
    try:
        urls = {}
        for _ in SYSTEMS:
            line = await asyncio.wait_for(_line(simulators), 30)
            name, urls[name] = line.split()
        file = folder / "systems.toml"
        file.write_text(
            SYSTEMS_FILE.format(
                portal=urls[PORTAL], province=urls["province"], commune=urls["commune"]
            ),
            encoding="utf-8",
        )
        environ = dict(os.environ) | {
            "LIENTHONG_DATA": str(folder / "data"),
            "LIENTHONG_SYSTEMS": str(file),
            "LIENTHONG_TIME_SCALE": "0.002",
            "DEMO_PORTAL_USER": "H99",
            "DEMO_PORTAL_PASSWORD": "demo",
        }
        key = await _key(environ)
        set_up = Stage(folder, port, urls, key, environ)
        await set_up.start_gateway()
        yield set_up
    finally:
        for process in (set_up.gateway if set_up is not None else None, simulators):
            if process is not None and process.returncode is None:
                process.terminate()
                await process.wait()


async def _line(process: asyncio.subprocess.Process) -> str:
    if process.stdout is None:
        raise RuntimeError("no output to read")
    return (await process.stdout.readline()).decode().strip()


async def _key(environ: dict[str, str]) -> str:
    adding = await asyncio.create_subprocess_exec(
        *_command("clients", "add", "demo", "--agency", "H99"),
        env=environ,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await adding.communicate()
    return out.decode().strip()


async def control(on: Stage, system: str, order: str, body: dict[str, Any]) -> None:
    """Give a simulator an order."""
    async with httpx.AsyncClient(trust_env=False) as client:
        (await client.post(f"{on.urls[system]}/_control/{order}", json=body)).raise_for_status()


async def drive(on: Stage, samples: Sequence[Sample], progress: Progress) -> list[dict[str, Any]]:
    """Post everything, each dossier in its own order, repeating until there is an answer."""
    progress.dossiers, progress.requests = len(samples), sum(len(one.requests) for one in samples)
    waiting = list(reversed(samples))
    done: list[dict[str, Any]] = []
    headers = {"Authorization": f"Bearer {on.key}"}
    async with httpx.AsyncClient(
        base_url=on.address, headers=headers, trust_env=False, timeout=30
    ) as client:

        async def clerk() -> None:
            while waiting:
                done.append(await _post(client, waiting.pop(), progress))

        await asyncio.gather(*(clerk() for _ in range(AT_ONCE)))
    return done


async def _post(client: httpx.AsyncClient, one: Sample, progress: Progress) -> dict[str, Any]:
    followed: dict[str, Any] = {"sample": one, "id": "", "promised": set()}
    for request in one.requests:
        path = request.path.replace("{id}", followed["id"])
        answer = await _until_answered(client, path, request.body)
        if answer.status_code >= 300:
            progress.refused.append(f"{one.name} {request.path}: {answer.text[:300]}")
            continue
        progress.posted += 1
        body = answer.json()
        followed["id"] = body["id"]
        if "ref" in request.body:
            followed["promised"].add(request.body["ref"])
        followed["promised"].update(event["ref"] for event in request.body.get("events", ()))
    return followed


async def _until_answered(client: httpx.AsyncClient, path: str, body: Any) -> httpx.Response:
    """Post as a client should: no answer, or 503, means the same post once more."""
    while True:
        try:
            answer = await client.post(path, json=body)
        except httpx.HTTPError:
            await asyncio.sleep(0.2)
            continue
        if answer.status_code != 503:
            return answer
        await asyncio.sleep(0.2)


async def _watch(on: Stage, progress: Progress, show: Callable[[], None]) -> None:
    """Look at the gateway's and the simulators' word a few times a second, for whoever shows it."""
    headers = {"Authorization": f"Bearer {on.key}"}
    async with httpx.AsyncClient(base_url=on.address, headers=headers, trust_env=False) as client:
        while True:
            with contextlib.suppress(httpx.HTTPError, KeyError, ValueError):
                progress.systems = (await client.get("/v1/systems")).json()["systems"]
                progress.stored = {
                    name: len(read_log(on.folder / "witness" / f"{name}.effects.jsonl"))
                    for name in SYSTEMS
                }
                show()
            await asyncio.sleep(0.2)


async def settle(on: Stage) -> None:
    """Wait until nothing waits any more."""
    headers = {"Authorization": f"Bearer {on.key}"}
    until = time.monotonic() + PATIENCE
    async with httpx.AsyncClient(base_url=on.address, headers=headers, trust_env=False) as client:
        while time.monotonic() < until:
            rows = (await client.get("/v1/systems")).json()["systems"]
            if not any(set(row["lanes"]) & {"ready", "waiting", "asked"} for row in rows):
                return
            await asyncio.sleep(0.1)


async def follow(on: Stage, posted: Sequence[dict[str, Any]]) -> list[Followed]:
    """Ask the gateway what it says of every dossier."""
    headers = {"Authorization": f"Bearer {on.key}"}
    found = []
    async with httpx.AsyncClient(base_url=on.address, headers=headers, trust_env=False) as client:
        for one in posted:
            if not one["id"]:
                continue
            dossier = (await client.get(f"/v1/dossiers/{one['id']}")).json()
            ledger = (await client.get(f"/v1/dossiers/{one['id']}/ledger")).json()
            first = one["sample"].requests[0].body
            found.append(
                Followed(
                    id=one["id"],
                    code=one["sample"].code,
                    promised=frozenset(one["promised"]),
                    events=tuple(dossier["events"]),
                    lanes={lane["system"]: lane for lane in ledger["lanes"]},
                    attempts=tuple(ledger["attempts"]),
                    known_until={
                        known["system"]: datetime.fromisoformat(known["as_of"])
                        for known in first.get("known_in", ())
                    },
                )
            )
    return found


async def perform(
    on: Stage,
    *,
    dossiers: int,
    seed: int,
    faults: str,
    progress: Progress,
    show: Callable[[], None],
    between: Callable[[], Any] | None = None,
) -> dict[str, Any]:
    """Play the whole piece on a stage that is set; give the audited summary."""
    samples = list(generate(dossiers, seed, datetime.now(UTC)))
    born = [one.code for one in samples if one.born == "portal" or one.story == "takeover"]
    await control(on, PORTAL, "seed", {"codes": born})
    if faults == "outage":
        await control(on, PORTAL, "outage", {"seconds": OUTAGE})
    begun = time.monotonic()
    driving = asyncio.create_task(drive(on, samples, progress))
    watching = asyncio.create_task(_watch(on, progress, show))
    if between is not None:
        await between()
    posted = await driving
    await settle(on)
    await asyncio.sleep(0.3)
    watching.cancel()
    seconds = time.monotonic() - begun
    found = await follow(on, posted)
    return {
        "dossiers": len(samples),
        "events": sum(len(one.events) for one in found),
        "seconds": round(seconds, 2),
        "systems": audit(found, on.folder / "witness", STYLES, killed=on.killed),
    }
