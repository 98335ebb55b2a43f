"""What history costs: intake, claim and completion from 10 thousand and from 5 million dossiers.

A million lanes wait in the large database, 200,000 of them ready. Intake goes through HTTP; claim
and completion are those of a worker whose conversations end at once.
"""

from __future__ import annotations

import statistics
import time
from contextlib import closing

from tests.bench import measure
from tests.bench.contenders import INSTANT, Gateway
from tests.bench.figures import Findings, noise
from tests.bench.ground import Ground, Shape, end, post
from tests.bench.multiply import ask, multiply
from tests.bench.rounds import CONNECTIONS, Length, Say, intake

SMALL, LARGE = 10_000, 5_000_000
READY, WAITING = 200_000, 800_000
GOAL = 1.20
ROUNDS = 5
WINDOW, MOST = 3.0, 4_000
"""Seconds over which claim and completion are counted, or so many lanes: few are ready at first."""
BEGUN = 0.3
"""Seconds that a worker gets until it is counted."""
REPLACED = 4_000
"""Dossiers posted to both before each count: without them the small one would run out of lanes."""


def prepared(on: Ground, name: str, total: int, ready: int, waiting: int) -> Gateway:
    """Give a gateway whose database holds so much; one process takes in, nobody delivers."""
    gateway = Gateway(on, name, systems=(0,))
    gateway.take(Shape(1, 1))
    post(gateway.order(first=on.numbers(1), connections=1, count=1))
    on.witness.ask("/reset")
    post(gateway.order(first=on.numbers(1), connections=1, count=1))
    on.witness.wait_for(1, [0], 30)
    _settled(gateway)
    gateway.take(Shape(1, 0))
    post(gateway.order(first=on.numbers(1), connections=1, count=1))
    multiply(on.database(name), total, ready=ready, waiting=waiting)
    return gateway


def _settled(gateway: Gateway) -> None:
    """Wait until what arrived is also in the ledger."""
    until = time.monotonic() + 10
    while ask(gateway.on.database(gateway.name), "SELECT count(*) FROM outbox"):
        if time.monotonic() > until:
            raise TimeoutError("a delivered lane was not settled")
        time.sleep(0.1)


def _replace(gateway: Gateway) -> None:
    """Post as many as a count takes away at most."""
    first = gateway.on.numbers(REPLACED)
    done = post(gateway.order(first=first, connections=CONNECTIONS, count=REPLACED))
    if done.accepted < REPLACED:
        raise RuntimeError(f"of {REPLACED} posts {done.accepted} were accepted")


def cycles(gateway: Gateway) -> float:
    """Give lanes per second that one worker claims, loads and completes."""
    log = gateway.on.folder / f"{gateway.name}-instant.log"
    before = log.stat().st_size if log.exists() else 0
    worker = gateway.on.spawn(
        f"{gateway.name}-instant", *INSTANT, "worker", environ=gateway.environ
    )
    until = time.monotonic() + 30
    seen: list[tuple[float, int]] = []
    while time.monotonic() < until:
        time.sleep(0.1)
        lines = log.read_bytes()[before:].decode().splitlines()
        marks = [line.split() for line in lines if line[:1].isdigit() and len(line.split()) == 2]
        seen = [(float(at), int(count)) for at, count in marks if int(count) > 0]
        if seen and (seen[-1][0] - seen[0][0] >= BEGUN + WINDOW or seen[-1][1] >= MOST):
            break
    end([worker])
    if len(seen) < 2:
        raise TimeoutError("the worker did nothing")
    begun = next(one for one in seen if one[0] >= seen[0][0] + BEGUN)
    return (seen[-1][1] - begun[1]) / (seen[-1][0] - begun[0])


def _megabytes(gateway: Gateway) -> float:
    """Give the memory of one API and one worker that finds its system away."""
    gateway.on.witness.ask("/order", {"system": 0, "mode": "refuse"})
    gateway.take(Shape(1, 1))
    time.sleep(6)
    found = measure.memory(gateway.pids)
    gateway.take(Shape(1, 0))
    gateway.on.witness.ask("/order", {"system": 0, "mode": "answer"})
    return round(found, 1)


def run_growth(on: Ground, length: Length, say: Say) -> Findings:
    """Find what millions of dossiers of history cost."""
    findings = Findings()
    begun = time.monotonic()
    with (
        closing(prepared(on, "small", SMALL, SMALL - 3, 0)) as small,
        closing(prepared(on, "large", LARGE, READY, WAITING)) as large,
    ):
        say(f"Growth: {LARGE:,} dossiers stored after {time.monotonic() - begun:.0f} s")
        pair = (small, large)
        posted: dict[str, list[float]] = {one.name: [] for one in pair}
        cycled: dict[str, list[float]] = {one.name: [] for one in pair}
        for one in pair:
            intake(one, length.trial)
        for number in range(min(length.rounds, ROUNDS)):
            for one in pair if number % 2 == 0 else reversed(pair):
                posted[one.name].append(intake(one, length.trial).rate)
                _replace(one)
                cycled[one.name].append(cycles(one))
            last = {one.name: (posted[one.name][-1], cycled[one.name][-1]) for one in pair}
            say(f"  round {number + 1}: accepted/s and lanes/s {last}")
        memory = {one.name: _megabytes(one) for one in pair}
    found = {}
    for name, rates in (("intake", posted), ("claim_and_completion", cycled)):
        costs = [a / b for a, b in zip(rates["small"], rates["large"], strict=True)]
        found[name] = {
            "costs": round(statistics.median(costs), 3),
            "noise": round(noise(rates["small"][:-1], rates["small"][1:]), 3),
            "small_per_second": [round(rate) for rate in rates["small"]],
            "large_per_second": [round(rate) for rate in rates["large"]],
        }
    worst = max(found.values(), key=lambda one: float(one["costs"]))  # type: ignore[arg-type]
    value, apart = float(worst["costs"]), float(worst["noise"])  # type: ignore[arg-type]
    inside = "passed" if value * (1 + apart) <= GOAL else "inside the noise"
    verdict = "missed" if value > GOAL else inside
    findings.put(
        "growth", value, noise=apart, goal=GOAL, verdict=verdict, parts=found, memory_mb=memory
    )
    return findings
