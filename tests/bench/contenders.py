"""The contenders: how each is started, at how many processes, and where it takes dossiers in."""

from __future__ import annotations

import subprocess
import sys
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from gateway.settings import LIMITS
from gateway.workbench.machine import free_port
from tests.bench.dossiers import AGENCY, SMALL, text
from tests.bench.ground import ROOT, Ground, Shape, end, environment, ready
from tests.bench.load import Order

GATEWAY = ("-m", "gateway.commands")
VALIDATING = ("-m", "tests.bench.peers.validating")
INSTANT = ("-m", "tests.bench.peers.instant")
SYSTEM = """\
[systems.far-{number}]
adapter = "echo"
limits = {{ at_once = {at_once}{more} }}
settings = {{ base_url = "{url}" }}
"""
AT_ONCE = 64
UNBOUND = tuple(
    f"LIENTHONG_{name}"
    for name in (
        "CLIENT_RATE",
        "CLIENT_BURST",
        "CLIENT_RATE_MB",
        "CLIENT_BURST_MB",
        "SANDBOX_RATE_MB",
        "SANDBOX_BURST_MB",
    )
)
"""Conversations at the same time with one system, as an operator sets it for a system so quick."""


class Contender(ABC):
    """Somebody who takes dossiers in: processes of its own, all over the same servers."""

    path = "/dossiers"
    name = ""

    def __init__(self, on: Ground) -> None:
        self.on = on
        self.systems: tuple[int, ...] = tuple(range(len(on.witness.ports)))
        self.apis: list[subprocess.Popen[bytes]] = []
        self.workers: list[subprocess.Popen[bytes]] = []
        self.ports: list[int] = []
        self.shape = Shape(1)
        self.headers: dict[str, str] = {}

    @property
    def pids(self) -> list[int]:
        """Its processes."""
        return [one.pid for one in (*self.apis, *self.workers)]

    def take(self, shape: Shape) -> None:
        """Bring it to a shape; processes that are there already stay."""
        self.shape = shape
        while len(self.apis) < shape.api:
            port = free_port()
            self.ports.append(port)
            self.apis.append(self.start_api(port))
            ready([port], self.apis)
        surplus, self.apis, self.ports = (
            self.apis[shape.api :],
            self.apis[: shape.api],
            self.ports[: shape.api],
        )
        end(surplus)
        self.staff(shape)

    def staff(self, shape: Shape) -> None:
        """Bring the number of processes that deliver to a shape; one that calls has none."""
        del shape

    @abstractmethod
    def start_api(self, port: int) -> subprocess.Popen[bytes]:
        """Start a process that takes in."""

    def order(self, *, size: str = SMALL, **more: Any) -> Order:
        """Make an order for the load generator."""
        mould = text(size)
        return Order(ports=self.ports, path=self.path, headers=self.headers, mould=mould, **more)

    def close(self) -> None:
        """End its processes."""
        end([*self.apis, *self.workers])
        self.apis, self.workers, self.ports = [], [], []

    def uvicorn(self, app: str, port: int, environ: dict[str, str]) -> subprocess.Popen[bytes]:
        """Start a peer's API under the same server and parser as ours."""
        words = ("--port", str(port), "--http", "httptools", "--loop", "uvloop", "--no-access-log")
        return self.on.spawn(
            self.name.replace(" ", "-"), "-m", "uvicorn", app, *words, environ=environ
        )


