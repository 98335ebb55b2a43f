"""A gateway to be broken: processes, one moody system over TLS, one calm one, a real Prometheus."""

from __future__ import annotations

import asyncio
import json
import os
import re
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx
from typer.testing import CliRunner

from gateway.commands.app import program
from gateway.workbench.faults import Faults
from gateway.workbench.machine import free_port
from gateway.workbench.samples.generator import sample
from gateway.workbench.servers import PrivatePostgres, PrivateRabbit
from gateway.workbench.simulate import Answer, Behaves, Host

RULES = Path(__file__).parents[2] / "deploy" / "prometheus"
JSON = {"Content-Type": "application/json"}
SYSTEMS = """\
[systems.portal]
adapter = "national_portal"
environment = "sandbox"
ca_file = "{ca}"
limits = {{ exchange = 1.5, exchanges = 3, conversation = 5.0, lease = 6.0 }}
[systems.portal.settings]
base_url = "https://127.0.0.1:{portal}"
agency_code = "H99"
username = "H99"
password = {{ env = "TRIAL_PASSWORD" }}
own_name = "portal"
[systems.echo]
adapter = "echo"
environment = "sandbox"
settings = {{ base_url = "http://127.0.0.1:{echo}" }}
"""
DISK = "96m"
"""The disk on which the database's tables lie."""
LEFT = "SELECT count(*) FROM outbox"


