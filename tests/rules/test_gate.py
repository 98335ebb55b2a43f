"""The gate of a system: when it closes, how it is probed, how it widens."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.gate import Gate, Result, claimed, places, record

NOW = 1_000_000


def after(gate: Gate, *words: str, until: int = 0, cause: str = "") -> tuple[Gate, int]:
    """Let attempts of different dossiers end with these words."""
    results = [Result(f"d{number}", word, cause) for number, word in enumerate(words)]  # type: ignore[arg-type]
    return record(gate, until, results, now=NOW, at_once=16, scale=1.0)


def test_closes_after_five_different_dossiers() -> None:
    """Law 5: Five dossiers that fail without a success in between close it for five seconds."""
    gate, until = after(Gate(), "bad", "bad", "bad", "bad", "bad")

    assert (gate.state, gate.why, until) == ("closed", "failing", NOW + 5000)


def test_four_different_dossiers_do_not_close_it() -> None:
    """One more must fail before a system is thought to be away."""
    gate, until = after(Gate(), "bad", "bad", "bad", "bad")

    assert (gate.state, until) == ("open", 0)


def test_one_dossier_cannot_close_it() -> None:
    """Law 5: A single dossier that fails again and again says nothing about the system."""
    gate, _ = record(Gate(), 0, [Result("d", "bad")] * 50, now=NOW, at_once=16, scale=1.0)

    assert gate.state == "open"


def test_a_success_forgets_failures() -> None:
    """Law 5: Four failures, a success and four failures leave the gate open."""
    gate, _ = after(Gate(), *["bad"] * 4, "good", *["bad"] * 4)

    assert gate.state == "open"


def test_closed_lets_nothing_pass_until_its_time() -> None:
    """Law 5: While it is closed nothing begins; then exactly one probe does."""
    gate, until = after(Gate(window=16), *["bad"] * 5)

    assert [
        places(gate, until, 0, until - 1, 16),
        places(gate, until, 0, until, 16),
        places(claimed(gate), until, 1, until, 16),
    ] == [0, 1, 0]


def test_a_failed_probe_waits_longer() -> None:
    """Law 5: Each failed probe doubles the pause, up to five minutes."""
    gate, until, pauses = Gate(), 0, []
    gate, until = after(gate, *["bad"] * 5)
    for _ in range(8):
        gate, until = after(claimed(gate), "bad", until=until)
        pauses.append((until - NOW) // 1000)

    assert pauses == [10, 20, 40, 80, 160, 300, 300, 300]


def test_a_probe_that_passes_opens_with_a_small_window() -> None:
    """Law 5: After a closure nothing stampedes: the window grows from one."""
    gate, until = after(Gate(window=16), *["bad"] * 5)
    gate, _ = after(claimed(gate), "good", until=until)

    assert (gate.state, gate.window) == ("open", 2)


def test_the_window_doubles_per_full_window() -> None:
    """Law 5: 1, 2, 4, 8 conversations at once, and never more than the system takes."""
    windows = [after(Gate(), *["good"] * count)[0].window for count in (1, 3, 7, 15, 31, 63)]

    assert windows == [2, 4, 8, 16, 16, 16]


def test_a_failure_halves_the_window() -> None:
    """Law 5: What was too much is asked for at half the pace, and never at none."""
    windows = [after(Gate(window=16), *["bad"] * count)[0].window for count in range(5)]

    assert windows == [16, 8, 4, 2, 1]


def test_a_failure_begins_the_window_anew() -> None:
    """It widens when as many pass in a row as it is wide."""
    gate, _ = after(Gate(window=4), "good", "good", "bad", "good")

    assert (gate.window, gate.run) == (2, 1)


@pytest.mark.parametrize(("inflight", "free"), [(0, 4), (3, 1), (4, 0), (9, 0)])
def test_who_is_under_way_takes_a_place(inflight: int, free: int) -> None:
    """Law 5: The window counts over all processes what has begun and not yet ended."""
    assert places(Gate(window=4), 0, inflight, NOW, 16) == free


def test_no_window_is_wider_than_the_system() -> None:
    """A limit that was lowered holds at once."""
    assert places(Gate(window=16), 0, 0, NOW, 3) == 3


@pytest.mark.parametrize("word", ["good", "odd"])
def test_whoever_answers_is_there(word: str) -> None:
    """A probe that is refused by their rule opens the gate like one that passes."""
    gate, until = after(Gate(window=16), *["bad"] * 5)
    gate, _ = after(claimed(gate), word, until=until, cause="refused:1")

    assert (gate.state, gate.why, gate.closures, gate.good_at) == ("open", None, 0, NOW)


def test_after_a_success_the_pauses_begin_anew() -> None:
    """What was away for an hour last week is probed after five seconds today."""
    gate, until = after(Gate(closures=6, state="probing"), "good")
    gate, until = after(gate, *["bad"] * 5, until=until)

    assert until == NOW + 5000


def test_who_was_under_way_when_it_closed_says_nothing_new() -> None:
    """Sixteen that fail together make one closure, not twelve."""
    gate, until = after(Gate(window=16), *["bad"] * 16)

    assert (gate.closures, until) == (1, NOW + 5000)


def test_what_says_nothing_of_the_system_changes_nothing() -> None:
    """A dossier that cannot be expressed was never sent."""
    assert after(Gate(window=3), "none", "none", until=7) == (Gate(window=3), 7)


def test_a_demonstration_waits_less() -> None:
    """All pauses keep to the scale of time."""
    results = [Result("d", "blocked")]
    _, until = record(Gate(), 0, results, now=NOW, at_once=16, scale=0.01)

    assert until == NOW + 600


def test_blocked_closes_at_once_for_a_minute() -> None:
    """Law 5: A wrong password is not tried against a whole queue."""
    gate, until = after(Gate(), "blocked")

    assert (gate.state, gate.why, until) == ("closed", "blocked", NOW + 60_000)


def test_blocked_again_it_is_probed_ever_more_seldom() -> None:
    """Trying harder makes it worse: after 1, 2, 4, 8 and then 15 minutes."""
    gate, until, pauses = Gate(), 0, []
    for _ in range(6):
        gate, until = after(claimed(gate), "blocked", until=until)
        pauses.append((until - NOW) // 60_000)

    assert pauses == [1, 2, 4, 8, 15, 15]


def test_one_cause_for_most_lanes_pauses_the_system() -> None:
    """Law 5: A maintenance page with status 200 must not park a whole province."""
    gate, _ = after(Gate(), *["odd"] * 20, cause="malformed:not json")

    assert (gate.state, gate.why) == ("closed", "one_cause")


def test_nineteen_lanes_are_too_few_to_judge_a_system_by() -> None:
    """It is judged by the last twenty different lanes."""
    gate, _ = after(Gate(), *["odd"] * 19, cause="malformed:not json")

    assert gate.state == "open"


@pytest.mark.parametrize(("alike", "state"), [(10, "open"), (11, "closed")])
def test_more_than_half_pause_it(alike: int, state: str) -> None:
    """Ten of twenty for one cause are not most of them."""
    recent = [(f"g{number}", "") for number in range(20 - alike)]
    recent += [(f"o{number}", "x") for number in range(alike - 1)]
    gate, _ = record(
        Gate(recent=tuple(recent)), 0, [Result("d", "odd", "x")], now=NOW, at_once=16, scale=1.0
    )

    assert gate.state == state


def test_different_causes_pause_nothing() -> None:
    """Twenty lanes that were refused for reasons of their own are twenty officers' business."""
    results = [Result(f"d{number}", "odd", f"refused:{number % 3}") for number in range(40)]
    gate, _ = record(Gate(), 0, results, now=NOW, at_once=16, scale=1.0)

    assert gate.state == "open"


