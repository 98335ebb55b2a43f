"""How the commands say what an operation refuses, and what a retry tells."""

from __future__ import annotations

from typing import get_args

import pytest

from gateway.commands.refused import SENTENCES, granted
from gateway.commands.retry import told
from gateway.operations.refusals import Code, Refusal
from gateway.operations.retry_waves import Event, Stopped, Summary, WaveBegan, WaveEnded
from gateway.rules.waves import Tally
from gateway.settings import SettingsError


def test_every_refusal_has_a_sentence() -> None:
    """No command fails at saying why it fails."""
    assert set(SENTENCES) == set(get_args(Code))


def test_a_refusal_is_one_line_under_its_option() -> None:
    """What was typed is said again, without anything that steers a terminal."""
    with pytest.raises(SettingsError) as error:
        granted(Refusal("unknown_system", "x\x1b[2J", ("a", "b")), "--system")

    assert str(error.value) == r"--system: no system is called 'x\x1b[2J'; there are: a, b"


@pytest.mark.parametrize(
    ("event", "lines"),
    [
        (
            WaveBegan(system="a", number=2, ready=4, moved=1, resting=2, closed_until=0),
            [
                (
                    "a: wave 2: 4 let go, 1 had moved by themselves, "
                    "2 must rest: what was sent may yet land"
                ),
                "a: wave 2: the gate is closed until 1970-01-01 07:00:00; waiting for it",
            ],
        ),
        (
            WaveEnded(
                system="a",
                number=1,
                tally=Tally(went=9, through=1, failed=4, gone=1),
                failed={"refused": 3, "malformed": 1},
            ),
            [
                (
                    "a: wave 1: 1 went through, 4 failed again (3 refused, 1 malformed), "
                    "3 without an outcome"
                ),
            ],
        ),
        (
            Stopped(system="a", why="failing"),
            ["a: stopped: more than half of the wave failed again"],
        ),
        (
            Summary(system="a", through=1, failed=2, open=3, gone=4, moved=5, untouched=6),
            [
                (
                    "a: 1 went through, 2 failed again, 3 have no outcome yet, "
                    "4 were deleted meanwhile, 11 left as they were"
                ),
            ],
        ),
    ],
)
def test_what_happens_in_a_retry_is_told_in_lines(event: Event, lines: list[str]) -> None:
    """Each begins with the system, since several are retried side by side."""
    assert told(event) == lines
