"""What is in flight at an instant: asked of the database, the broker, the clients and the ways."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aio_pika
import asyncpg
from aio_pika.exceptions import AMQPError, ChannelClosed

from gateway.retries.topology import Queues
from gateway.workbench.cluster import RabbitCluster
from tests.crash.pair import Pair
from tests.crash.scene import ALL, SCALE, VERSIONS

PATIENCE = 12.0
"""Seconds to wait for a moment in which a fault hits something."""
LEASES = "SELECT count(*) FROM outbox WHERE lease_until IS NOT NULL"
OF_WORKER = LEASES + " AND worker LIKE '%:' || $1::text"
UNDER_WAY = """
    SELECT count(*) FROM pg_stat_activity
    WHERE application_name = 'lienthong' AND xact_start IS NOT NULL
"""
REMAINING = "SELECT count(*) FROM outbox WHERE state <> 3"
AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what it says when it is cut in the middle
)


def queues() -> dict[str, str]:
    """Name every queue of every version with its part: `wait`, `ready` or `parked`."""
    names = {}
    for version in VERSIONS:
        for name in Queues(SCALE, version).every(ALL):
            part = "wait" if ".wait-" in name else name.rpartition(".")[2]
            names[name] = part
    return names


@dataclass
class Gauge:
    """Asks the servers directly, past all ways."""

    pair: Pair
    cluster: RabbitCluster
    database: str

    async def count(self, sql: str, *words: object) -> int:
        """Ask the primary for a number; a server that is away has nothing in flight."""
        try:
            connection = await asyncpg.connect(self.pair.straight(self.database), timeout=2)
        except AWAY:
            return 0
        try:
            return int(await connection.fetchval(sql, *words, timeout=3) or 0)
        except AWAY:
            return 0
        finally:
            connection.terminate()

    async def remaining(self) -> int | None:
        """Count what is left to do but for humans; None: nobody can say."""
        try:
            connection = await asyncpg.connect(self.pair.straight(self.database), timeout=2)
        except AWAY:
            return None
        try:
            return int(await connection.fetchval(REMAINING, timeout=5))
        except AWAY:
            return None
        finally:
            connection.terminate()

    async def leases(self) -> int:
        """Count lanes that are being talked about, and transactions that are open."""
        return await self.count(f"SELECT ({LEASES}) + ({UNDER_WAY})")

    async def leases_of(self, pid: int) -> int:
        """Count the lanes that one worker holds."""
        return await self.count(OF_WORKER, str(pid))

    async def depth(self) -> int:
        """Count the messages that lie in the queues; a broker without a leader holds none now."""
        for node in self.cluster.nodes:
            if node.process is None:
                continue
            try:
                async with asyncio.timeout(4):
                    return await _messages(node.url)
            except (AMQPError, OSError, TimeoutError, RuntimeError, asyncio.CancelledError):
                if (task := asyncio.current_task()) is not None and task.cancelling():
                    raise
        return 0

    async def moment(self, measure: Callable[[], Awaitable[int]]) -> int:
        """Wait a little for a moment with something in flight; give how much."""
        until = time.monotonic() + PATIENCE
        while True:
            found = await measure()
            if found or time.monotonic() > until:
                return found
            await asyncio.sleep(0.03)


async def _messages(url: str) -> int:
    """Look until something is found."""
    async with await aio_pika.connect(url, timeout=2) as connection:
        channel = await connection.channel()
        for name in queues():
            try:
                found = await channel.declare_queue(name, passive=True, timeout=2)
            except ChannelClosed:
                channel = await connection.channel()
                continue
            if found.declaration_result.message_count:
                return int(found.declaration_result.message_count)
    return 0
