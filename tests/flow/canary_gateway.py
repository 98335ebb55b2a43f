"""A gateway of real processes among systems that repeat whatever they were told."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
from typer.testing import CliRunner

from gateway.commands.app import program
from gateway.workbench.faults import Faults
from gateway.workbench.machine import free_port
from gateway.workbench.servers import PrivateRabbit
from gateway.workbench.simulate import Answer, Behaves, Host, hosted
from tests.flow.marks import SECRETS

JSON = {"Content-Type": "application/json"}
STATES = {"submitted": 0, "accepted": 1, "processing": 2, "finished": 4, "returned": 10}
SYSTEMS = """\
[systems.portal]
adapter = "national_portal"
environment = "sandbox"
inbox = {{ agencies = ["H99"], token = {{ env = "MARK_INBOX" }} }}
[systems.portal.settings]
base_url = "{portal}"
agency_code = "H99"
username = "H99"
password = {{ env = "MARK_PASSWORD" }}
own_name = "portal"
[systems.province]
adapter = "igate"
environment = "sandbox"
[systems.province.settings]
base_url = "{province}"
client_id = "x"
username = "x"
password = {{ env = "MARK_PASSWORD" }}
files = "none"
status_ids = {ids}
status_map = {map}
[systems.echo]
adapter = "echo"
environment = "sandbox"
settings = {{ base_url = "{echo}", token = {{ env = "MARK_TOKEN" }} }}
[systems.old]
adapter = "commune_files"
environment = "sandbox"
inbox = {{ agencies = ["H99"] }}
limits = {{ poll_every = 0.3 }}
settings = {{ folder = "{folder}", quiet_seconds = 0.5 }}
"""


@dataclass
class Parrot:
    """A system that answers with what it was sent; `tune`: in which kind of answer."""

    inner: Behaves
    tune: str
    heard: list[str] = field(default_factory=list)

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
        """Let them in with a marked session; after that repeat everything, headers too."""
        if path.endswith("/login"):
            told = {"error_code": "0", "message": "thành công", "session": SECRETS["session"]}
            return 200, JSON, json.dumps(told).encode()
        said = self._said(body)
        self.heard.append(said)
        sent = f"{path} {dict(headers)} {said}"
        match self.tune:
            case "sentence":  # the portal's refusal, escaped as many servers do
                answer: Any = {"error_code": "-1", "message": f"Sai: {said}"}
            case "shapeless":
                answer = {"loi": said, "nhan": sent}
            case "code":  # everything where a short code is expected
                problem = {"pointer": f"/{said}", "code": said, "detail": sent}
                answer = {"ok": False, "code": said, "problems": [problem]}
            case _:
                return 200, {"Content-Type": "text/html"}, f"<p>{sent}</p>".encode()
        return 200, JSON, json.dumps(answer).encode()

    @staticmethod
    def _said(body: bytes) -> str:
        """Pick the texts out of a body, the values and not the names."""
        try:
            return "; ".join(_texts(json.loads(body)))
        except ValueError:
            return body.decode("utf-8", "replace")


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        order = sorted(value, key=lambda name: name not in {"owner", "name", "ChuHoSo"})
        return [text for name in order for text in _texts(value[name])]
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    return [value] if isinstance(value, str) else []


@dataclass
class CanaryGateway:
    """The gateway at work, what it may be asked, and everything that it said."""

    folder: Path
    environ: dict[str, str]
    key: str
    port: int
    worker_port: int
    api: httpx.AsyncClient
    portal: Parrot

    @property
    def share(self) -> Path:
        """The folder of the old software."""
        return self.folder / "share"

    async def ask(self, *words: str, **more: str) -> str:
        """Run a command in a thread, which starts quicker; give everything that it said."""
        env = self.environ | more
        done = await asyncio.to_thread(lambda: CliRunner().invoke(program(), words, env=env))
        return f"{done.output} {done.exception or ''}"

    async def command(self, *words: str, **more: str) -> str:
        """Run a command as a process; give everything that it said."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway.commands", *words),
            env=self.environ | more,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        return said.decode()

    def logs(self) -> dict[str, str]:
        """Give what each process wrote."""
        return {file.name: file.read_text("utf-8") for file in self.folder.glob("*.log")}


