"""The stage of the demonstration: simulators and gateway as processes of their own."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from gateway.main.bootstrap import open_store
from gateway.operations import client_keys
from gateway.operations.refusals import Refusal
from gateway.settings import load
from gateway.store.engine import Store
from gateway.workbench import reaper
from gateway.workbench.samples.generator import PORTAL
from gateway.workbench.simulate import is_folder

SYSTEMS = {PORTAL: "national_portal", "province": "igate", "commune": "commune_files"}
WITH_WARD = SYSTEMS | {"ward": "commune_files"}
"""The demonstration's own: a second old program, with other files and another charset."""

SYSTEMS_FILE = """\
# Written by the demonstration.
[systems.national-portal]
adapter = "national_portal"
environment = "sandbox"
simulator = true
limits = {{ {portal_limits} }}
[systems.national-portal.settings]
base_url = "{portal}"
agency_code = "H99.14"
username = {{ env = "DEMO_PORTAL_USER" }}
password = {{ env = "DEMO_PORTAL_PASSWORD" }}

[systems.province]
adapter = "igate"
environment = "sandbox"
simulator = true
limits = {{ {province_limits} }}
[systems.province.settings]
base_url = "{province}"
client_id = "svc-lienthong"
username = {{ env = "DEMO_PORTAL_USER" }}
password = {{ env = "DEMO_PORTAL_PASSWORD" }}
# A province's own numbers of states: only 0, 2 and 4 are known in public.
[systems.province.settings.status_ids]
submitted = 0
accepted = 1
refused = 6
processing = 2
awaiting_supplement = 3
awaiting_payment = 5
withdrawal_requested = 8
stopped = 9
finished = 4
returned = 10
[systems.province.settings.status_map]
0 = "submitted"
1 = "accepted"
6 = "refused"
2 = "processing"
3 = "awaiting_supplement"
5 = "awaiting_payment"
8 = "withdrawal_requested"
9 = "stopped"
4 = "finished"
10 = "returned"

[systems.commune]
adapter = "commune_files"
environment = "sandbox"
simulator = true
limits = {{ {commune_limits} }}
inbox = {{ agencies = ["H99"] }}
[systems.commune.settings]
folder = "{commune}"
exports = "out/*.DBF"
mapping = "{mapping}"
"""
WARD = """
[systems.ward]
adapter = "commune_files"
environment = "sandbox"
simulator = true
limits = {{ {ward_limits} }}
inbox = {{ agencies = ["H99"] }}
[systems.ward.settings]
folder = "{ward}"
exports = ["out/*.csv", "out/*.dbf", "out/*.xlsx"]
exports_charset = "vni"
"""
MAPPING = """\
# Columns of the commune's nightly table: canonical field = column. Names have ten letters there.
exports_charset = "tcvn3"

[columns]
"/source/ref" = "SOBIENNHAN"
"/source/as_of" = "CAPNHATLUC"
"/official_code" = "MAHOSO"
"/procedure/code" = "MATTHC"
"/procedure/name" = "TENTTHC"
"/procedure/field/code" = "MALINHVUC"
"/procedure/field/name" = "TENLINHVUC"
"/summary" = "TRICHYEU"
"/agencies/competent/code" = "MACOQUAN"
"/agencies/competent/name" = "TENCOQUAN"
"/agencies/receiving/code" = "MACOQUAN"
"/agencies/receiving/name" = "TENCOQUAN"
"/owner/kind" = "LOAIDOITUO"
"/owner/name" = "CHUHOSO"
"/owner/identities/0/number" = "SODINHDANH"
"/owner/phone" = "DIENTHOAI"
"/channel" = "KENH"
"/status" = "TRANGTHAI"
"/submitted_at" = "NGAYNOP"
"/received_at" = "NGAYTIEPNH"
"/due/at" = "NGAYHENTRA"
"/finished_at" = "NGAYKETTHU"
"/returned_at" = "NGAYTRA"
"""


LIMITS = {
    "portal": "exchange = 1.5, conversation = 20.0",
    "province": "exchange = 0.6, conversation = 20.0",
    "commune": "exchange = 1.5, conversation = 20.0",
    "ward": "exchange = 1.5, conversation = 20.0",
}
PATIENCE = 120.0
"""Seconds for a process to start in, on a machine that has much else to do."""
PROGRAM = ("-m", "gateway.commands")
"""What Python runs as the gateway."""