@dataclass
class Moody:
    """The portal, in one mood or another; its right password may be changed."""

    inner: Behaves
    mood: str = ""
    password: str = "first"

    def seed(self, codes: list[str]) -> None:
        """Pass on."""
        self.inner.seed(codes)

    def excuse(self, path: str) -> bytes | None:
        """Pass on."""
        return self.inner.excuse(path)

    def move(self, code: str, status: int) -> None:
        """Pass on."""
        self.inner.move(code, status)

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer as the mood is."""
        login = path.endswith("/login")
        if login and json.loads(body).get("password") != self.password:
            return 200, JSON, b'{"error_code": "-1", "message": "sai mat khau"}'
        page = b"<html><body>He thong dang bao tri</body></html>"
        odd = {"error_code": "77", "message": "ma la"}
        moods: dict[str, Answer] = {
            "500": (500, {}, b"internal error"),
            "502": (502, {"Content-Type": "text/html"}, page),
            "cut": (200, JSON, b'{"error_code": "0", "mess'),
            "429": (429, {"Retry-After": "1"}, b""),
            "page": (200, {"Content-Type": "text/html"}, page),
            "code": (200, JSON, json.dumps(odd).encode()),
            "session": (200, JSON, (self.inner.excuse("/x") or b"")),
        }
        if self.mood in moods and not (login and self.mood in {"code", "session"}):
            return moods[self.mood]
        return self.inner.handle(method, path, headers, body)


async def certificate(folder: Path, name: str) -> Path:
    """Make a certificate of this machine that signs itself."""
    file = folder / f"{name}.pem"
    making = await asyncio.create_subprocess_exec(
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "60"),
        *("-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"),
        *("-keyout", str(folder / f"{name}.key"), "-out", str(file)),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    if await making.wait():
        raise RuntimeError("openssl made no certificate")
    return file


@dataclass
class Scene:
    """Everything that may be broken, and the operator's means to see it."""

    folder: Path
    database: PrivatePostgres
    broker: PrivateRabbit
    dsn: str
    environ: dict[str, str]
    host: Host
    moody: Moody
    ports: dict[str, int]
    key: str = ""
    prometheus: str = ""
    api: asyncio.subprocess.Process | None = None
    workers: list[asyncio.subprocess.Process] = field(default_factory=list)
    door: asyncio.Server | None = None
    posted: int = 0

    async def open_door(self, name: str = "first") -> None:
        """Let the portal listen, with this certificate."""
        own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        own.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        self.door = await asyncio.start_server(
            self.host.serve, "127.0.0.1", self.ports["portal"], ssl=own
        )

    async def shut_door(self) -> None:
        """Let the portal be away: nobody listens, and every connection ends."""
        if self.door is not None:
            self.door.close()
        for writer in list(self.host._open):
            writer.close()

    async def start(self, *words: str, metrics: int | None = None) -> asyncio.subprocess.Process:
        """Start a process of the gateway."""
        more = {} if metrics is None else {"LIENTHONG_METRICS_PORT": str(metrics)}
        with (self.folder / f"{words[0]}.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "gateway.commands", *words),
                env=self.environ | more,
                stdout=log,
                stderr=log,
            )

    async def start_api(self) -> None:
        """Start the API and wait until it can commit."""
        self.api = await self.start("serve", "--port", str(self.ports["api"]))
        async with asyncio.timeout(40), httpx.AsyncClient(trust_env=False) as client:
            while True:
                try:
                    answer = await client.get(f"http://127.0.0.1:{self.ports['api']}/readyz")
                    if answer.status_code == 200:
                        return
                except httpx.HTTPError:
                    if self.api.returncode is not None:
                        said = (self.folder / "serve.log").read_text("utf-8")
                        raise RuntimeError(f"the API ended: {said[-500:]}") from None
                await asyncio.sleep(0.1)

    async def start_workers(self) -> None:
        """Start both workers."""
        for name in ("worker-1", "worker-2"):
            self.workers.append(await self.start("worker", metrics=self.ports[name]))

    async def end(self, *, api: bool, workers: bool) -> None:
        """Stop processes of the gateway."""
        ending = [self.api] if api else []
        ending += self.workers if workers else []
        self.workers = [] if workers else self.workers
        for process in ending:
            if process is not None and process.returncode is None:
                process.terminate()
                await process.wait()

    async def restart(self) -> None:
        """Start the gateway again, with what was changed in its settings."""
        await self.end(api=True, workers=True)
        await self.start_api()
        await self.start_workers()

    async def post(self, *, numbered: bool = True) -> str:
        """Post a dossier that both systems must know of; give its id, or nothing."""
        self.posted += 1
        body = dict(sample(20 * self.posted + 1, 4).requests[0].body)
        body.pop("origin", None)
        body["source"] = {"ref": f"thu/{self.posted}"}
        body["submitted_at"] = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
        if not numbered:
            body["owner"].pop("identities")
        headers = {"Authorization": f"Bearer {self.key}"}
        async with httpx.AsyncClient(trust_env=False, timeout=10, headers=headers) as client:
            try:
                answer = await client.post(
                    f"http://127.0.0.1:{self.ports['api']}/v1/dossiers", json=body
                )
            except httpx.HTTPError:
                return ""
        return str(answer.json()["id"]) if answer.status_code == 201 else ""

    async def correct(self, dossier: str) -> None:
        """Do what an officer does: complete the number."""
        number = {"kind": "personal_number", "number": "001399000000"}
        event = {
            "ref": "sua",
            "kind": "corrected",
            "occurred_at": datetime.now(UTC).isoformat(),
            "reason": "thiếu số",
            "patch": {"owner": {"identities": [number]}},
        }
        headers = {"Authorization": f"Bearer {self.key}"}
        path = f"http://127.0.0.1:{self.ports['api']}/v1/dossiers/{dossier}/events"
        async with httpx.AsyncClient(trust_env=False, headers=headers) as client:
            (await client.post(path, json=event)).raise_for_status()

    async def ask(self, *words: str) -> str:
        """Run a command of the operator; give what it said."""
        done = await asyncio.to_thread(
            lambda: CliRunner().invoke(program(), words, env=self.environ)
        )
        return f"{done.output}\n{done.exception or ''}"

    async def firing(self) -> set[str]:
        """Name the alerts that fire now."""
        async with httpx.AsyncClient(trust_env=False) as client:
            try:
                answer = await client.get(f"{self.prometheus}/api/v1/alerts")
                alerts = answer.json()["data"]["alerts"]
            except (httpx.HTTPError, ValueError):
                return set()
        return {one["labels"]["alertname"] for one in alerts if one["state"] == "firing"}

    def logged(self) -> str:
        """Give the newest lines of the API's log."""
        return (self.folder / "serve.log").read_text("utf-8")[-2000:]

    async def left(self) -> int:
        """Count the lanes with something left to do, parked ones too; -1: nobody can say."""
        try:
            connection = await asyncpg.connect(self.dsn, timeout=2)
        except (OSError, asyncpg.PostgresError, TimeoutError):
            return -1
        try:
            return int(await connection.fetchval(LEFT))
        finally:
            await connection.close()


