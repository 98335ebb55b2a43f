"""`make bench BASE=<commit>`: CPU per dossier of two commits, in turns, on the same ground.

Only the product differs: load generator, systems, database server and broker are this checkout's
for both. Each side has a database and a place at the broker of its own. The base runs twice, so
that each round also says how far a product is from itself.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from tests.bench.checkout import Checkout, check_out, other_dependencies, present
from tests.bench.ground import CORES, Ground, Shape, ground
from tests.bench.pairs import AGAIN, BASE, FEWEST, PRESENT, ROUNDS, compare
from tests.bench.rounds import Say
from tests.bench.side import NotMeasured, Scenario, Side, Turn, together

ENDS, AT_THE_LATEST = 295.0, 320.0
"""Seconds after which everything should have been measured, and must have been; the servers' start
comes before."""
FEW = 100
"""The fewest dossiers of a round."""
LONGEST, SHORTEST = 15.0, 4.0
"""Seconds of a round, as far as it keeps to them."""
AROUND = 2.5
"""Seconds of a round in which nothing is posted: vacuum, the load generator's start, the rest."""
FIRST, STEEPEST = 100, 6.0
"""Dossiers of the first run; a round has at most so many times those of the one before."""
SCENARIOS = (
    Scenario("postgres", "PostgreSQL, one API and one worker", Shape(1, 1)),
    Scenario("embedded", "Embedded, one process", Shape(1), embedded=True),
)


@dataclass(frozen=True, slots=True)
class Until:
    """When everything must be over, and how many scenarios come after this one."""

    ends: float
    later: int

    def share(self, opening: float) -> float:
        """Give the end of this scenario, where each later one needs so long before its rounds."""
        now = time.monotonic()
        return now + (self.ends - now - self.later * opening) / (1 + self.later)


def timed(everyone: Sequence[Side], count: int) -> tuple[dict[str, Turn], float]:
    """Run a round; give what it cost each side, and how many seconds it took."""
    begun = time.monotonic()
    found = together(everyone, count)
    return {turn.side: turn for turn in found}, time.monotonic() - begun


def opened(
    on: Ground, scenario: Scenario, checkouts: Mapping[str, Checkout], open_: ExitStack
) -> list[Side]:
    """Start all sides, at the same time; they end with the stack."""

    def start(of: tuple[str, Checkout]) -> Side:
        side = open_.enter_context(closing(Side(on, *of, scenario)))
        side.take(scenario.shape)
        return side

    with ThreadPoolExecutor() as many:
        return list(many.map(start, checkouts.items()))


def measured(
    on: Ground, scenario: Scenario, checkouts: Mapping[str, Checkout], until: Until, say: Say
) -> list[dict[str, Turn]]:
    """Run all rounds of a scenario; they are as long as the time until its end allows."""
    say(f"{scenario.title}:")
    rounds: list[dict[str, Turn]] = []
    with ExitStack() as open_:
        begun = time.monotonic()
        everyone = opened(on, scenario, checkouts, open_)
        count, (_, took) = FIRST, timed(everyone, FIRST)  # everything is warm from now on
        ends = until.share(time.monotonic() - begun)
        while len(rounds) < ROUNDS:
            left = ends - time.monotonic()
            if left < SHORTEST and len(rounds) >= FEWEST:
                break
            seconds = max(SHORTEST, min(LONGEST, left / (ROUNDS - len(rounds))))
            grows = (seconds - AROUND) / max(took - AROUND, 1.0)
            count = max(FEW, int(count * min(grows, STEEPEST)))
            everyone.append(everyone.pop(0))  # nobody always begins
            found, took = timed(everyone, count)
            rounds.append(found)
            each = (f"{name} {sum(found[name].ms.values()):.3f}" for name in checkouts)
            say(f"  {count:,} dossiers each: {', '.join(each)} ms")
    return rounds


def costs(turn: Turn) -> dict[str, float]:
    """Give what a round cost a side by part, and that of the product and of everything."""
    if "database" not in turn.ms:
        return turn.ms
    product = turn.ms["API"] + turn.ms["worker"]
    return turn.ms | {"product": product, "in all": product + turn.ms["database"]}


def report(rounds: Sequence[Mapping[str, Turn]]) -> dict[str, Any]:
    """Give everything that was measured and what follows from it."""
    by_side = {name: [costs(turns[name]) for turns in rounds] for name in (BASE, PRESENT, AGAIN)}
    told = {}
    for part in by_side[BASE][0]:
        each = {name: [cost[part] for cost in of] for name, of in by_side.items()}
        found = compare(each[BASE], each[AGAIN], each[PRESENT])
        told[part] = asdict(found) | {"ratio": found.ratio, "verdict": found.verdict}
    return {"rounds": [[asdict(one) for one in turns.values()] for turns in rounds], "parts": told}


def table(title: str, base: Checkout, now: Checkout, found: Mapping[str, Any]) -> list[str]:
    """Draw what was found in a scenario."""
    lines = [
        f"{title}, ms of CPU per dossier:",
        "",
        f"| | base {base} | present {now} | ratio | of rounds | noise | |",
        "|---|---|---|---|---|---|---|",
    ]
    for part, of in found["parts"].items():
        ratios = of["rounds"]
        cells = (
            part,
            f"{of['base']:.3f}",
            f"{of['present']:.3f}",
            f"**{of['ratio']:.3f}**",
            f"{min(ratios):.3f} to {max(ratios):.3f}",
            f"{of['noise']:.1%}",
            of["verdict"],
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Give up after so long, whatever is waited for."""

    def give_up(*_: object) -> None:
        raise NotMeasured("this machine is too busy: not done in time")

    signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def against(name: str, say: Say) -> dict[str, Any]:
    """Compare this checkout with a commit; print tables and give all figures."""
    base, now = check_out(name), present()
    checkouts = {BASE: base, PRESENT: now, AGAIN: base}
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
        for later, scenario in zip(range(len(SCENARIOS))[::-1], SCENARIOS, strict=True):
            rounds = measured(on, scenario, checkouts, Until(begun + ENDS, later), say)
            found[scenario.name] = report(rounds)
            say("\n".join(["", *table(scenario.title, base, now, found[scenario.name]), ""]))
    return {
        "base": base.commit,
        "present": now.commit,
        "present_changed": now.changed,
        "other_dependencies": other,
        "load_before": round(load, 1),
        "scenarios": found,
    }
