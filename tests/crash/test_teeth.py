"""The teeth of the crash run: with a bug planted in the gateway the same audit must find it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.workbench.servers import PrivatePostgres, PrivateRabbit
from tests.crash.play import Plan
from tests.crash.test_short import run, servers

__all__ = ["servers"]

NEVER_SETTLED = "never settled"
TEETH = {  # with what each must show: another finding would be an accident
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
        Plan(faults=("delete_work",), pause=1.5, dossiers=90, seed=16, patience=10),
    ),
}
MOST_RUNS = 5
"""Runs in which a planted bug must show."""


@pytest.mark.timeout(900)
@pytest.mark.parametrize("bug", list(TEETH))
def test_a_planted_bug_turns_the_run_red(
    tmp_path: Path, servers: tuple[PrivatePostgres, PrivateRabbit], bug: str
) -> None:
    """An audit that finds nothing where there is something would be worth nothing.

    A fault must meet the bug's moment, so another seed may be needed.
    """
    shows, plan = TEETH[bug]
    plan = replace(plan, program=("-m", "tests.crash.planted", bug))

    assert any(
        shows in _shown(tmp_path / f"s{number}", replace(plan, seed=plan.seed + number), servers)
        for number in range(MOST_RUNS)
    )


def _shown(
    folder: Path, plan: Plan, servers: tuple[PrivatePostgres, PrivateRabbit]
) -> frozenset[str]:
    ran, found = run(folder, plan, servers)
    return frozenset(found.bad()) | ({NEVER_SETTLED} if ran.settled is None else set())
