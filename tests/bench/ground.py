"""The ground on which all contenders run: two cores, one database server, one broker, one witness.

Everybody uses the same servers, tuned alike; each contender has a database and queues of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx

from gateway.workbench import reaper
from gateway.workbench.servers import PrivatePostgres, PrivateRabbit
from tests.bench import measure
from tests.bench.load import Order, Result

CORES = {0, 1}
TUNED = """
# A small server of its own for the database, as an operator would set it; every commit is durable.
shared_buffers = 2GB
effective_cache_size = 8GB
max_wal_size = 8GB
checkpoint_timeout = 15min
wal_compression = on
random_page_cost = 1.1
maintenance_work_mem = 512MB
"""
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Shape:
    """How many processes take in, how many deliver, and in which pool (Celery)."""

    api: int
    workers: int = 0
    pool: str = ""

    def __str__(self) -> str:
        """Say it in a table."""
        parts = [f"{self.api} API"]
        if self.pool:
            parts.append(self.pool)
        elif self.workers:
            parts.append(f"{self.workers} workers" if self.workers > 1 else "1 worker")
        return " + ".join(parts)


@dataclass
class Witness:
    """The three target systems."""

    process: subprocess.Popen[bytes]
    ports: list[int]
    control: int

    @property
    def urls(self) -> list[str]:
        """Where the systems listen."""
        return [f"http://127.0.0.1:{port}" for port in self.ports]

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Ask what was witnessed, or give an order."""
        with httpx.Client(trust_env=False, timeout=60) as client:
            return client.post(f"http://127.0.0.1:{self.control}{path}", json=body or {}).json()

    def wait_for(
        self, dossiers: int, systems: Sequence[int], seconds: float
    ) -> list[dict[str, Any]]:
        """Wait until so many dossiers arrived at each of these systems; give all counts."""
        until = time.monotonic() + seconds
        while True:
            counts: list[dict[str, Any]] = self.ask("/counts")
            if all(counts[one]["distinct"] >= dossiers for one in systems):
                return counts
            if time.monotonic() > until:
                seen = [count["distinct"] for count in counts]
                raise TimeoutError(f"of {dossiers} dossiers {seen} arrived in {seconds:g} s")
            time.sleep(0.1)


@dataclass
class Ground:
    """Servers, witness, folder; and the numbers of the dossiers not yet used."""

    folder: Path
    postgres: PrivatePostgres
    rabbit: PrivateRabbit
    witness: Witness
    databases: dict[str, str] = field(default_factory=dict)
    best: dict[str, tuple[Shape, float]] = field(default_factory=dict)
    """By contender: the shape in which it was quickest, and dossiers per second in it."""
    _next: int = 0

    @property
    def roots(self) -> list[int]:
        """The processes that work for every contender."""
        servers = (self.postgres.process, self.rabbit.process, self.witness.process)
        return [one.pid for one in servers if one is not None]

    def numbers(self, count: int) -> int:
        """Reserve numbers of dossiers that nobody has used; give the first."""
        first = self._next
        self._next += count
        return first

    def database(self, name: str) -> str:
        """Give the database of a contender, made at the first call."""
        if name not in self.databases:
            self.databases[name] = self.postgres.database(name)
        return self.databases[name]

    def spawn(
        self, name: str, *words: str, environ: dict[str, str], root: Path = ROOT
    ) -> subprocess.Popen[bytes]:
        """Start a process of Python in a checkout; what it says goes to a file."""
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *words],
                env=environment(root) | environ,
                stdout=log,
                stderr=log,
                cwd=root,
            )


def environment(root: Path = ROOT) -> dict[str, str]:
    """Give the surroundings of every process that is started here, or in another checkout."""
    return dict(os.environ) | {"PYTHONPATH": str(root)} | reaper.mark()


def post(order: Order) -> Result:
    """Let the load generator carry out an order."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"],
        input=json.dumps(asdict(order)).encode(),
        stdout=subprocess.PIPE,
        env=environment(),
        check=True,
        cwd=ROOT,
    )
    return Result(**json.loads(done.stdout))


def end(processes: list[subprocess.Popen[bytes]]) -> None:
    """End processes of ours, kindly at first."""
    for one in processes:
        with suppress(ProcessLookupError):
            one.terminate()
    for one in processes:
        try:
            one.wait(20)
        except subprocess.TimeoutExpired:
            one.kill()
            one.wait()


def ready(ports: list[int], process: list[subprocess.Popen[bytes]], seconds: float = 60) -> None:
    """Wait until all these ports say that they can work."""
    until = time.monotonic() + seconds
    with httpx.Client(trust_env=False, timeout=5) as client:
        for port in ports:
            while True:
                with suppress(httpx.HTTPError):
                    if client.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                        break
                if time.monotonic() > until or any(one.poll() is not None for one in process):
                    raise RuntimeError(f"nothing came up on port {port}: see the logs")
                time.sleep(0.05)


@contextmanager
def witness(systems: int = 3) -> Iterator[Witness]:
    """Start the target systems; end them on the way out."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.witness", str(systems)],
        stdout=subprocess.PIPE,
        env=environment(),
        cwd=ROOT,
    )
    try:
        if process.stdout is None:
            raise RuntimeError("no output to read")
        with process.stdout as said:
            where = json.loads(said.readline())
        yield Witness(process, where["systems"], where["control"])
    finally:
        end([process])


@contextmanager
def ground() -> Iterator[Ground]:
    """Prepare the ground; everything is ended and thrown away on the way out."""
    os.sched_setaffinity(0, CORES & os.sched_getaffinity(0))
    postgres, rabbit = PrivatePostgres(), PrivateRabbit()
    with tempfile.TemporaryDirectory(prefix="lienthong-bench-") as folder:
        reaper.remove(Path(folder))
        try:
            with (postgres.data / "postgresql.conf").open("a", encoding="utf-8") as settings:
                settings.write(TUNED)
            postgres.start()
            rabbit.start()
            with witness() as seen:
                yield Ground(Path(folder), postgres, rabbit, seen)
        finally:
            rabbit.stop()
            postgres.stop()


def cpu_of(on: Ground, own: list[int]) -> float:
    """Give the CPU seconds used so far by a contender with database, broker and witness."""
    return measure.cpu([*on.roots, *own])
