"""Who breaks things: each fault is done, held for a while, healed, and logged with its interval."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import asyncpg

from gateway.workbench.servers import PrivatePostgres, PrivateRabbit
from gateway.workbench.stage import Stage, control
from tests.crash.findings import Fault

PORTAL = "national-portal"
LEASE = 6.0
"""Seconds of the portal's lease in these runs."""
TAKEN = """
    SELECT count(*) FROM attempt a WHERE a.outcome = 'lapsed' AND a.started_at > $1
"""


@dataclass
class Nemesis:
    """Breaks one stage with its servers."""

    on: Stage
    database: PrivatePostgres
    broker: PrivateRabbit
    dsn: str
    log: list[Fault] = field(default_factory=list)

    async def do(self, name: str) -> None:
        """Do one fault and note its interval."""
        begin = time.time()
        await self.faults[name]()
        self.log.append(Fault(name, begin, time.time()))

    @property
    def faults(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """Every fault by name."""
        return {
            "kill_api": self.kill_api,
            "kill_worker": self.kill_worker,
            "kill_postgres": self.kill_postgres,
            "kill_rabbit": self.kill_rabbit,
            "freeze_rabbit": self.freeze_rabbit,
            "freeze_worker": self.freeze_worker,
            "cut_connections": self.cut_connections,
            "delete_queue": self.delete_queue,
            "slow_portal": self.slow_portal,
        }

    async def kill_api(self) -> None:
        """End the API without a word, and start it again."""
        await self.on.kill_gateway()
        await self.on.start_gateway()

    async def kill_worker(self) -> None:
        """End a worker without a word, and start another."""
        await self.on.kill_worker()
        await self.on.start_worker()

    async def kill_postgres(self) -> None:
        """End PostgreSQL without a word, and start it again."""
        await asyncio.to_thread(self.database.kill)
        await asyncio.sleep(0.5)
        await asyncio.to_thread(self.database.start)

    async def kill_rabbit(self) -> None:
        """End RabbitMQ without a word, and start it again."""
        await asyncio.to_thread(self.broker.kill)
        await asyncio.sleep(0.5)
        await asyncio.to_thread(self.broker.start)

    async def freeze_rabbit(self) -> None:
        """Stop the broker for a while, with its connections open."""
        self.broker.pause()
        await asyncio.sleep(3)
        self.broker.resume()

    async def freeze_worker(self) -> None:
        """Stop a worker until another has taken its lanes over, then let it go on."""
        worker, begin = self.on.workers[0], int(time.time() * 1000)
        os.kill(worker.pid, signal.SIGSTOP)
        try:
            until = time.monotonic() + LEASE * 3
            while time.monotonic() < until and not await self._taken(begin):
                await asyncio.sleep(0.05)
        finally:
            os.kill(worker.pid, signal.SIGCONT)

    async def _taken(self, begin: int) -> bool:
        connection = await asyncpg.connect(self.dsn)
        try:
            return bool(await connection.fetchval(TAKEN, begin))
        finally:
            await connection.close()

    async def cut_connections(self) -> None:
        """Reset every connection to PostgreSQL and RabbitMQ."""
        connection = await asyncpg.connect(self.dsn)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        await connection.close()
        await asyncio.to_thread(self.broker.control, "close_all_connections", "crash run")

    async def delete_queue(self) -> None:
        """Delete every queue in which retries wait, as by hand."""
        names = await asyncio.to_thread(self.broker.control, "-q", "list_queues", "name")
        for name in names.split():
            if ".wait-" in name:
                await asyncio.to_thread(self.broker.control, "-q", "delete_queue", name)

    async def slow_portal(self) -> None:
        """Let the portal store at once and answer late; it stays so."""
        await control(self.on, PORTAL, "slow", {"seconds": 0.4})
