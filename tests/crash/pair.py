"""A PostgreSQL primary with its synchronous standby, which change places when the primary dies.

Each server has a place, 0 or 1; the ways to a place stay, whoever stands there. A commit is
answered only when the other place has it too, also in the moments when there is nobody: then
nothing is promised. The database of the run lies on a small disk, so that it can be filled.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path

from gateway.workbench.machine import NoServer
from gateway.workbench.servers import PrivatePostgres
from tests.crash.proxy import Front, Way

DISK = 640
"""MiB; the write-ahead log is kept far below it."""
LEFT = 64 * 1024
"""Bytes that a full disk still has."""
TRIES = 40
OPTIONS = (
    "synchronous_standby_names=*",
    "max_wal_size=128MB",
    "min_wal_size=80MB",
    "wal_keep_size=64MB",
    "wal_retrieve_retry_interval=200ms",
    "wal_receiver_timeout=10s",
    "wal_sender_timeout=10s",
    "checkpoint_timeout=30s",
)


class Pair:
    """Two servers with the ways to them: the gateway's and the standby's."""

    def __init__(self) -> None:
        self.ways = [Way("postgres-0", 0), Way("postgres-1", 0)]
        self.feeds = [Way("replication-0", 0), Way("replication-1", 0)]
        self.fronts = [Front([way]) for way in (*self.ways, *self.feeds)]
        self.servers: list[PrivatePostgres | None] = [None, None]
        self.lead = 0

    async def open(self) -> None:
        """Open the ways; the servers come after."""
        for front in self.fronts:
            await front.start()

    @property
    def primary(self) -> PrivatePostgres:
        """The server that takes writes."""
        found = self.servers[self.lead]
        if found is None:
            raise NoServer("there is no primary")
        return found

    @property
    def way(self) -> Way:
        """The gateway's way to the server that takes writes."""
        return self.ways[self.lead]

    @property
    def feed(self) -> Way:
        """The standby's way to it."""
        return self.feeds[self.lead]

    def start(self) -> None:
        """Start both."""
        self._stand(0, PrivatePostgres(options=self._options(0), disk=DISK))
        self.follow()

    def _options(self, place: int) -> list[str]:
        other = self.fronts[2 + 1 - place].port  # the replication way to the other place
        return [*OPTIONS, f"primary_conninfo=host=127.0.0.1 port={other} user=postgres"]

    def _stand(self, place: int, server: PrivatePostgres) -> None:
        server.start()
        self.servers[place] = server
        self.ways[place].port = self.feeds[place].port = server.port

    def follow(self) -> float:
        """Make a new standby of the primary in the other place; give the seconds it took."""
        begun = time.monotonic()
        place = 1 - self.lead
        old = self.servers[place]
        if old is not None:
            old.stop()
        self._stand(place, PrivatePostgres(self.primary, options=self._options(place), disk=DISK))
        return time.monotonic() - begun

    def fail_over(self) -> None:
        """Kill the primary and let its standby take over."""
        self.primary.kill()
        other = self.servers[1 - self.lead]
        if other is None:
            raise NoServer("there is no standby")
        other.promote()
        self.lead = 1 - self.lead

    def restart(self, place: int) -> None:
        """Start a server that died; its last children may need a moment to let go of its memory."""
        server = self.servers[place]
        if server is None:
            return
        server.kill()
        for _ in range(TRIES):
            with contextlib.suppress(NoServer):
                server.start()
                return
            time.sleep(0.25)
        raise NoServer("a server that died did not start again")

    def fill(self) -> Path:
        """Fill the primary's disk; give the file to remove."""
        ballast = self.primary.folder / "ballast"
        with ballast.open("wb") as file:
            for _ in range(TRIES):  # the server writes at the same time
                free = shutil.disk_usage(self.primary.folder).free
                if free <= LEFT:
                    break
                with contextlib.suppress(OSError):
                    os.posix_fallocate(file.fileno(), file.seek(0, 2), free - LEFT // 2)
        return ballast

    def lives(self, place: int) -> bool:
        """Say whether the process of a place is there."""
        server = self.servers[place]
        return server is not None and server.process is not None and server.process.poll() is None

    def dsn(self, name: str) -> str:
        """Name a database by the ways to both places, wanting the one that takes writes."""
        hosts = ",".join(f"127.0.0.1:{front.port}" for front in self.fronts[:2])
        return f"postgresql://postgres@{hosts}/{name}?target_session_attrs=read-write"

    def straight(self, name: str) -> str:
        """Name a database on the primary itself, past all ways."""
        return f"postgresql://postgres@127.0.0.1:{self.primary.port}/{name}"

    async def close(self) -> None:
        """End everything."""
        for server in self.servers:
            if server is not None:
                server.stop()
        for front in self.fronts:
            await front.close()