def test_of_each_lane_its_last_word_counts() -> None:
    """One lane that ends badly again and again is one of the twenty."""
    recent = tuple((f"d{number}", "") for number in range(20))
    results = [Result("d0", "odd", "x")] * 30
    gate, _ = record(Gate(recent=recent), 0, results, now=NOW, at_once=16, scale=1.0)

    assert (gate.state, [cause for _, cause in gate.recent].count("x")) == ("open", 1)


def test_a_few_refusals_pause_nothing() -> None:
    """Ordinary refusals among successes are the officers' business."""
    gate, _ = after(Gate(), *["odd", "good", "good"] * 10, cause="refused:-1")

    assert gate.state == "open"


@pytest.mark.parametrize(("asked", "seconds"), [(3, 10), (120, 120), (86_400, 3600)])
@pytest.mark.parametrize("state", ["probing", "closed"])
def test_no_probe_comes_before_they_want_it(asked: float, seconds: int, state: str) -> None:
    """Law 5: Retry-After of a probe is kept to, for an hour at most; nobody shortens it."""
    gate = Gate(state=state, why="failing", closures=1 if state == "probing" else 2)  # type: ignore[arg-type]
    results = [Result("d", "bad", after=asked), Result("e", "bad")]
    _, until = record(gate, 0, results, now=NOW, at_once=16, scale=1.0)

    assert until == NOW + seconds * 1000


def test_the_fifth_that_fails_says_when_to_come_back() -> None:
    """Law 5: Retry-After of the failure that closes the gate is kept to as well."""
    results = [Result(f"d{number}", "bad", after=90) for number in range(5)]
    gate, until = record(Gate(), 0, results, now=NOW, at_once=16, scale=1.0)

    assert (gate.state, until) == ("closed", NOW + 90_000)


def test_a_gate_of_an_older_gateway_is_read() -> None:
    """Whoever updates finds its gates as they stood."""
    row = {"state": "closed", "window": 1, "run": 0, "failing": ["a"], "closures": 2}
    row |= {"good_at": 7, "recent": [["a", ""]], "why": "failing"}
    gate = Gate.from_row(row)

    assert (gate.state, gate.why, gate.suspects, gate.since) == ("closed", "failing", (), None)


def test_stored_and_read_it_is_the_same() -> None:
    """A gate survives its row."""
    gate, _ = after(Gate(), "bad", "odd", "good", "suspect", cause="x")

    assert gate == Gate.from_row(gate.row())


@given(st.lists(st.sampled_from(["good", "bad", "blocked", "odd", "suspect", "none"]), max_size=60))
def test_the_window_stays_in_its_bounds(words: list[str]) -> None:
    """Whatever happens, an open gate lets 1 to `at_once` conversations pass."""
    gate, _ = after(Gate(), *words)

    assert 1 <= replace(gate, state="open").window <= 16
