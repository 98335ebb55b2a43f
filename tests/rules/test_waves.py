"""Growing waves: how many go, and when it stops; and what is shown of a reference."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from gateway.rules.masking import masked_id, masked_ref
from gateway.rules.waves import LARGEST, Shut, Tally, Verdict, sizes, verdict

OPEN, CLOSED = Shut(closed=False, until=0), Shut(closed=True, until=5)


def test_waves_grow_as_promised() -> None:
    """10, 20, 40, and what is left."""
    assert list(sizes(100)) == [10, 20, 40, 30]


@given(st.integers(0, 20_000), st.integers(1, LARGEST))
def test_every_lane_goes_once_and_no_wave_is_too_large(count: int, first: int) -> None:
    """All go, the first wave is as large as said, none doubles more than once."""
    waves = list(sizes(count, first))

    assert sum(waves) == count
    assert all(right <= left * 2 for left, right in pairwise(waves))
    assert max([*waves, 0]) <= LARGEST
    assert waves[:1] == ([min(first, count)] if count else [])


@pytest.mark.parametrize(
    ("tally", "before", "now", "patient", "expected"),
    [
        (Tally(went=10, through=9), OPEN, OPEN, True, "wait"),
        (Tally(went=10, through=5, failed=5), OPEN, OPEN, True, "next"),
        (Tally(went=10, failed=6), OPEN, OPEN, True, "failing"),
        (Tally(went=1, failed=1), OPEN, OPEN, True, "failing"),
        (Tally(went=0), OPEN, OPEN, True, "next"),
        (Tally(went=3, gone=3), OPEN, OPEN, True, "next"),
        (Tally(went=10, through=3), OPEN, CLOSED, True, "gate_closed"),
        (Tally(went=10, through=3), CLOSED, CLOSED, True, "wait"),
        (Tally(went=10), CLOSED, Shut(closed=True, until=6), True, "gate_closed"),
        (Tally(went=10, through=3), CLOSED, OPEN, True, "wait"),
        (Tally(went=10, through=9), OPEN, OPEN, False, "no_outcome"),
        (Tally(went=10, through=10), OPEN, OPEN, False, "next"),
        (Tally(went=10, failed=6), OPEN, CLOSED, True, "failing"),
        (Tally(went=10, through=10), OPEN, CLOSED, True, "gate_closed"),
        (Tally(went=10, through=10), CLOSED, CLOSED, True, "next"),
    ],
)
def test_a_wave_is_judged(
    tally: Tally, before: Shut, now: Shut, patient: bool, expected: Verdict
) -> None:
    """More than half failing or a gate that closed stops it; a gate that was closed may open."""
    assert verdict(tally, before, now, patient=patient) == expected


@given(st.text())
def test_nothing_of_a_reference_can_be_read(ref: str) -> None:
    """Of letters and digits only their places are left, and nothing steers a terminal."""
    shown = masked_ref(ref)

    assert {sign for sign in shown if sign.isalnum()} <= {"x", "0"}
    assert (len(shown), shown.isprintable()) == (len(ref), True)


def test_an_id_is_shown_by_its_ends() -> None:
    """Two lines about one dossier can be seen to be about one."""
    one = uuid7()

    assert (masked_id(one)[:8], masked_id(one)[-4:]) == (str(one)[:8], str(one)[-4:])
    assert str(one) not in masked_id(one)
