"""Who breaks a long run: lanes of faults side by side, each held, healed, measured and logged."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field

from gateway.workbench.cluster import RabbitCluster
from tests.crash.findings import Fault
from tests.crash.gauge import Gauge
from tests.crash.load import Load
from tests.crash.pair import Pair
from tests.crash.plan import REDUNDANCY, Order
from tests.crash.proxy import Way
from tests.crash.scene import SIMULATED, Scene
from tests.crash.tries import Jump

ANSWERS, BYTES, RECOVERY = 10, 20_000, 20.0
"""So much to clients and systems shows that all is well again; so many seconds are waited."""


Doing = Callable[["Storm", Order], Awaitable[int]]
"""Does a fault and heals it; gives how much was in flight at its instant."""


@dataclass
class Storm:
    """Breaks one round."""

    on: Scene
    pair: Pair
    cluster: RabbitCluster
    nodes: Mapping[str, Way]
    load: Load
    gauge: Gauge
    faults: Mapping[str, Doing]
    calm: Mapping[str, float] = field(default_factory=dict)
    """By lane: its pauses are so many times longer."""
    log: list[Fault] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    effective: Counter[str] = field(default_factory=Counter)
    jumps: list[Jump] = field(default_factory=list)
    rebuilt: list[float] = field(default_factory=list)
    stubborn: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)
    locks: dict[str, asyncio.Lock] = field(default_factory=lambda: {REDUNDANCY: asyncio.Lock()})

    async def lane(self, name: str, orders: Iterator[Order]) -> None:
        """Carry out one lane's orders until the round is over."""
        for order in orders:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(order.pause * self.calm.get(name, 1.0)):
                    await self.over.wait()
            await self._recovered()
            if self.over.is_set():
                return
            await self._do(order)

    def _note(self, row: dict[str, object]) -> None:
        """Write down what was done, for whoever looks into a round that found something."""
        with (self.on.folder / "storm.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(row) + "\n")

    async def _recovered(self) -> None:
        """Wait until clients get answers and systems are told things: break only what works."""
        good, moved = self.load.good() + ANSWERS, self._moved() + BYTES
        until = time.monotonic() + RECOVERY
        while time.monotonic() < until and not self.over.is_set():
            if self.load.good() >= good and self._moved() >= moved:
                return
            await asyncio.sleep(0.05)

    async def waiting(self) -> int:
        """Count the requests of clients that have no answer now."""
        return self.load.open

    def _moved(self) -> int:
        return sum(self.on.ways[name].moved for name in SIMULATED)

    async def _do(self, order: Order) -> None:
        held = [self.locks[name] for name in sorted(order.holds)]
        for lock in held:
            await lock.acquire()
        try:
            begin = time.time()
            hit = await self.faults[order.kind](self, order)
            self.log.append(Fault(order.kind, begin, time.time()))
            self.done[order.kind] += 1
            self.effective[order.kind] += hit > 0
            self._note({**asdict(order), "begin": begin, "end": time.time(), "hit": hit})
        finally:
            for lock in held:
                lock.release()
