"""What a sick system costs the healthy ones: the same two systems with and without a third.

Base: a gateway that knows two systems. Beside it one that knows a third, which refuses connections,
is silent, or answers 500. Same rate, in paired turns, of which the median counts; a sample is one
dossier at one healthy system, from when it was due. The workers of whoever does not run are ended
meanwhile.
"""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import replace
from itertools import chain, pairwise

from tests.bench.contenders import Gateway
from tests.bench.figures import Findings, noise, percentile, ratio
from tests.bench.ground import Ground, Shape
from tests.bench.latency import USUAL, Delays, at_a_rate, full_load, shown
from tests.bench.rounds import Length, Say

HEALTHY, SICK = (0, 1), 2
SAMPLES = 20_000
"""At least so many on each side."""
TURNS = 5
GOAL = 1.10
FAULTS = ("refuse", "silent", "500")
WARM = 2.0
"""Seconds of load before a turn is measured."""
LONG = 30.0
"""Seconds that a turn takes at least: so long is a silent system silent, and so often does the disk
make a commit wait that it befalls both sides alike."""


def _turn(gateway: Gateway, shape: Shape, rate: float, count: int, mode: str) -> Delays:
    """Let one gateway work for a while, the third system behaving so."""
    on = gateway.on
    on.witness.ask("/order", {"system": SICK, "mode": mode})
    gateway.take(shape)
    at_a_rate(gateway, rate, int(rate * WARM), systems=HEALTHY)
    delays = at_a_rate(gateway, rate, count, systems=HEALTHY)
    on.witness.ask("/order", {"system": SICK, "mode": "refuse"})  # ends what hangs in silence
    gateway.take(replace(shape, workers=0))
    on.witness.ask("/order", {"system": SICK, "mode": "answer"})
    return delays


def _turns(
    on: Ground, shape: Shape, rate: float, count: int, fault: str
) -> tuple[list[list[float]], list[list[float]]]:
    """Let two gateways with fresh databases take turns, the healthy one and the one with a fault.

    Every second pair goes backwards: both databases grow from turn to turn.
    """
    sides: dict[str, list[list[float]]] = {"answer": [], fault: []}
    with (
        closing(Gateway(on, f"beside-{fault}", systems=HEALTHY)) as base,
        closing(Gateway(on, f"sick-{fault}")) as sick,
    ):
        pair = [(base, "answer"), (sick, fault)]
        for turn in range(TURNS):
            for gateway, mode in pair if turn % 2 == 0 else reversed(pair):
                sides[mode].append(_turn(gateway, shape, rate, count, mode).each)
    return sides["answer"], sides[fault]


def run_isolation(on: Ground, length: Length, say: Say) -> Findings:
    """Find the worst growth of the healthy systems' p99 that a third one's fault brings."""
    findings = Findings()
    shape = on.best.get("gateway", (USUAL, 0.0))[0]
    with closing(Gateway(on, "base", systems=HEALTHY)) as base:
        rate = full_load(base, length) / 3
    wanted = -(-SAMPLES // (len(HEALTHY) * TURNS))
    count = min(max(wanted, int(rate * LONG)), int(rate * length.patience))
    say(f"Isolation at {rate:,.0f}/s, {count} dossiers a turn")
    calm: list[tuple[float, float]] = []
    found = {}
    for fault in FAULTS:
        ours, theirs = _turns(on, shape, rate, count, fault)
        before = [percentile(turn, 0.99) for turn in ours]
        calm += pairwise(before)
        # Of pairs, as every ratio here: one stall of the machine must not decide for all turns.
        grows = ratio([percentile(turn, 0.99) for turn in theirs], before, before)
        found[fault] = {
            "grows_to": round(grows.value, 3),
            "rounds": [round(one, 3) for one in grows.rounds],
            "base_ms": shown(list(chain(*ours))),
            "beside_the_fault_ms": shown(list(chain(*theirs))),
        }
        say(f"  {fault}: p99 grows to {found[fault]['grows_to']}: {found[fault]['rounds']}")
        time.sleep(1)
    worst = max(float(one["grows_to"]) for one in found.values())  # type: ignore[arg-type]
    apart = noise(*zip(*calm, strict=True))
    enough = count >= wanted
    findings.put(
        "isolation_p99",
        worst,
        noise=round(apart, 4),
        goal=GOAL,
        verdict=_verdict(worst, apart, enough=enough),
        offered_per_second=round(rate, 1),
        shape=str(shape),
        faults=found,
    )
    return findings


def _verdict(worst: float, apart: float, *, enough: bool) -> str:
    if not enough:
        return "too few samples"
    if worst > GOAL:
        return "missed"
    return "passed" if worst * (1 + apart) <= GOAL else "inside the noise"
