"""What becomes of a lane, outcome by outcome."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.rules.gate import Gate
from gateway.rules.outcomes import (
    MAY_STAND,
    MAY_STAND_TWICE,
    AskLater,
    Close,
    Lane,
    Park,
    Wait,
    decide,
)
from schemas.outcome import (
    Blocked,
    CannotExpress,
    Delivered,
    Malformed,
    Outcome,
    Pending,
    Problem,
    Refused,
    Remote,
    Uncertain,
    Unreachable,
)

LANE = Lane(tries=0, uncertainty=0, failing_since=None, linger=60.0, on_uncertain="resend")
REMOTE = Remote(created=True)


@pytest.mark.parametrize(
    ("outcome", "decision", "word"),
    [
        (Delivered(up_to=3, remote=REMOTE), Close(3, REMOTE, None), "good"),
        (Pending(remote=REMOTE, ask_after=30), AskLater(30, REMOTE, holds=False), "good"),
        (Unreachable(why="refused"), Wait(10, "unreachable", 0), "bad"),
        (Unreachable(why="429", retry_after=7), Wait(7, "unreachable", 0), "bad"),
        (Uncertain(why="cut", effect="read"), Wait(10, "uncertain", 0), "bad"),
        (Uncertain(why="cut", effect="keyed"), Wait(60, "uncertain", MAY_STAND), "bad"),
        (Uncertain(why="cut", effect="append"), Wait(60, "uncertain", MAY_STAND_TWICE), "bad"),
        (Blocked(why="401"), Wait(10, "blocked", 0, counted=False), "blocked"),
        (
            Malformed(why="code 7", raw="{}"),
            Park("integrator", "malformed", "malformed:code 7"),
            "odd",
        ),
        (
            Refused(code="-1", message="no", problems=(Problem("/notes", "x", "y"),)),
            Park("officer", "refused", "refused:-1", (Problem("/notes", "x", "y"),)),
            "odd",
        ),
        (
            CannotExpress("/owner", "no number"),
            Park(
                "officer",
                "cannot_express",
                "cannot_express:/owner",
                (Problem("/owner", "cannot_express", "no number"),),
            ),
            "none",
        ),
    ],
)
def test_table(outcome: Outcome | CannotExpress, decision: object, word: str) -> None:
    """Each outcome moves the lane and tells the gate as the table of the laws says."""
    decided = decide(outcome, LANE, Gate(), 0.0)

    assert (decision, word) == decided[:2]


def test_a_line_that_may_stand_is_parked_where_the_setting_says_so() -> None:
    """With `park`, an append without an answer waits for a human and stands at most once."""
    decision, _, _ = decide(
        Uncertain(why="cut", effect="append"), replace(LANE, on_uncertain="park"), Gate(), 0.0
    )

    assert Park("operator", "may_stand_once", "uncertain:append") == decision


def test_there_is_no_last_attempt() -> None:
    """While nobody gets through, the hundredth failure is followed by another try."""
    decision, _, _ = decide(
        Unreachable(why="x"), replace(LANE, tries=100, failing_since=5), Gate(), 0.0
    )

    assert Wait(1800, "unreachable", 0) == decision


def test_a_lane_that_alone_fails_is_parked() -> None:
    """Eight failures while others of its system passed are the integrator's business."""
    decision, _, _ = decide(
        Unreachable(why="x"), replace(LANE, tries=7, failing_since=5), Gate(good_at=9), 0.0
    )

    assert Park("integrator", "too_many_failures", "too_many_failures:unreachable") == decision


def test_failures_of_probes_are_not_the_lanes() -> None:
    """No try is counted while the gate is closed or being probed."""
    decision, _, _ = decide(Unreachable(why="x"), LANE, Gate(state="probing"), 0.0)

    assert isinstance(decision, Wait)
    assert not decision.counted


def test_doubt_is_not_forgotten_by_a_later_refusal_to_connect() -> None:
    """A lane that may have landed stays in doubt until an answer of theirs was read."""
    decision, _, _ = decide(Unreachable(why="x"), replace(LANE, uncertainty=2), Gate(), 0.0)

    assert Wait(60, "unreachable", 2) == decision


def test_a_paused_system_parks_nobody() -> None:
    """While a system is paused for one cause, a probe that fails the same way waits."""
    gate = Gate(state="probing", why="one_cause")
    decision, _, _ = decide(Malformed(why="maintenance", raw=""), LANE, gate, 0.0)

    assert Wait(10, "system_paused", 0, counted=False) == decision