@dataclass(slots=True)
class Environment:
    """Everything of one demonstration: folder, processes, addresses, key."""

    folder: Path
    port: int
    urls: dict[str, str]
    key: str
    environ: dict[str, str]
    gateway: asyncio.subprocess.Process | None = None
    program: tuple[str, ...] = PROGRAM
    workers: list[asyncio.subprocess.Process] = field(default_factory=list)
    killed: bool = False
    hostile: bool = False
    """Whether files that no export is turn up among the exports."""

    @property
    def address(self) -> str:
        """Where the gateway listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def commune(self) -> Path:
        """The folder of the old commune software."""
        return Path(self.urls["commune"])

    @property
    def ward(self) -> Path | None:
        """The folder of the second old program, if it is there."""
        return Path(self.urls["ward"]) if "ward" in self.urls else None

    async def start_gateway(self) -> None:
        """Start the gateway and wait until it can commit."""
        with (self.folder / "gateway.log").open("ab") as log:
            self.gateway = await asyncio.create_subprocess_exec(
                *_command("serve", "--port", str(self.port), program=self.program),
                env=self.environ,
                stderr=log,
            )
        until = time.monotonic() + PATIENCE
        async with httpx.AsyncClient(trust_env=False) as client:
            while time.monotonic() < until:
                try:
                    if (await client.get(f"{self.address}/readyz")).status_code == 200:
                        return
                except httpx.HTTPError:
                    if self.gateway.returncode is not None:
                        break
                await asyncio.sleep(0.05)
        raise RuntimeError(f"the gateway did not start: see {self.folder / 'gateway.log'}")

    async def start_worker(self) -> None:
        """Start one more process that delivers."""
        with (self.folder / "workers.log").open("ab") as log:
            self.workers.append(
                await asyncio.create_subprocess_exec(
                    *_command("worker", program=self.program), env=self.environ, stderr=log
                )
            )

    async def kill_worker(self) -> None:
        """End the oldest worker without a word."""
        worker = self.workers.pop(0)
        worker.kill()
        await worker.wait()
        self.killed = True

    async def kill_gateway(self) -> None:
        """End the gateway without a word, as a power cut would."""
        if self.gateway is not None:
            self.gateway.kill()
            await self.gateway.wait()
            self.killed = True


def _command(*words: str, program: tuple[str, ...] = PROGRAM) -> tuple[str, ...]:
    return (sys.executable, *program, *words)


def _place(name: str, contract: str, folder: Path) -> str:
    return f":{(folder / name).absolute()}" if is_folder(contract) else ""


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


@asynccontextmanager
async def demo_environment(
    folder: Path,
    *,
    port: int,
    faults: str,
    seed: int,
    servers: Mapping[str, str] | None = None,
    workers: int = 0,
    switches: Sequence[str] = (),
    limits: Mapping[str, str] = LIMITS,
    program: tuple[str, ...] = PROGRAM,
    systems: Mapping[str, str] = SYSTEMS,
    more: str = "",
) -> AsyncIterator[Environment]:
    """Set the stage: simulators, settings, a client, the gateway; all ended on the way out.

    servers: settings that name a database and a broker; workers: processes that deliver then
    switches: of the simulators, as `lienthong simulate --switch` takes them
    systems: simulators by name, with their adapter; more: further text of the systems file
    limits: of the systems, as the systems file has them; program: what runs as the gateway
    """
    _empty(folder)
    simulators = await asyncio.create_subprocess_exec(
        *_command(
            "simulate",
            *(f"{name}={kind}{_place(name, kind, folder)}" for name, kind in systems.items()),
            "--folder",
            str(folder / "witness"),
            "--seed",
            str(seed),
            "--faults",
            "flaky" if faults == "flaky" else "none",
            *(word for switch in switches for word in ("--switch", switch)),
        ),
        env=dict(os.environ) | reaper.mark(),
        stdout=asyncio.subprocess.PIPE,
    )
    set_up: Environment | None = None
    try:
        urls = {}
        for _ in systems:
            line = await asyncio.wait_for(_line(simulators), PATIENCE)
            name, urls[name] = line.split()
        file = folder / "systems.toml"
        mapping = folder / "commune.toml"
        mapping.write_text(MAPPING, encoding="utf-8")
        words = {f"{name}_limits": text for name, text in {**LIMITS, **limits}.items()}
        words |= {name.removeprefix("national-"): url for name, url in urls.items()}
        text = SYSTEMS_FILE + (WARD if "ward" in systems else "") + more
        file.write_text(text.format(mapping=mapping.absolute(), **words), encoding="utf-8")
        environ = dict(os.environ) | {
            **reaper.mark(),
            "LIENTHONG_DATA": str(folder / "data"),
            "LIENTHONG_SYSTEMS": str(file),
            "LIENTHONG_TIME_SCALE": "0.002",
            "DEMO_PORTAL_USER": "H99",
            "DEMO_PORTAL_PASSWORD": "demo",
            **(servers or {}),
        }
        store = await open_store(load(environ))
        try:
            key = await _key(store)
        finally:
            await store.close()
        set_up = Environment(folder, port, urls, key, environ, program=program)
        set_up.hostile = faults == "flaky"
        await set_up.start_gateway()
        for _ in range(workers):
            await set_up.start_worker()
        yield set_up
    finally:
        ours = [set_up.gateway, *set_up.workers] if set_up is not None else []
        for process in (*ours, simulators):
            if process is not None and process.returncode is None:
                process.terminate()
                await process.wait()


async def _line(process: asyncio.subprocess.Process) -> str:
    if process.stdout is None:
        raise RuntimeError("no output to read")
    return (await process.stdout.readline()).decode().strip()


async def _key(store: Store) -> str:
    """Add the demonstration's client, as `lienthong clients add` does."""
    by = client_keys.By(who="os:demo")
    match await client_keys.add(store, "demo", environment="sandbox", agencies=["H99"], by=by):
        case Refusal(code=code):
            raise RuntimeError(f"no key was given: {code}")
        case key:
            return key


async def control(on: Environment, system: str, order: str, body: dict[str, Any]) -> None:
    """Give a simulator an order."""
    async with httpx.AsyncClient(trust_env=False) as client:
        (await client.post(f"{on.urls[system]}/_control/{order}", json=body)).raise_for_status()
