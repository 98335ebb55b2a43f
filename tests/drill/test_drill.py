"""The drill keeps its time, and says plainly what failed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.drill.__main__ import play, summary
from tests.drill.parts import MOST, PARTS, Part


def part(program: str) -> Part:
    """Make a part that runs a few lines of Python."""
    return Part("one", "that it works", ("-c", program), (), 1)


def test_all_parts_together_keep_the_time() -> None:
    """Even when each of them has to be ended."""
    assert sum(one.minutes for one in PARTS) <= MOST


@pytest.mark.parametrize("words", [words for one in PARTS for words in (one.words, one.short)])
def test_every_part_can_be_started(words: tuple[str, ...]) -> None:
    """It is a module that exists."""
    assert words[0] == "-m"
    assert find_spec(words[1]) is not None


@pytest.mark.parametrize(
    ("program", "well", "last"),
    [
        ("print('all well')", True, "all well"),
        ("print('lost 3'); raise SystemExit(1)", False, "lost 3"),
        ("import time; print('begun', flush=True); time.sleep(60)", False, "minutes: begun"),
    ],
)
def test_the_summary_says_what_came_of_a_part(
    tmp_path: Path, program: str, well: bool, last: str
) -> None:
    """One that fails or takes too long has failed, and its log is named."""
    one = part(program)
    done = play(one, one.words, tmp_path, 5)
    said = summary([done], tmp_path)

    assert (done.well, last in said, f"{tmp_path / 'one'}.log" in said) == (well, True, not well)
    assert done.seconds < 30
