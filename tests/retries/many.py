"""Tens of thousands of waits at once: `python -m tests.retries.many [--waits 50000]`.

They are published as workers do, lie in the delay queues all at once, come out while nobody
consumes, and then end in a PostgreSQL. Ends with 1 unless each of them ended there.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import aio_pika
import sqlalchemy as sa
from prometheus_client import REGISTRY

from gateway.main.bootstrap import open_store
from gateway.retries.port import Wake
from gateway.retries.queues import depth
from gateway.retries.rabbit import RabbitRetries
from gateway.retries.topology import Queues
from gateway.rules.lane_states import READY, WAITING
from gateway.rules.schedule import Waiting
from gateway.settings import Settings
from gateway.store.engine import Store
from gateway.store.work import lanes
from gateway.workbench.servers import PrivatePostgres, PrivateRabbit

SYSTEMS = 10
RUNG, SCALE = 2, 0.3
"""A minute and a half: all of them are published before the first ends, unless others work too."""
CHUNK = 2000
PATIENCE = 240.0
ROWS = """
    INSERT INTO outbox (dossier_id, system, state, rank, wake_at, rung, head_seq, fence,
                        uncertainty, tries, expired_leases, since)
    SELECT CAST(lpad(to_hex(n), 32, '0') AS uuid), 1 + n % :systems, :waiting, 0, 0, :rung, 1, n,
           0, 1, 0, 0
    FROM generate_series(1, :waits) AS n
"""


@dataclass
class Ends:
    """Ends waits in the store, and notes when the first and the last did."""

    store: Store
    ended: int = 0
    times: list[float] = field(default_factory=list)

    async def wake(self, waits: Sequence[Wake]) -> int:
        """End some."""
        ended = await self.store.write(lambda connection: lanes.wake(connection, waits))
        self.ended += ended
        self.times.append(time.monotonic())
        return ended


def broker_memory(server: PrivateRabbit) -> float:
    """Say how many MiB the broker uses."""
    return float(server.control("eval", "erlang:memory(total).").split()[-1]) / 2**20


def our_memory() -> float:
    """Say how many MiB this process uses."""
    status = Path("/proc/self/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def published() -> float:
    """Count what was published so far."""
    return REGISTRY.get_sample_value("lienthong_retries_total", {"what": "published"}) or 0.0


async def publish(retries: RabbitRetries, count: int) -> float:
    """Publish all waits; give the seconds that took."""
    task = asyncio.create_task(retries.run(_nobody))
    before, begun = published(), time.monotonic()
    for start in range(1, count + 1, CHUNK):
        numbers = range(start, min(start + CHUNK, count + 1))
        seconds = 300 * SCALE
        retries.hold([Waiting(UUID(int=n), 1 + n % SYSTEMS, n, seconds, RUNG) for n in numbers])
        while published() - before < numbers[-1]:
            await asyncio.sleep(0.01)
    took = time.monotonic() - begun
    task.cancel()
    await asyncio.wait([task])
    return took


async def _nobody(_waits: Sequence[Wake]) -> int:
    raise ConnectionError


async def lie(server: PrivateRabbit, names: Sequence[str], count: int) -> int:
    """Wait until so many lie in these queues together; give how many do."""
    async with asyncio.timeout(PATIENCE), await aio_pika.connect(server.url) as connection:
        channel = await connection.channel()
        while (found := sum([await depth(channel, name) or 0 for name in names])) < count:
            await asyncio.sleep(0.2)
    return found


async def measure(server: PrivateRabbit, database: str, count: int) -> bool:
    """Measure, and say the figures; False: some wait did not end."""
    store = await open_store(Settings(data=Path(), postgres=database))
    words = {"systems": SYSTEMS, "waits": count, "waiting": WAITING, "rung": RUNG}
    await store.write(lambda connection: connection.execute(sa.text(ROWS), words).close())
    queues = Queues(SCALE, "many")
    retries = RabbitRetries(server.url, {n: f"s{n}" for n in range(1, SYSTEMS + 1)}, queues)
    memory = [await asyncio.to_thread(broker_memory, server)]
    ours = [our_memory()]
    took = await publish(retries, count)
    ours.append(our_memory())
    waiting = [retries.waiting(n, RUNG) for n in range(1, SYSTEMS + 1)]
    at_once = await lie(server, waiting, 0)
    memory.append(await asyncio.to_thread(broker_memory, server))
    await lie(server, [queues.ready], count)
    memory.append(await asyncio.to_thread(broker_memory, server))
    ends = Ends(store)
    task = asyncio.create_task(retries.run(ends.wake))
    async with asyncio.timeout(PATIENCE):
        while ends.ended < count:
            await asyncio.sleep(0.05)
    await asyncio.sleep(1.0)
    ours.append(our_memory())
    task.cancel()
    await asyncio.wait([task])
    question = sa.text("SELECT count(*) FROM outbox WHERE state = :ready").bindparams(ready=READY)
    ready = await store.read(lambda connection: connection.execute(question).scalar_one())
    await store.close()
    drained = ends.times[-1] - ends.times[0]
    sys.stdout.write(
        f"{count} waits: published in {took:.1f} s, {at_once} wait at once; "
        f"broker {memory[0]:.0f} MiB before, {memory[1]:.0f} while they wait, "
        f"{memory[2]:.0f} when all are due; "
        f"ours {ours[0]:.0f}, {ours[1]:.0f}, {ours[2]:.0f} MiB after the end; "
        f"ended in {drained:.1f} s; {ready} are ready\n"
    )
    return bool(ready == count)


def main() -> None:
    """Start servers, measure, and stop them."""
    asked = argparse.ArgumentParser(prog="many", description=__doc__)
    asked.add_argument("--waits", type=int, default=50_000)
    given = asked.parse_args()
    database, broker = PrivatePostgres(), PrivateRabbit()
    try:
        database.start()
        broker.start()
        well = asyncio.run(measure(broker, database.database("many"), given.waits))
    finally:
        broker.stop()
        database.stop()
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
