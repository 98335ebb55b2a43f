"""The counts of wrong keys: bounded in memory, and forgotten after a minute."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.access.wrong_keys import MOST, WrongKeys


@dataclass(slots=True)
class Clock:
    """A clock that a test moves."""

    now: float = 0.0

    def __call__(self) -> float:
        """Say the time."""
        return self.now


def test_a_minute_later_one_may_be_wrong_again() -> None:
    """The wait ends when the minute does."""
    clock = Clock()
    wrong = WrongKeys(2, clock)
    waits = [wrong.count("10.0.0.1", f"{n}") for n in range(3)]
    clock.now += 61

    assert (waits[:2], 0 < waits[2] <= 60) == ([0, 0], True)
    assert (wrong.waits("10.0.0.1"), wrong.count("10.0.0.1", "x")) == (False, 0)


def test_the_counts_are_bounded() -> None:
    """However many addresses and beginnings come, only so many are remembered."""
    wrong = WrongKeys(2, Clock())
    for number in range(2 * MOST):
        wrong.count(f"10.{number}", f"{number}")

    assert len(wrong) <= 2 * MOST


def test_a_network_of_one_office_is_one_address() -> None:
    """A host picks any of its 2⁶⁴ addresses of the newer protocol: they count together."""
    wrong = WrongKeys(2, Clock())
    waits = [wrong.count(f"2001:db8:1:2::{n}", f"{n}") for n in range(1, 4)]

    assert (waits[2] > 0, wrong.waits("2001:db8:1:2::99"), wrong.waits("2001:db8:1:3::1")) == (
        True,
        True,
        False,
    )
