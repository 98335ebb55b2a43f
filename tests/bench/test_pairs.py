"""Ratios of paired rounds, their noise, and when a difference counts."""

from __future__ import annotations

import pytest

from tests.bench.pairs import BASE, PRESENT, compare, sides


def costs(base: float, present: float, *, blocks: int = 4, grows: float = 0.0) -> list[float]:
    """Give what the rounds of both sides cost; each costs so much more than the one before."""
    cost = {BASE: base, PRESENT: present}
    return [cost[side] + grows * number for number, side in enumerate(sides(blocks))]


def test_every_pair_has_both_sides_and_neither_is_always_first() -> None:
    """Whoever runs second meets a warmer machine, or a busier one."""
    order = sides(2)

    assert all(set(order[at : at + 2]) == {BASE, PRESENT} for at in range(0, len(order), 2))
    assert order[::2].count(BASE) == order[::2].count(PRESENT)


def test_a_side_that_costs_less_is_said_to_by_how_much() -> None:
    """The ratio is present / base: below one the present is the cheaper."""
    found = compare(costs(2.0, 1.5))

    assert (found.base, found.present, found.ratio) == pytest.approx((2.0, 1.5, 0.75))
    assert (found.noise, found.verdict) == (0.0, "costs 25.0% less")


def test_what_drifts_evenly_is_no_difference() -> None:
    """Both databases grow from round to round; that is neither side's doing."""
    found = compare(costs(2.0, 2.0, grows=0.01))

    assert found.ratio == pytest.approx(1.0, abs=0.001)
    assert found.verdict == "inside the noise"


def test_noise_is_how_far_a_side_is_from_itself_in_rounds_that_follow_each_other() -> None:
    """Base, present, present, base: the two in the middle are the same code."""
    found = compare([2.0, 2.0, 2.2, 2.0])

    assert found.noise == pytest.approx(0.1)


def test_a_difference_smaller_than_the_noise_is_none() -> None:
    """A side that is a tenth from itself cannot be three percent from the other."""
    found = compare([2.0, 1.94, 2.134, 2.2, 2.0, 1.94, 2.134, 2.2])

    assert max(found.pairs) < 1.0
    assert found.verdict == "inside the noise"


def test_one_pair_that_goes_the_other_way_is_enough_for_doubt() -> None:
    """A median may lie outside the noise by chance; that all pairs do is a rarer chance."""
    rounds = costs(2.0, 1.8)
    rounds[1] = 2.1
    found = compare(rounds)

    assert found.noise < 1.0 - found.ratio
    assert found.verdict == "inside the noise"


def test_half_a_pair_is_not_compared() -> None:
    """A run that broke off in the middle of a block gives no ratio."""
    with pytest.raises(ValueError, match="zip"):
        compare([2.0, 2.0, 2.0])