def hasty(text: str) -> str:
    """Shorten a rule: it says what it said, after seconds instead of minutes."""
    text = re.sub(r"for: \d+[smhd]", "for: 2s", text)
    text = re.sub(r"> (120|600|1800|3600)\b", "> 6", text)
    return text.replace("[10m]", "[10s]").replace("[5m]", "[5s]")


@asynccontextmanager
async def scraping(folder: Path, ports: Mapping[str, int]) -> AsyncIterator[str]:
    """Run Prometheus with the shipped rules, made hasty; give its address."""
    for name in ("alerts.yml", "recording.yml"):
        (folder / name).write_text(hasty((RULES / name).read_text("utf-8")), "utf-8")
    told = (RULES / "prometheus.yml").read_text("utf-8").replace("15s", "1s")
    for name, as_shipped in (
        ("api", "gateway:9100"),
        ("worker-1", "worker-1:9100"),
        ("worker-2", "worker-2:9100"),
    ):
        told = told.replace(as_shipped, f"127.0.0.1:{ports[name]}")
    (folder / "prometheus.yml").write_text(told, "utf-8")
    port = free_port()
    with (folder / "prometheus.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            "prometheus",
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'series'}",
            f"--web.listen-address=127.0.0.1:{port}",
            stdout=log,
            stderr=log,
        )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


def small_disk(database: PrivatePostgres) -> Path:
    """Mount the disk that will be full; only root may."""
    disk = database.folder / "disk"
    disk.mkdir()
    order = ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=1777", "tmpfs", str(disk)]
    subprocess.run(order, check=True, capture_output=True)
    return disk


def no_small_disk(database: PrivatePostgres) -> None:
    """Take it away again."""
    subprocess.run(["umount", "-l", str(database.folder / "disk")], check=False)


def on_small_disk(database: PrivatePostgres) -> str:
    """Make a database whose tables lie on the small disk; give its DSN."""
    space = database.folder / "disk" / "space"
    database.own(space)
    database.order(f"CREATE TABLESPACE small LOCATION '{space}'")
    database.order("CREATE DATABASE trial TABLESPACE small")
    return f"postgresql://postgres@127.0.0.1:{database.port}/trial"


@asynccontextmanager
async def scene(
    folder: Path, database: PrivatePostgres, broker: PrivateRabbit
) -> AsyncIterator[Scene]:
    """Set the scene, and take everything away again."""
    for name in ("first", "second"):
        await certificate(folder, name)
    (folder / "ca.pem").write_bytes((folder / "first.pem").read_bytes())
    ports = {one: free_port() for one in ("api", "worker-1", "worker-2", "portal", "echo")}
    text = SYSTEMS.format(ca=folder / "ca.pem", **ports)
    (folder / "systems.toml").write_text(text, "utf-8")
    hosts = {
        name: Host(name, kind, folder / "witness", Faults(flaky=False, seed=1))
        for name, kind in (("portal", "national_portal"), ("echo", "echo"))
    }
    hosts["portal"].simulator = moody = Moody(hosts["portal"].simulator)
    dsn = await asyncio.to_thread(on_small_disk, database)
    environ = dict(os.environ) | {
        "LIENTHONG_DATA": str(folder / "data"),
        "LIENTHONG_SYSTEMS": str(folder / "systems.toml"),
        "LIENTHONG_DATABASE": dsn,
        "LIENTHONG_AMQP": broker.url,
        "LIENTHONG_TIME_SCALE": "0.02",
        "TRIAL_PASSWORD": "first",
    }
    on = Scene(folder, database, broker, dsn, environ, hosts["portal"], moody, ports)
    echo = await asyncio.start_server(hosts["echo"].serve, "127.0.0.1", ports["echo"])
    try:
        await on.open_door()
        await on.ask("migrate")
        said = await on.ask("clients", "add", "demo", "--agency", "H99")
        on.key = said.strip().splitlines()[-1]
        await on.start_api()
        await on.start_workers()
        async with scraping(folder, ports) as on.prometheus:
            yield on
    finally:
        await on.end(api=True, workers=True)
        await on.shut_door()
        echo.close()
