"""Who breaks things: each fault is done, held for a while, healed, and logged with its interval."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import aio_pika
import asyncpg

from gateway.demo.audit import read_log
from gateway.demo.environment import Environment, control
from gateway.retries.topology import Queues
from gateway.workbench.servers import PrivatePostgres, PrivateRabbit
from tests.crash.findings import Fault

PORTAL, PROVINCE = "national-portal", "province"
LEASE = 6.0
"""Seconds of the portal's lease in these runs."""
HOLDER = """
    SELECT t.dossier_id, t.worker, t.fence FROM outbox t
    JOIN dossier d ON d.id = t.dossier_id JOIN system s ON s.id = t.system
    WHERE s.name = $1 AND d.code = $2 AND t.lease_until IS NOT NULL
"""
TAKEN = """
    SELECT 1 FROM outbox t JOIN system s ON s.id = t.system
    WHERE s.name = $1 AND t.dossier_id = $2 AND t.fence > $3 AND t.lease_until IS NOT NULL
"""
SLOW = 0.5
MOMENT = 0.6
"""Seconds for which every call meets a fault."""
FRESH = 0.3
"""Seconds for which a line is taken to be unanswered; the portal is slower than that by then."""
PATIENCE = 5.0
"""Seconds to wait for a moment in which a fault has an effect."""


MEETING = 30.0
"""Seconds to wait for a call that meets a fault: workers that just start make none."""


@dataclass
class Nemesis:
    """Breaks one stage with its servers."""

    on: Environment
    database: PrivatePostgres
    broker: PrivateRabbit
    dsn: str
    log: list[Fault] = field(default_factory=list)
    coming: str = ""
    """The code of a dossier that nobody has posted yet."""
    barred: dict[str, str] = field(default_factory=dict)
    """Codes that were barred, with the system that barred them."""

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
            "delete_waits": lambda: self.delete_queues(".wait-"),
            "delete_work": lambda: self.delete_queues(".ready"),
            "denied": lambda: self.everywhere("denied_200", (PORTAL, PROVINCE)),
            "astray": lambda: self.everywhere("astray_404", (PORTAL,)),
            "bar_one": self.bar_one,
            "slow_portal": lambda: self.slow(SLOW),
            "slower_portal": lambda: self.slow(2 * SLOW),
        }

    async def kill_api(self) -> None:
        """End the API without a word, and start it again."""
        await self.on.kill_gateway()
        await self.on.start_gateway()

    async def kill_worker(self) -> None:
        """End the worker that is just telling the portal a line, and start another."""
        await self._first(await self._teller())
        await self.on.kill_worker()
        await self.on.start_worker()

    async def _teller(self) -> asyncpg.Record | None:
        """Wait for a line that the portal has stored and not yet answered; give who holds it."""
        log = self.on.folder / "witness" / f"{PORTAL}.effects.jsonl"
        until = time.monotonic() + PATIENCE
        connection = await asyncpg.connect(self.dsn)
        try:
            while time.monotonic() < until:
                await asyncio.sleep(0.02)
                for row in reversed(read_log(log)[-20:]):
                    if row["kind"] != "line" or time.time() - row["arrived"] > FRESH:
                        continue
                    found = await connection.fetchrow(HOLDER, PORTAL, row["code"])
                    if found is not None:
                        return found
        finally:
            await connection.close()
        return None

    async def _first(self, held: asyncpg.Record | None) -> None:
        """Put the worker that holds a lane first, as the next to suffer."""
        if held is not None:
            pid = int(held["worker"].rpartition(":")[2])
            self.on.workers.sort(key=lambda one: one.pid != pid)

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
        """Stop a worker that is telling a line, until another tells that dossier's lines."""
        held = await self._teller()
        await self._first(held)
        worker = self.on.workers[0]
        os.kill(worker.pid, signal.SIGSTOP)
        try:
            until = time.monotonic() + LEASE * 2
            while held and time.monotonic() < until and not await self._taken(held):
                await asyncio.sleep(0.02)
        finally:
            os.kill(worker.pid, signal.SIGCONT)

    async def _taken(self, held: asyncpg.Record) -> bool:
        connection = await asyncpg.connect(self.dsn)
        try:
            row = await connection.fetchrow(TAKEN, PORTAL, held["dossier_id"], held["fence"])
            return row is not None
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

    async def delete_queues(self, part: str) -> None:
        """Delete queues as by hand: those in which retries wait, or those they come out to."""
        made = Queues(float(self.on.environ["LIENTHONG_TIME_SCALE"]))
        async with await aio_pika.connect(self.broker.url) as connection:
            channel = await connection.channel()
            for name in made.every(self.on.urls):
                if part in name:
                    await channel.queue_delete(name)

    async def everywhere(self, kind: str, systems: Sequence[str]) -> None:
        """Let every call to these meet one fault, for a moment from the first call on."""
        for seconds in (MEETING + MOMENT, 0.0):
            for system in systems:
                await control(self.on, system, "fault", {"kind": kind, "seconds": seconds})
            if seconds:
                await self._met(kind, systems[0])
                await asyncio.sleep(MOMENT)

    async def bar_one(self) -> None:
        """Let the province answer 403 to one dossier and serve all others; it stays so."""
        self.barred[self.coming] = PROVINCE
        await control(self.on, PROVINCE, "bar", {"word": self.coming})
        await self._met("barred_403", PROVINCE)

    async def _met(self, kind: str, system: str) -> None:
        """Wait until a call met a fault."""
        log = self.on.folder / "witness" / f"{system}.faults.jsonl"
        until = time.monotonic() + MEETING
        while time.monotonic() < until and kind not in {row["fault"] for row in read_log(log)}:
            await asyncio.sleep(0.05)

    async def slow(self, seconds: float) -> None:
        """Let the portal store at once and answer late; it stays so."""
        await control(self.on, PORTAL, "slow", {"seconds": seconds})