def _hosts(witness: Path) -> tuple[dict[str, Host], Parrot]:
    kinds = {"portal": "national_portal", "province": "igate", "echo": "echo"}
    made = {
        name: Host(name, kind, witness, Faults(flaky=False, seed=1)) for name, kind in kinds.items()
    }
    made["portal"].simulator = portal = Parrot(made["portal"].simulator, "sentence")
    made["echo"].simulator = Parrot(made["echo"].simulator, "code")
    made["province"].faults.gone_until = float("inf")  # so that its retries wait
    return made, portal


def _environ(folder: Path, dsn: str, rabbit: PrivateRabbit, worker_port: int) -> dict[str, str]:
    at = urlsplit(dsn)
    marked = at._replace(netloc=f"{at.username}:{SECRETS['database']}@{at.hostname}:{at.port}")
    return dict(os.environ) | {
        "PYTHONUNBUFFERED": "1",
        "LIENTHONG_DATA": str(folder / "data"),
        "LIENTHONG_SYSTEMS": str(folder / "systems.toml"),
        "LIENTHONG_DATABASE": urlunsplit(marked),
        "LIENTHONG_AMQP": f"amqp://yen:{SECRETS['broker']}@127.0.0.1:{rabbit.port}/",
        "LIENTHONG_SEAL_KEY": SECRETS["seal"],
        "LIENTHONG_FILES_SECRET": SECRETS["files"],
        "LIENTHONG_METRICS_PORT": str(worker_port),
        "MARK_PASSWORD": SECRETS["password"],
        "MARK_TOKEN": SECRETS["token"],
        "MARK_INBOX": SECRETS["inbox"],
    }


def _inline(table: Mapping[Any, Any]) -> str:
    return "{ " + ", ".join(f'"{a}" = {json.dumps(b)}' for a, b in table.items()) + " }"


async def _start(
    gateway: CanaryGateway, log: str, *words: str, **more: str
) -> asyncio.subprocess.Process:
    with (gateway.folder / f"{log}.log").open("ab") as out:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway.commands", *words),
            env=gateway.environ | more,
            stdout=out,
            stderr=out,
        )


async def _ready(gateway: CanaryGateway) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                if (await gateway.api.get("/readyz")).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.05)


@asynccontextmanager
async def canary_gateway(
    folder: Path, dsn: str, rabbit: PrivateRabbit
) -> AsyncIterator[CanaryGateway]:
    """Set a gateway up: API and worker as processes, four systems, secrets that are marked."""
    if "yen" not in rabbit.control("list_users"):
        rabbit.control("add_user", "yen", SECRETS["broker"])
        rabbit.control("set_permissions", "yen", ".*", ".*", ".*")
    (folder / "share" / "out").mkdir(parents=True)
    hosts, portal = _hosts(folder / "witness")
    async with AsyncExitStack() as stack:
        urls = {
            name: f"http://127.0.0.1:{await stack.enter_async_context(hosted(host))}"
            for name, host in hosts.items()
        }
        text = SYSTEMS.format(
            **urls,
            folder=folder / "share",
            ids=_inline(STATES),
            map=_inline({number: word for word, number in STATES.items()}),
        )
        (folder / "systems.toml").write_text(text, "utf-8")
        port, worker_port = free_port(), free_port()
        environ = _environ(folder, dsn, rabbit, worker_port)
        api = await stack.enter_async_context(
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=20)
        )
        gateway = CanaryGateway(folder, environ, "", port, worker_port, api, portal)
        await gateway.command("migrate")
        gateway.key = (await gateway.command("clients", "add", "demo", "--agency", "H99")).strip()
        api.headers["Authorization"] = f"Bearer {gateway.key}"
        alone = {"LIENTHONG_METRICS_PORT": ""}  # both processes are on one machine
        started = [await _start(gateway, "api", "serve", "--port", str(port), **alone)]
        try:
            await _ready(gateway)
            started.append(await _start(gateway, "worker", "worker"))
            yield gateway
        finally:
            for process in started:
                if process.returncode is None:
                    process.terminate()
                await process.wait()
