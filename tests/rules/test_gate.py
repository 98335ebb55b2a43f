"""The gate of a system: when it closes, how it is probed, how it widens."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.gate import RECENT, Gate, Result, claimed, places, record

NOW = 1_000_000


def after(gate: Gate, *words: str, until: int = 0, cause: str = "") -> tuple[Gate, int]:
    """Let attempts of different dossiers end with these words."""
    results = [Result(f"d{number}", word, cause) for number, word in enumerate(words)]  # type: ignore[arg-type]
    return record(gate, until, results, now=NOW, at_once=16, scale=1.0)


def test_closes_after_five_different_dossiers() -> None:
    """Five dossiers that fail without a success in between close the gate for five seconds."""
    gate, until = after(Gate(), "bad", "bad", "bad", "bad", "bad")

    assert (gate.state, gate.why, until) == ("closed", "failing", NOW + 5000)


def test_one_dossier_cannot_close_it() -> None:
    """A single dossier that fails again and again says nothing about the system."""
    gate, _ = record(Gate(), 0, [Result("d", "bad")] * 50, now=NOW, at_once=16, scale=1.0)

    assert gate.state == "open"


def test_a_success_forgets_failures() -> None:
    """Four failures, a success and four failures leave the gate open."""
    gate, _ = after(Gate(), *["bad"] * 4, "good", *["bad"] * 4)

    assert gate.state == "open"


def test_closed_lets_nothing_pass_until_its_time() -> None:
    """While it is closed nothing begins; then exactly one probe does."""
    gate, until = after(Gate(window=16), *["bad"] * 5)

    assert [
        places(gate, until, 0, until - 1, 16),
        places(gate, until, 0, until, 16),
        places(claimed(gate), until, 1, until, 16),
    ] == [0, 1, 0]


def test_a_failed_probe_waits_longer() -> None:
    """Each failed probe doubles the pause, up to five minutes."""
    gate, until, pauses = Gate(), 0, []
    gate, until = after(gate, *["bad"] * 5)
    for _ in range(8):
        gate, until = after(claimed(gate), "bad", until=until)
        pauses.append((until - NOW) // 1000)

    assert pauses == [10, 20, 40, 80, 160, 300, 300, 300]


def test_a_probe_that_passes_opens_with_a_small_window() -> None:
    """After a closure nothing stampedes: the window grows from one."""
    gate, until = after(Gate(window=16), *["bad"] * 5)
    gate, _ = after(claimed(gate), "good", until=until)

    assert (gate.state, gate.window) == ("open", 2)


def test_the_window_doubles_per_full_window() -> None:
    """1, 2, 4, 8 conversations at once, and never more than the system takes."""
    windows = [after(Gate(), *["good"] * count)[0].window for count in (1, 3, 7, 15, 31, 63)]

    assert windows == [2, 4, 8, 16, 16, 16]


def test_blocked_closes_at_once_for_a_minute() -> None:
    """A wrong password is not tried against a whole queue."""
    gate, until = after(Gate(), "blocked")

    assert (gate.state, gate.why, until) == ("closed", "blocked", NOW + 60_000)


def test_one_cause_for_most_lanes_pauses_the_system() -> None:
    """A maintenance page with status 200 must not park a whole province."""
    gate, _ = after(Gate(), *["odd"] * RECENT, cause="malformed:not json")

    assert (gate.state, gate.why) == ("closed", "one_cause")


def test_a_few_refusals_pause_nothing() -> None:
    """Ordinary refusals among successes are the officers' business."""
    gate, _ = after(Gate(), *["odd", "good", "good"] * 10, cause="refused:-1")

    assert gate.state == "open"


def test_stored_and_read_it_is_the_same() -> None:
    """A gate survives its row."""
    gate, _ = after(Gate(), "bad", "odd", "good", cause="x")

    assert gate == Gate.read(gate.row())


@given(st.lists(st.sampled_from(["good", "bad", "blocked", "odd", "none"]), max_size=60))
def test_the_window_stays_in_its_bounds(words: list[str]) -> None:
    """Whatever happens, an open gate lets 1 to `at_once` conversations pass."""
    gate, _ = after(Gate(), *words)

    assert 1 <= replace(gate, state="open").window <= 16
