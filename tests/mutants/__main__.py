"""Lets small mistakes into the product, one at a time, and says which of them no test notices.

    python -m tests.mutants [table.toml …]

Exit code 1: too many survive. Exit code 2: the list itself is wrong, or the tests fail without any
mistake, so that nothing can be said.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.mutants.mutant import Mutant, StaleError, kept, read
from tests.mutants.running import FAILED, HUNG, PASSED, Job, Run, run_all

MUST_DIE, OF = 33, 36
"""Of so many mutants so many must be noticed; a longer list in proportion."""


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def faults(mutants: Sequence[Mutant]) -> list[str]:
    """Say what is wrong with the list: stale texts, tests that are gone."""
    found: list[str] = []
    for one in mutants:
        try:
            one.changed()
        except (StaleError, OSError) as error:
            found.append(f"stale: {error}")
        found += [f"{one.file}: no such test: {name}" for name in one.missing()]
    return found


def enough(died: int, of: int) -> bool:
    """Say whether so many are enough."""
    return died * OF >= MUST_DIE * of


def _shown(mutant: Mutant) -> str:
    old, new = (
        "\n".join(f"    {sign} {line.strip()}" for line in text.splitlines() if line.strip())
        for sign, text in (("-", mutant.old), ("+", mutant.new or "(nothing)"))
    )
    return f"{mutant.place()}: law {mutant.law}: {mutant.what}\n{old}\n{new}"


def _judge(runs: Sequence[Run], of: int, seconds: float) -> int:
    """Print what came of all, and give the exit code."""
    broken = [run for run in runs if run.code not in (PASSED, FAILED, HUNG)]
    sick = [run for run in runs if run.job.mutant is None and run.code != PASSED]
    if broken or sick:
        for run in sick or broken:
            name = run.job.mutant.place() if run.job.mutant else "without any mutant"
            _say(f"cannot judge ({name}, exit code {run.code}):\n{run.said[-3000:]}")
        return 2
    alive = [run.job.mutant for run in runs if run.job.mutant and run.code == PASSED]
    for one in alive:
        _say(f"SURVIVED {_shown(one)}")
    died = of - len(alive)
    _say(f"{died} of {of} mutants died in {seconds:.0f} s.")
    return 0 if enough(died, of) else 1


def main(files: Sequence[str]) -> int:
    """Run the list that is kept, or the tables that are named."""
    mutants = read(Path(file) for file in files) if files else kept()
    if wrong := faults(mutants):
        _say("\n".join(wrong))
        return 2
    nearest = tuple(dict.fromkeys(test for one in mutants for test in one.tests))
    jobs = [Job(nearest), *(Job(one.tests, one) for one in mutants)]
    begun, runs = time.monotonic(), []
    for run in run_all(jobs, len(os.sched_getaffinity(0))):
        runs.append(run)
        if run.job.mutant is not None and sys.stdout.isatty():
            _say(f"{run.seconds:5.1f} s  {run.job.mutant.place()}")
    return _judge(runs, len(mutants), time.monotonic() - begun)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
