"""How long a dossier takes under a moderate load, and what large dossiers cost.

Open loop: everything counts from when a post was due. Large dossiers stand beside the figures that
OpenFn publishes for two cores; it runs workflows, so that is not the same work.
"""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from tests.bench.contenders import Contender, Gateway
from tests.bench.dossiers import LARGE, SMALL
from tests.bench.figures import Findings, percentiles
from tests.bench.ground import Ground, Shape, post
from tests.bench.rounds import Length, Say, Sized, intake

USUAL = Shape(1, 2)
"""Where nothing was tried before: one process takes in, two deliver."""
CONNECTIONS = 128
OPENFN = {"per_second": 37.6, "p95_ms": 1150.0}
"""Published by OpenFn for 50 kB on a laptop with two cores."""
GOAL_MS = {"p50": 50.0, "p99": 250.0}


@dataclass(frozen=True, slots=True)
class Delays:
    """Seconds of one run at a fixed rate, one for each dossier.

    answer: from due to the answer; delivered: from the answer to the last arrival at any system;
    whole: from due to that arrival; each: from due to the arrival, one for each system
    """

    answer: list[float]
    delivered: list[float]
    whole: list[float]
    each: list[float]
    not_accepted: dict[str, int]


def at_a_rate(
    contender: Contender,
    rate: float,
    count: int,
    *,
    systems: tuple[int, ...] = (0, 1, 2),
    size: str = SMALL,
) -> Delays:
    """Post at a fixed rate while everything is delivered; give what everything took."""
    on = contender.on
    on.witness.ask("/reset")
    done = post(
        contender.order(
            first=on.numbers(count),
            connections=CONNECTIONS,
            size=size,
            rate=rate,
            count=count,
            keep=True,
        )
    )
    on.witness.wait_for(done.accepted, systems, seconds=120)
    arrivals = _arrivals(contender, systems, set(done.answers))
    delays = Delays([], [], [], [], done.others)
    for name, (due, answered) in done.answers.items():
        came = [one[name] for one in arrivals]
        delays.answer.append(answered - due)
        delays.delivered.append(max(0.0, max(came) - answered))
        delays.whole.append(max(came) - due)
        delays.each.extend(at - due for at in came)
    return delays


def _arrivals(
    contender: Contender, systems: tuple[int, ...], names: set[str]
) -> list[dict[str, float]]:
    """Give when these dossiers arrived at each system, however many others arrive too."""
    until = time.monotonic() + 60
    while True:
        everything = contender.on.witness.ask("/arrivals")
        found: list[dict[str, float]] = [everything[one] for one in systems]
        if all(names <= one.keys() for one in found):
            return found
        if time.monotonic() > until:
            raise TimeoutError("some dossiers arrived nowhere")
        time.sleep(0.2)


def shown(values: list[float]) -> dict[str, float]:
    """Give percentiles in milliseconds."""
    found = percentiles(values)
    return {
        name: int(value) if name == "samples" else round(1000 * value, 1)
        for name, value in found.items()
    }


def full_load(gateway: Gateway, length: Length) -> float:
    """Bring our gateway to its best shape; give the dossiers per second it carries to the end."""
    shape, rate = gateway.on.best.get("gateway", (USUAL, 0.0))
    gateway.take(shape)
    run = Sized(gateway, length.trial)
    run.learn()
    run.learn()
    return max(rate, run().rate) if rate else run().rate


def run_latency(on: Ground, length: Length, say: Say) -> Findings:
    """Measure from accepted to delivered at a third of full load."""
    findings = Findings()
    with closing(Gateway(on, "latency")) as gateway:
        full = full_load(gateway, length)
        rate = full / 3
        at_a_rate(gateway, rate, int(rate * 2))
        delays = at_a_rate(gateway, rate, int(rate * length.steady))
        found: dict[str, Any] = {
            "offered_per_second": round(rate, 1),
            "full_load_per_second": round(full, 1),
            "shape": str(gateway.shape),
            "accepted_to_delivered_ms": shown(delays.delivered),
            "due_to_delivered_ms": shown(delays.whole),
            "due_to_accepted_ms": shown(delays.answer),
            "goal_ms": GOAL_MS,
            "not_accepted": delays.not_accepted,
        }
    seen = found["accepted_to_delivered_ms"]
    met = all(seen[name] < most for name, most in GOAL_MS.items())
    found["verdict"] = "passed" if met else "missed"
    findings.details["latency"] = found
    say(f"Latency at {rate:,.0f}/s, a third of full load: accepted to delivered {seen}")
    return findings


def run_large(on: Ground, length: Length, say: Say) -> Findings:
    """Measure large dossiers: accepted per second, and answers at the rate OpenFn publishes."""
    findings = Findings()
    with closing(Gateway(on, "fifty-kb")) as gateway:
        gateway.take(Shape(on.best.get("intake", (USUAL, 0.0))[0].api))
        intake(gateway, length.trial, LARGE)
        accepted = intake(gateway, length.run, LARGE)
    with closing(Gateway(on, "large-all-the-way")) as gateway:
        gateway.take(on.best.get("gateway", (USUAL, 0.0))[0])
        rate = OPENFN["per_second"]
        at_a_rate(gateway, rate, int(rate * 2), size=LARGE)
        delays = at_a_rate(gateway, rate, int(rate * length.steady), size=LARGE)
        shape = str(gateway.shape)
    findings.details["large"] = {
        "accepted_per_second": round(accepted.rate, 1),
        "cpu_ms_per_dossier": round(accepted.cpu_ms, 2),
        "offered_per_second": rate,
        "shape": shape,
        "due_to_accepted_ms": shown(delays.answer),
        "due_to_delivered_ms": shown(delays.whole),
        "not_accepted": delays.not_accepted,
        "openfn_published": OPENFN,
    }
    say(f"50 kB: {accepted.rate:,.0f} accepted/s; at {rate}/s {shown(delays.answer)}")
    return findings
