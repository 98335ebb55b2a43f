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
    word,
)
from schemas.outcome import (
    EXISTS_ALREADY,
    Blocked,
    CannotExpress,
    Delivered,
    Effect,
    Malformed,
    Outcome,
    Pending,
    Problem,
    Refused,
    Remote,
    Suspect,
    Uncertain,
    Unreachable,
)

LANE = Lane(tries=0, uncertainty=0, failing_since=None, linger=60.0, on_uncertain="resend")
REMOTE = Remote(created=True)


@pytest.mark.parametrize(
    ("outcome", "decision", "said"),
    [
        (Delivered(up_to=3, remote=REMOTE), Close(3, REMOTE, None), "good"),
        (Pending(remote=REMOTE, ask_after=30), AskLater(30, REMOTE, holds=False), "good"),
        (Unreachable(why="refused"), Wait(10, "unreachable", 0), "bad"),
        (Unreachable(why="429", retry_after=7), Wait(7, "unreachable", 0), "bad"),
        (
            Unreachable(why="login: 503", retry_after=7, at_login=True),
            Wait(7, "unreachable", 0, counted=False),
            "bad",
        ),
        (Uncertain(why="cut", effect="read"), Wait(10, "uncertain", 0), "bad"),
        (Uncertain(why="cut", effect="keyed"), Wait(60, "uncertain", MAY_STAND), "bad"),
        (Uncertain(why="cut", effect="append"), Wait(60, "uncertain", MAY_STAND_TWICE), "bad"),
        (Blocked(why="401"), Wait(10, "blocked", 0, counted=False), "blocked"),
        (Suspect(why="403"), Wait(10, "suspect", 0, counted=False), "suspect"),
        (
            Malformed(why="code 7", raw="{}"),
            Park("integrator", "malformed", "malformed:code 7"),
            "odd",
        ),
        (
            Refused(code=EXISTS_ALREADY, message="no"),
            Park(
                "officer",
                EXISTS_ALREADY,
                EXISTS_ALREADY,
                (Problem("", EXISTS_ALREADY, "no"),),
            ),
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
def test_table(outcome: Outcome | CannotExpress, decision: object, said: str) -> None:
    """Law 5: Each outcome moves the lane and tells the gate as the table of the laws says."""
    decided = decide(outcome, LANE, Gate(), 0.0)

    assert (decision, said) == decided[:2]


@pytest.mark.parametrize(
    ("looks_up", "undecided", "parks"),
    [(False, False, True), (True, False, False), (True, True, True)],
)
def test_a_line_that_may_stand_is_parked_where_the_setting_says_so(
    looks_up: bool, undecided: bool, parks: bool
) -> None:
    """Law 5: With `park`, what no look-up can decide waits for a human: it stands at most once."""
    lane = replace(LANE, on_uncertain="park", looks_up=looks_up)
    outcome = Uncertain(why="cut", effect="append", undecided=undecided)
    decision, _, _ = decide(outcome, lane, Gate(), 0.0)

    parked = Park("operator", "may_stand_once", "uncertain:append")
    assert decision == (parked if parks else Wait(60.0, "uncertain", MAY_STAND_TWICE))


def test_there_is_no_last_attempt() -> None:
    """Law 5: While nobody gets through, the hundredth failure is followed by another try."""
    decision, _, _ = decide(
        Unreachable(why="x"), replace(LANE, tries=100, failing_since=5), Gate(), 0.0
    )

    assert Wait(1800, "unreachable", 0) == decision


def test_a_lane_that_alone_fails_is_parked() -> None:
    """Law 5: Eight failures while others of its system passed are the integrator's business."""
    decision, _, _ = decide(
        Unreachable(why="x"), replace(LANE, tries=7, failing_since=5), Gate(good_at=9), 0.0
    )

    assert Park("integrator", "too_many_failures", "too_many_failures:unreachable") == decision


@pytest.mark.parametrize(
    ("tries", "since", "good_at"),
    [(6, 5, 9), (7, 9, 9), (7, 10, 9), (7, None, 9), (99, 5, 0)],
    ids=["seven", "passed as it began", "passed before", "not failing", "nobody passed"],
)
def test_a_lane_that_fails_like_all_others_is_not_parked(
    tries: int, since: int | None, good_at: int
) -> None:
    """Seven failures are too few, and others must have passed since it began to fail."""
    lane = replace(LANE, tries=tries, failing_since=since)
    decision, _, _ = decide(Unreachable(why="x"), lane, Gate(good_at=good_at), 0.0)

    assert isinstance(decision, Wait)


def test_failures_of_probes_are_not_the_lanes() -> None:
    """Law 5: No try is counted while the gate is closed or being probed."""
    decision, _, _ = decide(Unreachable(why="x"), LANE, Gate(state="probing"), 0.0)

    assert isinstance(decision, Wait)
    assert not decision.counted


def test_a_probe_that_fails_is_never_the_last_straw() -> None:
    """Law 5: While the gate is not open nobody is parked for having failed once more."""
    lane = replace(LANE, tries=7, failing_since=5)
    decision, _, _ = decide(Unreachable(why="x"), lane, Gate(state="probing", good_at=9), 0.0)

    assert isinstance(decision, Wait)


def test_doubt_is_not_forgotten_by_a_later_refusal_to_connect() -> None:
    """A lane that may have landed stays in doubt until an answer of theirs was read."""
    decision, _, _ = decide(Unreachable(why="x"), replace(LANE, uncertainty=2), Gate(), 0.0)

    assert Wait(60, "unreachable", 2) == decision


@pytest.mark.parametrize("effect", ["read", "keyed", "append"])
def test_a_lesser_doubt_does_not_replace_a_greater_one(effect: Effect) -> None:
    """Law 5: A line that may stand twice may still do so after a harmless request was cut."""
    lane = replace(LANE, uncertainty=MAY_STAND_TWICE)
    decision, _, _ = decide(Uncertain(why="cut", effect=effect), lane, Gate(), 0.0)

    assert Wait(60, "uncertain", MAY_STAND_TWICE) == decision


def test_doubt_waits_as_long_as_their_side_may_still_act() -> None:
    """Law 3: A repeat that came sooner could overtake what was given up on, whatever they ask."""
    lane = replace(LANE, uncertainty=MAY_STAND, linger=600.0)
    waits = [
        decide(outcome, lane, Gate(), 0.0)[0]
        for outcome in (
            Unreachable(why="x", retry_after=7),
            Uncertain(why="cut", effect="keyed"),
            Unreachable(why="x", retry_after=900),
        )
    ]

    assert [one.seconds for one in waits if isinstance(one, Wait)] == [600, 600, 900]


def test_each_outcome_has_a_word() -> None:
    """The ledger and the metrics name it so."""
    outcomes: list[Outcome | CannotExpress] = [
        Delivered(up_to=1, remote=REMOTE),
        Pending(remote=REMOTE, ask_after=1),
        Refused(code="", message=""),
        Unreachable(why=""),
        Uncertain(why="", effect="read"),
        Blocked(why=""),
        Suspect(why=""),
        Malformed(why="", raw=""),
        CannotExpress("", ""),
    ]

    assert [word(one) for one in outcomes] == [
        "delivered",
        "pending",
        "refused",
        "unreachable",
        "uncertain",
        "blocked",
        "suspect",
        "malformed",
        "cannot_express",
    ]


def test_a_refusal_without_a_field_is_shown_by_its_words() -> None:
    """The officer reads at least what they said."""
    decision, _, _ = decide(Refused(code="-1", message="no"), LANE, Gate(), 0.0)

    assert isinstance(decision, Park)
    assert decision.problems == (Problem("", "-1", "no"),)


def test_a_cause_is_short() -> None:
    """People count by it: a whole page is none."""
    decision, _, cause = decide(Malformed(why="x" * 900, raw=""), LANE, Gate(), 0.0)

    assert isinstance(decision, Park)
    assert (len(decision.cause), cause) == (200, decision.cause)


def test_a_gate_that_is_blocked_parks_as_ever() -> None:
    """Only a system that is paused for one cause keeps its probes from being parked."""
    gate = Gate(state="probing", why="blocked")
    decision, _, _ = decide(Refused(code="-1", message="no"), LANE, gate, 0.0)

    assert isinstance(decision, Park)


def test_a_paused_system_parks_nobody() -> None:
    """Law 5: While a system is paused for one cause, a probe that fails the same way waits."""
    gate = Gate(state="probing", why="one_cause")
    decision, _, _ = decide(Malformed(why="maintenance", raw=""), LANE, gate, 0.0)

    assert Wait(10, "system_paused", 0, counted=False) == decision