class Gateway(Contender):
    """Our gateway on PostgreSQL and RabbitMQ; `systems`: which of the targets it knows.

    root: the checkout whose code it runs
    """

    path = "/v1/dossiers"

    def __init__(
        self,
        on: Ground,
        name: str = "gateway",
        *,
        program: tuple[str, ...] = GATEWAY,
        systems: tuple[int, ...] | None = None,
        more: str = "",
        embedded: bool = False,
        root: Path = ROOT,
    ) -> None:
        super().__init__(on)
        self.name, self.program, self.root = name, program, root
        self.systems = systems or self.systems
        file = on.folder / f"{name}.toml"
        file.write_text(
            "\n".join(
                SYSTEM.format(number=one, url=on.witness.urls[one], at_once=AT_ONCE, more=more)
                for one in self.systems
            ),
            encoding="utf-8",
        )
        self.environ = {
            "LIENTHONG_DATA": str(on.folder / name),
            "LIENTHONG_SYSTEMS": str(file),
            **dict.fromkeys(UNBOUND, "1000000"),  # one key brings what a country does
        }
        if not embedded:
            servers = {"DATABASE": on.database(name), "AMQP": on.rabbit.url}
            self.environ |= {f"LIENTHONG_{key}": value for key, value in servers.items()}
        self.headers = {"Authorization": f"Bearer {self._key()}"}

    def _key(self) -> str:
        words = ("add", "bench", "--agency", AGENCY, "--environment", "live")
        self.command("migrate")
        return self.command("clients", *words)

    def command(self, *words: str) -> str:
        """Run a command of `lienthong` and give what it says."""
        done = subprocess.run(
            [sys.executable, *GATEWAY, *words],
            env=environment(self.root) | self.environ,
            stdout=subprocess.PIPE,
            check=True,
            cwd=self.root,
        )
        return done.stdout.decode().strip()

    def start_api(self, port: int) -> subprocess.Popen[bytes]:
        """Start `lienthong serve`."""
        words = (*self.program, "serve", "--port", str(port))
        return self.on.spawn(f"{self.name}-api", *words, environ=self.environ, root=self.root)

    def staff(self, shape: Shape) -> None:
        """Start or end `lienthong worker`s."""
        while len(self.workers) < shape.workers:
            words = (f"{self.name}-worker", *self.program, "worker")
            self.workers.append(self.on.spawn(*words, environ=self.environ, root=self.root))
        surplus, self.workers = self.workers[shape.workers :], self.workers[: shape.workers]
        end(surplus)


class Celery(Contender):
    """Peer 1: the usual FastAPI + Celery + RabbitMQ gateway."""

    name = "celery"

    def __init__(self, on: Ground) -> None:
        super().__init__(on)
        self.pool = ""
        self.environ = {
            "BENCH_TARGETS": ",".join(on.witness.urls),
            "BENCH_AMQP": on.rabbit.url,
            "BENCH_DATABASE": on.database("celery"),
            "BENCH_QUEUE": "peer",
        }

    def start_api(self, port: int) -> subprocess.Popen[bytes]:
        """Start its API."""
        return self.uvicorn("tests.bench.peers.celery_api:app", port, self.environ)

    def staff(self, shape: Shape) -> None:
        """Start its worker with a pool, as `prefork 2`; another pool ends the one before."""
        if shape.pool == self.pool:
            return
        end(self.workers)
        self.workers, self.pool = [], shape.pool
        if shape.pool:
            kind, size = shape.pool.split()
            words = ("--pool", kind, "--concurrency", size, "--loglevel", "WARNING", "-O", "fair")
            # With heartbeats its gevent pool begins ten tasks a second and no more.
            quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
            program = ("-m", "celery", "-A", "tests.bench.peers.celery_app", "worker")
            self.workers.append(
                self.on.spawn("celery-worker", *program, *words, *quiet, environ=self.environ)
            )

    def purge(self) -> None:
        """Throw away what no worker took."""
        self.on.rabbit.control("purge_queue", "peer")


class Direct(Contender):
    """Peer 2: calls the three systems directly and keeps nothing."""

    def __init__(self, on: Ground, transport: str) -> None:
        super().__init__(on)
        self.name = f"direct {transport}"
        self.environ = {
            "BENCH_TARGETS": ",".join(on.witness.urls),
            "BENCH_TRANSPORT": transport,
        }

    def start_api(self, port: int) -> subprocess.Popen[bytes]:
        """Start its API."""
        return self.uvicorn("tests.bench.peers.direct:app", port, self.environ)


BATCH = 20
"""Dossiers a call, as the facts of a system allow it."""


def batched(on: Ground) -> Gateway | None:
    """Give our gateway with systems that may be told many dossiers a call; None: none can yet."""
    if "batch" not in LIMITS:
        return None
    return Gateway(on, "batched", more=f", batch = {BATCH}")
