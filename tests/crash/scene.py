"""The processes of a long run: simulators, API and workers, with the ways between them.

The processes are tended as a service manager would: one that ends by itself is started again.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from gateway.demo.environment import MAPPING, SYSTEMS, SYSTEMS_FILE
from gateway.workbench.machine import free_port
from gateway.workbench.samples.generator import PORTAL
from tests.crash.load import HEAVY, LIGHT
from tests.crash.operating import command
from tests.crash.play import LIMITS
from tests.crash.proxy import Front, Way

LIBRARIES = Path("/usr/lib")
SHARED = Path("/dev/shm")  # noqa: S108 - where that library leaves it
ECHO = "echo"
ALL = SYSTEMS | {ECHO: "echo"}
SIMULATED = (PORTAL, "province", ECHO)
"""The systems that are reached through the network."""
VERSIONS = ("v1", "v2")
DOORS = ("door-0", "door-1")
"""The clients' ways to the APIs, one each, behind one balancer."""
WORKERS = 2
SCALE = 0.02
"""How much faster than on a normal day retries come; long enough for waits to be met."""
STARTING = 900
"""Looks at an API that is to become ready, a tenth of a second and more apart."""
MORE = """
[systems.echo]
adapter = "echo"
environment = "sandbox"
simulator = true
limits = {{ exchange = 1.5, exchanges = 2, conversation = 5.0, lease = 6.0, at_once = 16 }}
[systems.echo.settings]
base_url = "{echo}"
style = "events"
[systems.echo.route]
procedures = ["{light}"]
"""
ROUTE = """
[systems.{name}.route]
procedures = {heavy}
"""


@dataclass(eq=False, slots=True)
class Member:
    """One process of the gateway."""

    kind: str
    version: str
    clock: Path
    port: int
    process: asyncio.subprocess.Process
    door: str = ""

    @property
    def pid(self) -> int:
        """Its number."""
        return self.process.pid

    def jump(self, seconds: float) -> None:
        """Move its clock."""
        self.clock.write_text(f"{seconds:+.0f}\n", encoding="ascii")


@dataclass
class Scene:
    """Everything that runs between the servers and the clients."""

    folder: Path
    environ: dict[str, str]
    urls: dict[str, str]
    ways: dict[str, Way]
    fronts: list[Front]
    key: str = ""
    clocks: bool = True
    apis: list[Member] = field(default_factory=list)
    workers: list[Member] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)
    closing: bool = False
    spawned: list[asyncio.subprocess.Process] = field(default_factory=list)
    _number: int = 0

    def front(self, name: str) -> Front:
        """Give where a way is entered."""
        return next(front for front in self.fronts if front.ways[0].name == name)

    async def spawn(self, kind: str, version: str) -> Member:
        """Start a process of the gateway, in a version."""
        self._number += 1
        clock = self.folder / f"clock-{self._number}"
        clock.write_text("+0\n", encoding="ascii")
        port = free_port()
        words = ("serve", "--port", str(port)) if kind == "api" else ("worker",)
        with (self.folder / f"{kind}.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.crash.version", version, *words),
                env=self.environ | (clocked(clock) if self.clocks else {}),
                stderr=log,
            )
        self.spawned.append(process)
        return Member(kind, version, clock, port, process)

    async def open_api(self, version: str, door: str) -> Member:
        """Start an API and open its door once it is ready; one that gives up is replaced."""
        member = await self.spawn("api", version)
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            for _ in range(STARTING):
                if self.closing:
                    return member
                if member.process.returncode is not None:
                    self.ends[f"api {member.process.returncode}"] += 1
                    await asyncio.sleep(0.5)
                    member = await self.spawn("api", version)
                with contextlib.suppress(httpx.HTTPError):
                    said = await client.get(f"http://127.0.0.1:{member.port}/readyz")
                    if said.status_code == 200:
                        break
                await asyncio.sleep(0.1)
            else:
                raise RuntimeError(f"no API became ready: see {self.folder / 'api.log'}")
        member.door, self.ways[door].port = door, member.port
        self.apis.append(member)
        return member

    async def tend(self) -> None:
        """Start again what ended by itself."""
        while True:
            await asyncio.sleep(0.5)
            for member in [one for one in self.workers if one.process.returncode is not None]:
                self.ends[f"worker {member.process.returncode}"] += 1
                self.workers.remove(member)
                self.workers.append(await self.spawn("worker", member.version))
            for member in [one for one in self.apis if one.process.returncode is not None]:
                self.ends[f"api {member.process.returncode}"] += 1
                self.apis.remove(member)
                await self.open_api(member.version, member.door)

    async def order(self, system: str, name: str, body: dict[str, Any]) -> None:
        """Give a simulator an order."""
        async with httpx.AsyncClient(trust_env=False) as client:
            said = await client.post(f"{self.urls[system]}/_control/{name}", json=body)
            said.raise_for_status()


