"""Rounds: one measured run of one contender, and the interleaving of several."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.bench.contenders import Contender
from tests.bench.dossiers import SMALL
from tests.bench.ground import Shape, cpu_of, post

CONNECTIONS = 64
"""Connections of the load generator, the same for everybody."""
TO_THE_END = 32
"""The same, where dossiers are delivered: three conversations for each."""
FIRST = 100
"""Dossiers of a run, before anything is known of a contender."""
ROOM = 2_000_000
"""Numbers reserved for a run that is bounded by time."""
TRIALS = 2
"""Trial runs of a shape, of which the quicker counts: a stall must not decide how one runs."""
AROUND = 0.9
"""Seconds that a run takes beyond its own: the load generator's start, and what follows."""
SETTLED = 0.3
"""Seconds after a run in which processes finish what they still write."""


Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Length:
    """How long things take: seconds of a run, of a trial run, of a steady load; rounds.

    patience: seconds that a turn may take at most, where it needs a number of samples
    thorough: try more pools
    ends: monotonic time at which all must be over; runs are then as long as that allows
    """

    run: float
    trial: float
    rounds: int
    steady: float = 20.0
    patience: float = 60.0
    thorough: bool = False
    ends: float | None = None

    def share(self, runs: int) -> float:
        """Give the seconds of one run where so many are left: 2 to 5 where an end is set."""
        if self.ends is None:
            return self.run
        return min(5.0, max(2.0, (self.ends - time.monotonic()) / runs - AROUND))


QUICK = Length(run=2.0, trial=0.8, rounds=5)
FULL = Length(run=6.0, trial=3.0, rounds=5, thorough=True)


@dataclass(slots=True)
class Run:
    """What one run gave: dossiers per second, and what a dossier cost."""

    rate: float
    dossiers: int
    cpu_ms: float
    exchanges: float = 0.0
    p50: float = 0.0
    p99: float = 0.0
    others: dict[str, int] = field(default_factory=dict)


def intake(contender: Contender, seconds: float, size: str = SMALL) -> Run:
    """Post for some seconds; the rate is accepted dossiers per second."""
    on = contender.on
    before = cpu_of(on, contender.pids)
    done = post(
        contender.order(first=on.numbers(ROOM), connections=CONNECTIONS, size=size, seconds=seconds)
    )
    time.sleep(SETTLED)
    spent = cpu_of(on, contender.pids) - before + done.cpu
    return Run(
        rate=done.rate,
        dossiers=done.accepted,
        cpu_ms=1000 * spent / max(done.accepted, 1),
        p50=done.latency.get("p50", 0.0),
        p99=done.latency.get("p99", 0.0),
        others=done.others,
    )


def end_to_end(contender: Contender, count: int, size: str = SMALL) -> Run:
    """Post so many dossiers; the rate counts from the first post to the last arrival anywhere."""
    on = contender.on
    on.witness.ask("/reset")
    before = cpu_of(on, contender.pids)
    done = post(
        contender.order(first=on.numbers(count), connections=TO_THE_END, size=size, count=count)
    )
    counts = on.witness.wait_for(done.accepted, contender.systems, seconds=120)
    time.sleep(SETTLED)
    spent = cpu_of(on, contender.pids) - before + done.cpu
    last = max(one["last"] for one in counts)
    return Run(
        rate=done.accepted / (last - done.begun),
        dossiers=done.accepted,
        cpu_ms=1000 * spent / max(done.accepted, 1),
        exchanges=sum(one["exchanges"] for one in counts) / max(done.accepted, 1),
        p50=done.latency.get("p50", 0.0),
        p99=done.latency.get("p99", 0.0),
        others=done.others,
    )


def best(
    contender: Contender,
    shapes: Sequence[Shape],
    run: Callable[[], Run],
    say: Callable[[str], None],
) -> dict[str, float]:
    """Find the shape in which a contender is quickest and leave it so; give what each gave."""
    tried: dict[Shape, float] = {}
    for shape in shapes:
        contender.take(shape)
        try:
            run()  # connections, code and caches are warm from now on
            tried[shape] = max(run().rate for _ in range(TRIALS))
        except TimeoutError as error:
            say(f"  {contender.name}: {shape}: {error}")
            tried[shape] = 0.0
        say(f"  {contender.name}: {shape}: {tried[shape]:,.0f}/s")
    chosen = max(tried, key=lambda shape: tried[shape])
    contender.take(chosen)
    contender.on.best[contender.name] = (chosen, tried[chosen])
    say(f"  {contender.name} runs as {contender.shape}")
    return {str(shape): rate for shape, rate in tried.items()}


Side = tuple[str, Callable[[], Run]]


def interleave(
    sides: Sequence[Side], rounds: int, say: Callable[[str], None]
) -> dict[str, list[Run]]:
    """Run all sides in turn, some rounds; every second round goes backwards."""
    found: dict[str, list[Run]] = {name: [] for name, _ in sides}
    for number in range(rounds):
        for name, run in sides if number % 2 == 0 else reversed(sides):
            found[name].append(run())
        line = ", ".join(f"{name} {runs[-1].rate:,.0f}/s" for name, runs in found.items())
        say(f"  round {number + 1}: {line}")
    return found


def summary(runs: Sequence[Run]) -> dict[str, Any]:
    """Give the absolute figures of a contender: medians, and every round's rate."""
    middle = sorted(runs, key=lambda run: run.rate)[len(runs) // 2]
    others: dict[str, int] = {}
    for run in runs:
        for name, count in run.others.items():
            others[name] = others.get(name, 0) + count
    return {
        "per_second": round(middle.rate, 1),
        "rounds": [round(run.rate, 1) for run in runs],
        "cpu_ms_per_dossier": round(middle.cpu_ms, 3),
        "exchanges_per_dossier": round(middle.exchanges, 3),
        "dossiers": sum(run.dossiers for run in runs),
        "p50_ms": round(1000 * middle.p50, 2),
        "p99_ms": round(1000 * middle.p99, 2),
        "not_accepted": others,
    }


class Sized:
    """Runs a contender to the end with as many dossiers as it can deliver in some seconds."""

    def __init__(self, contender: Contender, seconds: float) -> None:
        self.contender, self.seconds = contender, seconds
        self.count, self.rate = FIRST, 0.0

    def __call__(self) -> Run:
        """Run once; the number of dossiers stays as it is."""
        return end_to_end(self.contender, self.count)

    def learn(self) -> Run:
        """Run once, and let the next run last as long as it should."""
        found = self()
        self.rate = found.rate
        self.fit(self.seconds)
        return found

    def fit(self, seconds: float) -> None:
        """Let the next run last so long, as far as is known."""
        self.seconds = seconds
        _, rate = self.contender.on.best.get(self.contender.name, (None, self.rate))
        self.count = max(FIRST, int(rate * seconds))
