"""How soon a backlog is gone once a system is back, beside what the transport alone can carry.

100,000 lanes wait for a system that refuses. The clock begins with the first successful probe, so
the ramp is in it. The transport alone: the same conversations from memory, in as many processes
and with as many at once.
"""

from __future__ import annotations

import asyncio
import statistics
import threading
import time
from contextlib import closing

import asyncpg

from tests.bench.contenders import AT_ONCE, Gateway
from tests.bench.figures import Findings, noise
from tests.bench.ground import Ground, Shape, end
from tests.bench.growth import prepared
from tests.bench.latency import USUAL
from tests.bench.multiply import ask
from tests.bench.rounds import Length, Say

LANES = 100_000
GOAL = 0.80
PATIENCE = 900.0
TRANSPORT = ("-m", "tests.bench.peers.transport")
FROM_MEMORY = 20_000
TURNS = 3


class Watch:
    """Looks every 10 ms how many lanes are in flight, in a thread of its own."""

    def __init__(self, dsn: str) -> None:
        self._dsn, self._stop = dsn, threading.Event()
        self.seen: list[tuple[float, int]] = []
        self._thread = threading.Thread(target=lambda: asyncio.run(self._look()), daemon=True)
        self._thread.start()

    async def _look(self) -> None:
        connection = await asyncpg.connect(self._dsn)
        while not self._stop.is_set():
            count = await connection.fetchval("SELECT inflight FROM system")
            self.seen.append((time.monotonic(), int(count)))
            await asyncio.sleep(0.01)
        await connection.close()

    def most(self, begun: float, seconds: float) -> int:
        """Stop looking; give the most that were in flight in the first seconds."""
        self._stop.set()
        self._thread.join()
        return max((count for at, count in self.seen if begun <= at <= begun + seconds), default=0)


def from_memory(on: Ground, processes: int) -> float:
    """Give conversations per second of the transport alone, with as many at once in all."""
    on.witness.ask("/reset")
    words = (on.witness.urls[0], str(FROM_MEMORY // processes), str(AT_ONCE // processes))
    running = [on.spawn("transport", *TRANSPORT, *words, environ={}) for _ in range(processes)]
    until = time.monotonic() + 120
    begun, seen = 0.0, 0
    while any(one.poll() is None for one in running) and time.monotonic() < until:
        if not begun:
            begun, seen = time.monotonic(), on.witness.ask("/counts")[0]["exchanges"]
            begun = begun if seen else 0.0
        time.sleep(0.02)
    end(running)
    if any(one.returncode for one in running):
        raise RuntimeError("the transport alone failed: see the logs")
    found = on.witness.ask("/counts")[0]
    return float((found["exchanges"] - seen) / (found["last"] - begun))


def drained(gateway: Gateway, shape: Shape, say: Say) -> tuple[float, int]:
    """Let the system come back; give lanes per second from the first that passed, and the ramp."""
    on, dsn = gateway.on, gateway.on.database(gateway.name)
    on.witness.ask("/order", {"system": 0, "mode": "refuse"})
    gateway.take(shape)
    until = time.monotonic() + 60
    while ask(dsn, "SELECT gate->>'state' FROM system") == "open":
        if time.monotonic() > until:
            raise TimeoutError("the gate did not close")
        time.sleep(0.1)
    waiting = int(ask(dsn, "SELECT count(*) FROM outbox"))
    on.witness.ask("/reset")
    watch = Watch(dsn)
    on.witness.ask("/order", {"system": 0, "mode": "answer"})
    until = time.monotonic() + PATIENCE
    while not (first := on.witness.ask("/counts")[0])["exchanges"]:
        if time.monotonic() > until:
            raise TimeoutError("the gate sent no probe")
        time.sleep(0.02)
    begun = float(first["first"])
    time.sleep(1.2)
    most = watch.most(begun, 1.0)
    while (found := on.witness.ask("/counts")[0])["exchanges"] < waiting:
        if time.monotonic() > until:
            raise TimeoutError(f"of {waiting} lanes {found['exchanges']} were told")
        time.sleep(0.5)
    rate = waiting / (found["last"] - begun)
    say(f"  {waiting:,} lanes in {found['last'] - begun:.1f} s: {rate:,.0f}/s")
    return rate, most


def run_drain(on: Ground, length: Length, say: Say) -> Findings:
    """Compare a drain with the transport alone."""
    del length
    findings = Findings()
    shape = on.best.get("gateway", (USUAL, 0.0))[0]
    say(f"Drain: {LANES:,} lanes wait, {shape}")
    alone = [from_memory(on, shape.workers) for _ in range(TURNS)]
    with closing(prepared(on, "drain", LANES + 1_000, LANES, 0)) as gateway:
        rate, most = drained(gateway, shape, say)
    alone += [from_memory(on, shape.workers) for _ in range(TURNS)]
    middle = statistics.median(alone)
    apart = noise(alone[:-1], alone[1:])
    value = rate / middle
    inside = "passed" if value >= GOAL * (1 + apart) else "inside the noise"
    findings.put(
        "drain_vs_transport",
        value,
        noise=round(apart, 4),
        goal=GOAL,
        verdict="missed" if value < GOAL else inside,
        lanes=LANES,
        lanes_per_second=round(rate, 1),
        transport_per_second=[round(one, 1) for one in alone],
        most_in_flight_in_the_first_second=most,
        at_once=AT_ONCE,
        shape=str(shape),
    )
    return findings
