"""Who breaks a long run: lanes of faults side by side, each held, healed, measured and logged."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field

import aio_pika
import asyncpg

from gateway.workbench.cluster import ClusterNode, RabbitCluster
from gateway.workbench.samples.generator import PORTAL
from tests.crash.findings import Fault
from tests.crash.gauge import AWAY, Gauge, queues
from tests.crash.load import Load
from tests.crash.nemesis import LEASE
from tests.crash.pair import Pair
from tests.crash.plan import REDUNDANCY, Order
from tests.crash.proxy import Way
from tests.crash.scene import SIMULATED, VERSIONS, Member, Scene

SLOW = 0.5
ANSWERS, BYTES, RECOVERY = 10, 20_000, 20.0
"""So much to clients and systems shows that all is well again; so many seconds are waited."""
LONGEST = 30.0
"""Seconds that a process gets to end after it was asked to."""


@dataclass(frozen=True, slots=True)
class Jump:
    """A clock that was wrong for a while: whose, when, and by how much."""

    worker: str
    begin: float
    end: float
    offset: float


@dataclass
class Storm:
    """Breaks one round."""

    on: Scene
    pair: Pair
    cluster: RabbitCluster
    nodes: Mapping[str, Way]
    load: Load
    gauge: Gauge
    log: list[Fault] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    effective: Counter[str] = field(default_factory=Counter)
    jumps: list[Jump] = field(default_factory=list)
    rebuilt: list[float] = field(default_factory=list)
    stubborn: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)
    locks: dict[str, asyncio.Lock] = field(default_factory=lambda: {REDUNDANCY: asyncio.Lock()})

    async def lane(self, orders: Iterator[Order]) -> None:
        """Carry out one lane's orders until the round is over."""
        for order in orders:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(order.pause):
                    await self.over.wait()
            await self._recovered()
            if self.over.is_set():
                return
            await self._do(order)

    async def _recovered(self) -> None:
        """Wait until clients get answers and systems are told things: nobody breaks what is down."""
        good, moved = self.load.good() + ANSWERS, self._moved() + BYTES
        until = time.monotonic() + RECOVERY
        while time.monotonic() < until and not self.over.is_set():
            if self.load.good() >= good and self._moved() >= moved:
                return
            await asyncio.sleep(0.05)

    def _moved(self) -> int:
        return sum(self.on.ways[name].moved for name in SIMULATED)

    async def _do(self, order: Order) -> None:
        held = [self.locks[name] for name in sorted(order.holds)]
        for lock in held:
            await lock.acquire()
        try:
            begin = time.time()
            hit = await self.faults[order.kind](order)
            self.log.append(Fault(order.kind, begin, time.time()))
            self.done[order.kind] += 1
            self.effective[order.kind] += hit > 0
        finally:
            for lock in held:
                lock.release()

    @property
    def faults(self) -> dict[str, Callable[[Order], Awaitable[int]]]:
        """Every fault by name; each gives how much was in flight at its instant."""
        return {
            "kill_api": self.kill_api,
            "kill_worker": self.kill_worker,
            "freeze_worker": self.freeze_worker,
            "clock_jump": self.clock_jump,
            "rolling_upgrade": self.rolling_upgrade,
            "kill_postgres": self.kill_postgres,
            "failover_postgres": self.failover_postgres,
            "full_disk": self.full_disk,
            "cut_connections": self.cut_connections,
            "kill_rabbit": self.kill_rabbit,
            "rabbit_leader": self.rabbit_leader,
            "rabbit_quorum": self.rabbit_quorum,
            "freeze_rabbit": self.freeze_rabbit,
            "delete_waits": lambda _: self.delete_queues("wait"),
            "delete_work": lambda _: self.delete_queues("ready"),
            "cut_network": self.cut_network,
            "slow_network": self.slow_network,
            "slow_portal": self.slow_portal,
        }

    async def _open(self) -> int:
        return self.load.open

    def _worker(self, order: Order) -> Member:
        return self.on.workers[order.which % len(self.on.workers)]

    async def kill_api(self, order: Order) -> int:
        """End the API without a word, and start it again."""
        hit = await self.gauge.moment(self._open)
        await self._replace_api(signal.SIGKILL, None)
        return hit

    async def _replace_api(self, by: signal.Signals, version: str | None) -> None:
        old, self.on.api = self.on.api, None
        if old is None:  # it is just being started
            return
        if by is signal.SIGKILL:
            old.process.kill()
            await old.process.wait()
            await self.on.open_api(version or old.version)
            return
        await self.on.open_api(version or old.version)  # the next one first: clients go over
        await self._end(old)

    async def _end(self, member: Member) -> None:
        """Ask a process to end; one that does not is counted."""
        if member.process.returncode is None:
            member.process.terminate()
        try:
            async with asyncio.timeout(LONGEST):
                await member.process.wait()
        except TimeoutError:
            self.stubborn += 1
            member.process.kill()
            await member.process.wait()

    async def kill_worker(self, order: Order) -> int:
        """End a worker that talks without a word, and start another."""
        member = self._worker(order)
        hit = await self.gauge.moment(lambda: self.gauge.leases_of(member.pid))
        if member in self.on.workers:
            self.on.workers.remove(member)
            if member.process.returncode is None:
                member.process.kill()
                await member.process.wait()
            self.on.workers.append(await self.on.spawn("worker", member.version))
        return hit

    async def freeze_worker(self, order: Order) -> int:
        """Stop a worker that talks, for less or more than its leases last."""
        member = self._worker(order)
        hit = await self.gauge.moment(lambda: self.gauge.leases_of(member.pid))
        if member.process.returncode is not None:
            return 0
        os.kill(member.pid, signal.SIGSTOP)
        await asyncio.sleep(order.seconds + (LEASE if order.hard else 0))
        if member.process.returncode is None:
            os.kill(member.pid, signal.SIGCONT)
        return hit

    async def clock_jump(self, order: Order) -> int:
        """Let the clock of a worker, or of the API, be wrong for a while."""
        api = self.on.api
        member = api if api is not None and order.which % 3 == 0 else self._worker(order)
        pid = member.pid
        measure = self._open if member is api else lambda: self.gauge.leases_of(pid)
        hit = await self.gauge.moment(measure)
        begin = time.time()
        member.jump(order.offset)
        await asyncio.sleep(order.seconds + 2.0)
        member.jump(0)
        self.jumps.append(Jump(str(pid), begin, time.time() + 1.5, order.offset))
        return hit

    async def rolling_upgrade(self, order: Order) -> int:
        """Replace one process after the other, at each order one, by the other version."""
        members = [*([self.on.api] if self.on.api is not None else []), *self.on.workers]
        old = members[order.which % len(members)]
        version = VERSIONS[1 - VERSIONS.index(old.version)]
        if old is self.on.api:
            hit = await self.gauge.moment(self._open)
            await self._replace_api(signal.SIGTERM, version)
            return hit
        hit = await self.gauge.moment(lambda: self.gauge.leases_of(old.pid))
        if old in self.on.workers:
            self.on.workers.remove(old)
            await self._end(old)
            self.on.workers.append(await self.on.spawn("worker", version))
        return hit

    async def kill_postgres(self, _order: Order) -> int:
        """End the primary without a word, and start it again."""
        hit = await self.gauge.moment(self.gauge.leases)
        await asyncio.to_thread(self.pair.primary.kill)
        await asyncio.sleep(0.5)
        await asyncio.to_thread(self.pair.restart, self.pair.lead)
        return hit

    async def failover_postgres(self, _order: Order) -> int:
        """Kill the primary, let its standby take over, and make a new standby."""
        hit = await self.gauge.moment(self.gauge.leases)
        await asyncio.to_thread(self.pair.fail_over)
        self.rebuilt.append(await asyncio.to_thread(self.pair.follow))
        return hit

    async def full_disk(self, order: Order) -> int:
        """Fill the primary's disk for a while; a server that gives up is started again after."""
        hit = await self.gauge.moment(self.gauge.leases)
        ballast = await asyncio.to_thread(self.pair.fill)
        await asyncio.sleep(order.seconds)
        await asyncio.to_thread(ballast.unlink)
        await asyncio.sleep(0.5)
        if not self.pair.lives(self.pair.lead):
            await asyncio.to_thread(self.pair.restart, self.pair.lead)
        return hit

    async def cut_connections(self, _order: Order) -> int:
        """Let the primary end every session, and reset every connection to the broker."""
        hit = await self.gauge.moment(self.gauge.leases)
        try:
            connection = await asyncpg.connect(self.gauge.pair.straight("postgres"), timeout=2)
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'lienthong'"
            )
            connection.terminate()
        except AWAY:
            return 0
        for way in self.nodes.values():
            way.cut()
            way.heal()
        return hit

    async def _down(self, nodes: list[ClusterNode], order: Order) -> int:
        """Kill nodes, leave them down for a while, start them and wait for the whole cluster."""
        for node in nodes:
            await asyncio.to_thread(node.kill)
        await asyncio.sleep(order.seconds)
        for node in nodes:
            await asyncio.to_thread(node.launch)
        for node in self.cluster.nodes:
            await asyncio.to_thread(node.wait)
        return 1

    async def kill_rabbit(self, order: Order) -> int:
        """End one node without a word."""
        hit = await self.gauge.moment(self.gauge.depth)
        nodes = self.cluster.nodes
        await self._down([nodes[order.which % len(nodes)]], order)
        return hit

    async def rabbit_leader(self, order: Order) -> int:
        """End the node that leads most of the queues."""
        leaders = Counter((await asyncio.to_thread(self.cluster.leaders)).values())
        hit = await self.gauge.moment(self.gauge.depth)
        name = leaders.most_common(1)[0][0] if leaders else ""
        nodes = [node for node in self.cluster.nodes if node.name == name]
        await self._down(nodes, order)
        return hit if nodes else 0

    async def rabbit_quorum(self, order: Order) -> int:
        """End two of three nodes: nobody may lead a queue for a while."""
        hit = await self.gauge.moment(self.gauge.depth)
        stays = order.which % len(self.cluster.nodes)
        await self._down(self.cluster.nodes[:stays] + self.cluster.nodes[stays + 1 :], order)
        return hit

    async def freeze_rabbit(self, order: Order) -> int:
        """Stop a node for a while, with its connections open."""
        hit = await self.gauge.moment(self.gauge.depth)
        node = self.cluster.nodes[order.which % len(self.cluster.nodes)]
        node.pause()
        await asyncio.sleep(order.seconds + 1)
        node.resume()
        return hit

    async def delete_queues(self, part: str) -> int:
        """Delete queues as by hand, where a node that answers can be found."""
        hit = await self.gauge.moment(self.gauge.depth)
        for node in self.cluster.nodes:
            try:
                async with asyncio.timeout(10), await aio_pika.connect(node.url) as connection:
                    channel = await connection.channel()
                    for name in [name for name, of in queues().items() if of == part]:
                        await channel.queue_delete(name)
            except (aio_pika.exceptions.AMQPError, OSError, TimeoutError):
                continue
            return hit
        return 0

    def _way(self, order: Order) -> Way:
        named = {"postgres": self.pair.way, "replication": self.pair.feed}
        return {**named, **self.nodes, **self.on.ways}[order.target]

    async def _busy(self, way: Way) -> int:
        async def busy() -> int:
            return way.busy()

        return await self.gauge.moment(busy)

    async def cut_network(self, order: Order) -> int:
        """Cut a way, or let it swallow everything, for a while."""
        way = self._way(order)
        hit = await self._busy(way)
        if order.hard:
            way.cut()
        else:
            way.hole()
        await asyncio.sleep(order.seconds)
        way.heal()
        return hit

    async def slow_network(self, order: Order) -> int:
        """Let a way be slow for a while."""
        way = self._way(order)
        hit = await self._busy(way)
        way.slow(0.05 + order.seconds / 10)
        await asyncio.sleep(order.seconds)
        way.heal()
        return hit

    async def slow_portal(self, order: Order) -> int:
        """Let the portal store at once and answer late, for a while."""
        hit = await self._busy(self.on.ways[PORTAL])
        await self.on.order(PORTAL, "slow", {"seconds": SLOW * (1 + order.hard)})
        await asyncio.sleep(order.seconds)
        await self.on.order(PORTAL, "slow", {"seconds": 0})
        return hit
