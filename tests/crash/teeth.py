"""The teeth of the crash run: with a bug planted in the gateway its audit must find it.

`python -m tests.crash.teeth` tries every bug, for the drill; one of them is in the tests.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from gateway.workbench import reaper
from gateway.workbench.servers import PrivatePostgres, PrivateRabbit
from tests.crash.play import SHADOW, Plan, Ran, play

NEVER_SETTLED = "never settled"
SINGLED_OUT = "lost: .* parked singled_out"
TEETH = {  # with what each must show, as a pattern: another finding would be an accident
    "fence_ignored": (
        "unexplained",
        Plan(
            faults=("slow_portal", "kill_worker"),
            pause=1.5,
            dossiers=40,
            seed=12,
            flaky=False,
            patience=10,
        ),
    ),
    "lapsed_as_fresh": (
        "unexplained",
        Plan(  # long enough that lines are still being told at the second kill
            faults=("slow_portal", "kill_worker", "kill_worker"),
            pause=0.5,
            dossiers=90,
            seed=13,
            flaky=False,
            patience=15,
        ),
    ),
    "uncertain_as_unreachable": (
        "unexplained",
        Plan(  # long enough that a line's answer is surely dropped
            faults=("cut_connections", "cut_connections"),
            pause=5.0,
            dossiers=150,
            seed=14,
            patience=15,
        ),
    ),
    "answer_before_commit": (
        "lost",
        Plan(
            faults=("kill_api", "kill_api"),
            pause=1.0,
            dossiers=60,
            seed=15,
            flaky=False,
            patience=15,
        ),
    ),
    "no_sweeper": (
        NEVER_SETTLED,
        Plan(  # workers that just start have no wake-up to lose
            faults=("delete_work", "delete_work", "delete_work"),
            pause=4.0,
            dossiers=150,
            seed=16,
            patience=10,
        ),
    ),
    "refusal_as_success": (
        "falsely_delivered",
        Plan(faults=("denied",), pause=2.0, dossiers=60, seed=17, flaky=False, patience=10),
    ),
    "suspect_parks_agenda": (
        SINGLED_OUT,
        Plan(
            faults=("bar_one", "astray"),
            pause=1.0,
            dossiers=90,
            seed=18,
            flaky=False,
            patience=10,
            wave=9,
        ),
    ),
    "shadow_as_done": (
        f"falsely_delivered: {SHADOW}",
        Plan(faults=("slow_portal",), pause=2.0, dossiers=40, seed=19, flaky=False, patience=10),
    ),
}
MOST_RUNS = 5
"""Runs in which a planted bug must show."""


def shows(folder: Path, bug: str, database: PrivatePostgres, broker: PrivateRabbit) -> int | None:
    """Play with a planted bug until it shows; give the number of the run, or None: it never did.

    A fault must meet the bug's moment, so another seed may be needed.
    """
    words, plan = TEETH[bug]
    expected = re.compile(words)
    plan = replace(plan, program=("-m", "tests.crash.planted", bug))
    for number in range(MOST_RUNS):
        seeded = replace(plan, seed=plan.seed + number)
        ran = asyncio.run(play(folder / f"{bug}{number}", seeded, database, broker))
        if any(expected.match(one) for one in said(ran)):
            return number + 1
    return None


def said(ran: Ran) -> list[str]:
    """List what a run shows: each finding with its place, and that it never settled."""
    bad = ran.findings.bad(most=None)
    found = [f"{name}: {place}" for name, places in bad.items() for place in places]
    return [*found, *([NEVER_SETTLED] if ran.settled is None else [])]


def main() -> None:
    """Try every bug; end with 1 where one did not show."""
    database, broker = PrivatePostgres(), PrivateRabbit()
    missed = []
    with tempfile.TemporaryDirectory(prefix="lienthong-") as folder:
        reaper.remove(Path(folder))
        try:
            database.start()
            broker.start()
            for bug in TEETH:
                run = shows(Path(folder), bug, database, broker)
                missed += [bug] if run is None else []
                sys.stdout.write(f"{bug}: {'never' if run is None else f'in run {run}'}\n")
                sys.stdout.flush()
        finally:
            broker.stop()
            database.stop()
    found = len(TEETH) - len(missed)
    sys.stdout.write(f"{found} of {len(TEETH)} planted bugs were found\n")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
