"""Fairness between agencies."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.pace import MOST_AGENCIES, SHARE, Pace
from gateway.rules.schedule import BONUS_NEAR_DUE, MOST_BACKLOG, PENALTY_BULK, rank

NOW = 1_800_000_000_000


def test_one_thing_now_and_then_costs_nothing() -> None:
    """Whoever keeps to its share is never behind."""
    pace = Pace()

    assert [pace.ahead("H99", NOW + n * SHARE) for n in range(5)] == [0] * 5


def test_a_rush_goes_behind_its_own_backlog_and_nobody_elses() -> None:
    """The hundredth thing of one agency waits behind its others; a neighbour does not."""
    pace = Pace()
    rush = [pace.ahead("H99.1", NOW) for _ in range(100)]

    assert (rush[-1], pace.ahead("H99.2", NOW)) == (99 * SHARE, 0)


@given(st.lists(st.integers(0, 10_000), max_size=50), st.booleans())
def test_the_penalty_is_bounded(steps: list[int], bulk: bool) -> None:
    """However great a rush, it waits at most twenty minutes behind one that came alone."""
    pace, now = Pace(), NOW
    for step in steps:
        now += step
        ahead = pace.ahead("H99", now)

        assert now - BONUS_NEAR_DUE <= rank(now, now, bulk=bulk, ahead=ahead)
        assert rank(now, None, bulk=bulk, ahead=ahead) <= now + PENALTY_BULK + MOST_BACKLOG


def test_clocks_do_not_pile_up() -> None:
    """Agencies that are no longer ahead are forgotten."""
    pace = Pace()
    for number in range(MOST_AGENCIES + 10):
        pace.ahead(f"H{number}", NOW + number * 2 * SHARE)

    assert len(pace.clocks) <= MOST_AGENCIES