def faketime() -> Path | None:
    """Find the library that moves the clock of one process; None: it is not installed."""
    return next(iter(LIBRARIES.glob("*/faketime/libfaketimeMT.so.1")), None)


def clocked(clock: Path) -> dict[str, str]:
    """Let a process read its clock through a file, where that can be had."""
    library = faketime()
    if library is None:
        return {}
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }


@asynccontextmanager
async def scene(
    folder: Path, seed: int, servers: dict[str, str], faults: str, *, clocks: bool
) -> AsyncIterator[Scene]:
    """Set everything up; all is ended on the way out.

    faults: what the simulators do by themselves: `flaky` or `none`
    clocks: they can be moved, which makes every look at one several times dearer
    """
    await asyncio.to_thread(folder.mkdir, parents=True)
    simulators = await _simulators(folder, seed, faults)
    on = Scene(folder, {}, {}, {name: Way(name, 0) for name in DOORS}, [], clocks=clocks)
    tending: asyncio.Task[None] | None = None
    try:
        for _ in ALL:
            line = await asyncio.wait_for(_line(simulators), 30)
            name, on.urls[name] = line.split()
        await _lay_ways(on)
        on.environ = dict(os.environ) | {
            "LIENTHONG_DATA": str(folder / "data"),
            "LIENTHONG_SYSTEMS": str(_write(on)),
            "LIENTHONG_TIME_SCALE": str(SCALE),
            "DEMO_PORTAL_USER": "H99",
            "DEMO_PORTAL_PASSWORD": "demo",
            **servers,
        }
        await command(on.environ, "migrate")
        on.key = await command(on.environ, "clients", "add", "demo", "--agency", "H99")
        await asyncio.gather(*(on.open_api(VERSIONS[0], name) for name in DOORS))
        for _ in range(WORKERS):
            on.workers.append(await on.spawn("worker", VERSIONS[0]))
        tending = asyncio.create_task(on.tend())
        yield on
    finally:
        on.closing = True
        if tending is not None:
            tending.cancel()
            await asyncio.wait([tending])
        for process in (*on.spawned, simulators):
            if process.returncode is None:
                process.kill()
                await process.wait()
        for front in on.fronts:
            await front.close()
        await asyncio.to_thread(_forget, [one.pid for one in on.spawned])


def _forget(pids: list[int]) -> None:
    """Remove the memory that the clock's library left of processes that were killed."""
    for pid in pids:
        for left in SHARED.glob(f"*faketime_*_{pid}"):
            left.unlink(missing_ok=True)


async def _simulators(folder: Path, seed: int, faults: str) -> asyncio.subprocess.Process:
    places = {"commune": f":{(folder / 'commune').absolute()}"}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway.commands", "simulate"),
        *(f"{name}={kind}{places.get(name, '')}" for name, kind in ALL.items()),
        *("--folder", str(folder / "witness"), "--seed", str(seed), "--faults", faults),
        *("--switch", f"{PORTAL}.single_session=true"),
        stdout=asyncio.subprocess.PIPE,
    )


async def _lay_ways(on: Scene) -> None:
    """Open a way to each simulator, and the doors."""
    on.fronts.append(Front([on.ways[name] for name in DOORS]))
    for name in SIMULATED:
        on.ways[name] = Way(name, int(on.urls[name].rpartition(":")[2]))
        on.fronts.append(Front([on.ways[name]]))
    for front in on.fronts:
        await front.start()


def _write(on: Scene) -> Path:
    """Write the systems file, in which each system stands behind its way."""
    ports = {front.ways[0].name: front.port for front in on.fronts}
    urls = {
        name: f"http://127.0.0.1:{ports[name]}" if name in ports else url
        for name, url in on.urls.items()
    }
    mapping = on.folder / "commune.toml"
    mapping.write_text(MAPPING, encoding="utf-8")
    words = {f"{name}_limits": text for name, text in LIMITS.items()}
    words |= {name.removeprefix("national-"): url for name, url in urls.items()}
    routes = "".join(ROUTE.format(name=name, heavy=list(HEAVY)) for name in SYSTEMS)
    file = on.folder / "systems.toml"
    text = (SYSTEMS_FILE + MORE).format(mapping=mapping.absolute(), light=LIGHT, **words)
    file.write_text(text + routes, encoding="utf-8")
    return file


async def _line(process: asyncio.subprocess.Process) -> str:
    if process.stdout is None:
        raise RuntimeError("no output to read")
    return (await process.stdout.readline()).decode().strip()
