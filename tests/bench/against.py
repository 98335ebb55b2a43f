"""`make bench BASE=<commit>`: CPU per dossier of two commits, in turns, on the same ground.

Only the product differs: load generator, systems, database server and broker are this checkout's
for both. Each side has a database and a place at the broker of its own. CPU is that of the side's
processes and of the database server, from the first post until the side is at rest again.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict
from typing import Any

from tests.bench.checkout import Checkout, check_out, other_dependencies, present
from tests.bench.ground import CORES, Ground, Shape, ground
from tests.bench.pairs import BASE, PRESENT, compare, sides
from tests.bench.rounds import FIRST, Say
from tests.bench.side import NotMeasured, Scenario, Side, Turn

BLOCKS = 4
"""Blocks of two pairs in each scenario."""
ENDS, AT_THE_LATEST = 295.0, 320.0
"""Seconds after which everything should have been measured, and must have been; the servers' start
comes before."""
LONGEST, SHORTEST = 10.0, 2.0
"""Seconds of a round: on a busy machine fewer, but not so few as to say nothing."""
AROUND = 2.5
"""Seconds that a round takes beyond its own, before that is known: vacuum, the load generator's
start, coming to rest."""
OPENING = 15.0
"""Seconds that the sides of a scenario need until their first round."""
WARM = 3.0
"""Seconds of the run that warms a side up."""
SCENARIOS = (
    Scenario("postgres", "PostgreSQL, one API and one worker", Shape(1, 1)),
    Scenario("embedded", "Embedded, one process", Shape(1), embedded=True),
)


def warm(side: Side, shape: Shape) -> float:
    """Start a side and let code, connections and caches be warm; give dossiers per second."""
    side.take(shape)
    rate = side.turn(FIRST).rate
    return side.turn(max(FIRST, int(rate * WARM))).rate


def measured(
    on: Ground, scenario: Scenario, checkouts: Mapping[str, Checkout], ends: float, say: Say
) -> list[Turn]:
    """Run all rounds of a scenario; they are as long as the time until its end allows."""
    say(f"{scenario.title}:")
    turns: list[Turn] = []
    with ExitStack() as open_:
        both = {
            name: open_.enter_context(closing(Side(on, name, checkout, scenario)))
            for name, checkout in checkouts.items()
        }
        rate = min(warm(side, scenario.shape) for side in both.values())
        around, order = AROUND, sides(BLOCKS)
        while len(turns) < len(order):
            left, now = order[len(turns) :], time.monotonic()
            seconds = min(LONGEST, (ends - now) / len(left) - around)
            if seconds < SHORTEST:
                raise NotMeasured("this machine is too busy to measure everything in time")
            count = max(FIRST, int(rate * seconds))
            pair = [both[name].turn(count) for name in left[:2]]
            rate = min(one.rate for one in pair)
            posting = sum(count / one.rate for one in pair)
            around = (time.monotonic() - now - posting) / len(pair)
            turns += pair
            costs = ", ".join(f"{one.side} {sum(one.ms.values()):.3f}" for one in pair)
            say(f"  {count:,} dossiers each: {costs} ms")
    return turns


def parts(turns: Sequence[Turn]) -> dict[str, list[float]]:
    """Give the costs of all rounds by part, and those of product and of everything."""
    found = {part: [one.ms[part] for one in turns] for part in turns[0].ms}
    if "database" in found:
        found["product"] = [a + b for a, b in zip(found["API"], found["worker"], strict=True)]
        found["in all"] = [sum(one.ms.values()) for one in turns]
    return found


def report(turns: Sequence[Turn]) -> dict[str, Any]:
    """Give everything that was measured and what follows from it."""
    told = {}
    for part, costs in parts(turns).items():
        found = compare(costs)
        told[part] = asdict(found) | {"ratio": found.ratio, "verdict": found.verdict}
    return {"rounds": [asdict(one) for one in turns], "parts": told}


def table(title: str, base: Checkout, now: Checkout, found: Mapping[str, Any]) -> list[str]:
    """Draw what was found in a scenario."""
    lines = [
        f"{title}, ms of CPU per dossier:",
        "",
        f"| | base {base} | present {now} | ratio | of pairs | noise | |",
        "|---|---|---|---|---|---|---|",
    ]
    for part, of in found["parts"].items():
        pairs = of["pairs"]
        cells = (
            part,
            f"{of['base']:.3f}",
            f"{of['present']:.3f}",
            f"**{of['ratio']:.3f}**",
            f"{min(pairs):.3f} to {max(pairs):.3f}",
            f"{of['noise']:.1%}",
            of["verdict"],
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Give up after so long, whatever is waited for."""

    def give_up(*_: object) -> None:
        raise NotMeasured("not done in time")

    signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def against(name: str, say: Say) -> dict[str, Any]:
    """Compare this checkout with a commit; print tables and give all figures."""
    checkouts = {BASE: check_out(name), PRESENT: present()}
    base, now = checkouts[BASE], checkouts[PRESENT]
    more = " with changes that are not committed" if now.changed else ""
    load, cores = os.getloadavg()[0], len(CORES & os.sched_getaffinity(0))
    say(f"Base {base}, present {now}{more}; load of others so far {load:.1f} on {cores} cores")
    if other := other_dependencies(base.root):
        say(other)
    found: dict[str, Any] = {}
    with ground() as on, at_most(AT_THE_LATEST):
        begun = time.monotonic()
        on.postgres.order("ALTER SYSTEM SET autovacuum = off")
        on.postgres.order("SELECT pg_reload_conf()")
        for number, scenario in enumerate(SCENARIOS):
            left = begun + ENDS - time.monotonic() - OPENING * (len(SCENARIOS) - number)
            ends = time.monotonic() + OPENING + left / (len(SCENARIOS) - number)
            found[scenario.name] = report(measured(on, scenario, checkouts, ends, say))
    for scenario in SCENARIOS:
        say("\n".join(["", *table(scenario.title, base, now, found[scenario.name])]))
    return {
        "base": base.commit,
        "present": now.commit,
        "present_changed": now.changed,
        "other_dependencies": other,
        "load_before": round(load, 1),
        "scenarios": found,
    }
