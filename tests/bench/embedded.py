"""The embedded gateway, which is one process: how soon it is there, and what it holds in memory."""

from __future__ import annotations

import time
from contextlib import closing

from tests.bench import measure
from tests.bench.contenders import Gateway
from tests.bench.figures import Findings
from tests.bench.ground import Ground, Shape
from tests.bench.rounds import Length, Say, Sized

SECONDS, MEGABYTES = 2.0, 150.0


def run_embedded(on: Ground, length: Length, say: Say) -> Findings:
    """Start it some times; then let it take in and deliver, and weigh it."""
    findings = Findings()
    starts = []
    with closing(Gateway(on, "embedded", embedded=True)) as gateway:
        for _ in range(5):
            gateway.close()
            begun = time.monotonic()
            gateway.take(Shape(1))
            starts.append(round(time.monotonic() - begun, 2))
        fresh = measure.memory(gateway.pids)
        run = Sized(gateway, length.run)
        run.learn()
        found = run.learn()
        loaded = measure.memory(gateway.pids)
    middle = sorted(starts)[len(starts) // 2]
    met = middle <= SECONDS and max(fresh, loaded) <= MEGABYTES
    findings.details["embedded"] = {
        "starts_in_seconds": middle,
        "starts": starts,
        "memory_mb": round(fresh, 1),
        "memory_mb_after_load": round(loaded, 1),
        "to_the_end_per_second": round(found.rate, 1),
        "goal": {"seconds": SECONDS, "memory_mb": MEGABYTES},
        "verdict": "passed" if met else "missed",
    }
    say(f"Embedded: starts in {middle} s, {fresh:.0f} MB, {loaded:.0f} MB after load")
    return findings
