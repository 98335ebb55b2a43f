"""Medians, ratios, noise, verdicts."""

from __future__ import annotations

import pytest

from tests.bench.figures import noise, percentile, percentiles, ratio, verdict


def test_a_ratio_is_the_median_of_pairs() -> None:
    """A machine that slows down in the middle slows both sides of a pair, and changes no ratio."""
    found = ratio([100, 50, 100], [110, 50, 100], [50, 25, 200])

    assert found.value == pytest.approx(2.0)
    assert (found.low, found.high) == pytest.approx((0.5, 2.0))


def test_noise_is_how_far_a_contender_is_from_itself() -> None:
    """It does not matter which of the two runs was the quicker one."""
    assert noise([100, 100, 100], [100, 100, 100]) == 0
    assert noise([100, 90, 100], [90, 100, 100]) == pytest.approx(100 / 90 - 1)


def test_a_pass_inside_the_noise_is_no_pass() -> None:
    """A goal is passed only by more than the noise."""
    sides = ([63.0] * 3, [60.0] * 3, [100.0] * 3)

    assert verdict(ratio(*sides), 0.65) == "missed"
    assert verdict(ratio(*sides), 0.61) == "inside the noise"
    assert verdict(ratio(*sides), 0.50) == "passed"


def test_percentiles_are_values_that_were_seen() -> None:
    """Nearest rank: nothing is made up between two samples."""
    values = [float(one) for one in range(1, 101)]

    assert (percentile(values, 0.5), percentile(values, 0.99), percentile([7.0], 0.99)) == (
        50.0,
        99.0,
        7.0,
    )
    assert percentiles(values)["samples"] == 100
    assert percentiles([]) == {"samples": 0}
