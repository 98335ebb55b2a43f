"""Waits and places in the queue."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.schedule import BONUS_NEAR_DUE, DAY, RUNGS, backoff, rank

NOW = 1_800_000_000_000


def test_the_rungs_are_climbed_and_the_last_repeats() -> None:
    """The waits are 10 s, 1 min, 5 min, 30 min, and 30 min ever after."""
    assert [*RUNGS, 1800, 1800] == [backoff(tries, 0.0) for tries in range(1, 7)]


@given(st.integers(0, 1000), st.floats(0, 1, exclude_max=True))
def test_jitter_only_shortens(tries: int, jitter: float) -> None:
    """A wait is between 0.9 and 1 of its rung, so a wake-up never comes later than was said."""
    rung = backoff(tries, 0.0)

    assert rung * 0.9 <= backoff(tries, jitter) <= rung


@given(st.none() | st.integers(NOW - 400 * DAY, NOW + 400 * DAY))
def test_nobody_is_starved(due: int | None) -> None:
    """A near due time is worth at most an hour, however overdue a dossier is."""
    assert NOW - BONUS_NEAR_DUE <= rank(NOW, due) <= NOW


def test_the_nearer_the_due_time_the_earlier() -> None:
    """Overdue before due in an hour, before due tomorrow, before due next week."""
    dues = [NOW - DAY, NOW + DAY // 24, NOW + DAY // 2, NOW + 7 * DAY]

    assert dues == sorted(dues, key=lambda due: rank(NOW, due))
