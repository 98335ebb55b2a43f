"""Ratios of rounds, their noise, and when a difference counts."""

from __future__ import annotations

import pytest

from tests.bench.pairs import FEWEST, ROUNDS, compare

BASE = [2.0] * ROUNDS


def test_a_side_that_costs_less_is_said_to_by_how_much() -> None:
    """The ratio is present / base: below one the present is the cheaper."""
    found = compare(BASE, BASE, [1.5] * ROUNDS)

    assert (found.base, found.present, found.ratio) == pytest.approx((2.0, 1.5, 0.75))
    assert (found.noise, found.verdict) == (0.0, "costs 25.0% less")


def test_a_side_that_costs_more_is_said_to_as_well() -> None:
    """Whoever compares wants to see a loss as clearly as a gain."""
    assert compare(BASE, BASE, [2.1] * ROUNDS).verdict == "costs 5.0% more"


def test_a_round_that_was_hard_on_all_changes_no_ratio() -> None:
    """Other work on the machine doubles what everybody costs, in some rounds."""
    base = [2.0, 4.0] * (ROUNDS // 2)
    found = compare(base, base, [0.9 * one for one in base])

    assert found.rounds == pytest.approx((0.9,) * ROUNDS)


def test_noise_is_how_far_the_base_is_from_itself() -> None:
    """The same code, twice in each round."""
    found = compare(BASE, [2.2] * ROUNDS, BASE)

    assert found.noise == pytest.approx(0.1)


def test_a_difference_smaller_than_the_noise_is_none() -> None:
    """Where a side is a tenth from itself, three percent from the other say nothing."""
    found = compare(BASE, [2.2] * ROUNDS, [0.97 * 2.1] * ROUNDS)

    assert max(found.rounds) < 1.0
    assert found.verdict == "inside the noise"


@pytest.mark.parametrize(
    ("rounds", "astray", "verdict"),
    [
        (ROUNDS, 1, "costs 10.0% less"),
        (ROUNDS, 2, "inside the noise"),
        (FEWEST, 0, "costs 10.0% less"),
        (FEWEST, 1, "inside the noise"),
    ],
)
def test_one_stall_in_ten_rounds_decides_nothing_and_more_leave_doubt(
    rounds: int, astray: int, verdict: str
) -> None:
    """A median may lie outside the noise by chance; that all rounds agree is a rarer chance."""
    base = BASE[:rounds]
    found = compare(base, base, [2.1] * astray + [1.8] * (rounds - astray))

    assert found.verdict == verdict


def test_half_a_round_is_not_compared() -> None:
    """A side that lacks a round gives no ratio."""
    with pytest.raises(ValueError, match="zip"):
        compare(BASE, BASE, BASE[:-1])
