"""The page says what the reports say, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.crash import report
from tests.crash.findings import Findings
from tests.crash.plan import KINDS


def told(seed: int, **found: Any) -> report.Report:
    """Make a report of one round."""
    made = report.begin(seed, asked=f"--seed {seed}", left_out=[], full=8, faults="flaky")
    report.add(
        made,
        {
            "dossiers": 1000,
            "events": 1700,
            "seconds": 20.0,
            "settled": 2.0,
            "done": dict.fromkeys(KINDS, 4),
            "effective": dict.fromkeys(KINDS, 3),
            "findings": Findings(explained=2, causes={"reset_after": 2}, **found),
            "answers": {"201": 1700},
            "refused": [],
            "ended": {},
            "stubborn": 0,
            "released": 1,
            "rebuilt": [1.0],
            "simulators": {"reset_after": 9},
        },
    )
    return made


def test_the_page_is_drawn_from_the_reports() -> None:
    """REPORT.md drifts from its reports: draw it with `python -m tests.crash.report`."""
    assert report.DRAWN.read_text(encoding="utf-8") == report.draw(report.read())


def test_reports_are_added_up(tmp_path: Path) -> None:
    """Written, read again, and summed over the seeds."""
    for seed in (5, 6):
        report.write(told(seed), tmp_path)
    page = report.draw(report.read(tmp_path))

    assert f"| effective faults | 1,000 | {2 * 3 * len(KINDS)} |" in page
    assert "| of each kind, at least | 40 | 6 |" in page
    assert "| dossiers | 100,000 | 2,000 |" in page
    assert "| `rabbit_quorum` | 8 | 6 |" in page
    assert "| `reset_after` | 4 |" in page
    assert "- `--seed 5`\n- `--seed 6`" in page


@pytest.mark.parametrize("name", report.SIX)
def test_a_finding_is_named_with_its_place(name: str) -> None:
    """And such a report is not clean."""
    one = told(5, **{name: ["portal H99 3"]})
    page = report.draw([one])

    assert (report.clean(one), report.clean(told(5))) == (False, True)
    assert f"| {name.replace('_', ' ')} | 0 | 1 |" in page
    assert f"- seed 5, {name}: round 1: portal H99 3" in page
