"""Waits and places in the queue."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.schedule import BONUS_NEAR_DUE, DAY, MOST_BACKLOG, RUNGS, backoff, rank

NOW = 1_800_000_000_000


def test_the_rungs_are_climbed_and_the_last_repeats() -> None:
    """Law 5: The waits are 10 s, 1 min, 5 min, 30 min, and 30 min ever after."""
    waits = [backoff(tries, 0.0) for tries in range(1, 7)]

    assert waits == [10, 60, 300, 1800, 1800, 1800]
    assert [*RUNGS] == waits[:4]


@given(st.integers(0, 1000), st.floats(0, 1, exclude_max=True))
def test_jitter_only_shortens(tries: int, jitter: float) -> None:
    """A wait is between 0.9 and 1 of its rung, so a wake-up never comes later than was said."""
    rung = backoff(tries, 0.0)

    assert rung * 0.9 <= backoff(tries, jitter) <= rung


def test_jitter_spreads_over_a_tenth() -> None:
    """Lanes that failed together do not come back together."""
    assert [backoff(2, jitter) for jitter in (0.0, 0.5, 0.999)] == pytest.approx([60, 57, 54.006])


@given(st.none() | st.integers(NOW - 400 * DAY, NOW + 400 * DAY))
def test_nobody_is_starved(due: int | None) -> None:
    """Law 3: A near due time is worth at most an hour, however overdue a dossier is."""
    assert NOW - BONUS_NEAR_DUE <= rank(NOW, due) <= NOW


def test_the_nearer_the_due_time_the_earlier() -> None:
    """Overdue before due in an hour, before due tomorrow, before due next week."""
    dues = [NOW - DAY, NOW + DAY // 24, NOW + DAY // 2, NOW + 7 * DAY]

    assert dues == sorted(dues, key=lambda due: rank(NOW, due))


@given(st.booleans(), st.integers(-(10**9), 10**9))
def test_a_rush_waits_only_so_long(bulk: bool, ahead: int) -> None:
    """Law 3: Ten minutes for a bulk and ten for an agency ahead of its share, never more."""
    assert NOW <= rank(NOW, None, bulk=bulk, ahead=ahead) <= NOW + 2 * MOST_BACKLOG


def test_what_comes_by_the_hundred_stands_behind_what_comes_alone() -> None:
    """By ten minutes, and an agency ahead of its share by as much as it is ahead."""
    places = [rank(NOW, None), rank(NOW, None, ahead=5), rank(NOW, None, bulk=True)]

    assert places == [NOW, NOW + 5, NOW + 600_000]


def test_the_bonus_grows_evenly_over_the_last_day() -> None:
    """Half a day before the due time it is half an hour."""
    bonuses = [NOW - rank(NOW, NOW + left) for left in (DAY, DAY // 2, 0, -DAY)]

    assert bonuses == [0, 1_800_000, 3_600_000, 3_600_000]
