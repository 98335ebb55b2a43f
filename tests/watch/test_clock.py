"""A clock that turns wrong is told once, and once when it is right again."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from gateway.watch.clock import ClockSkew


def shown() -> float | None:
    """Give what a scrape would say."""
    return REGISTRY.get_sample_value("lienthong_clock_skew_seconds", {"against": "database"})


@pytest.mark.parametrize(
    ("measured", "events"),
    [
        ((0.2, -59.0, 60.0), []),
        ((0.0, 61.0, 600.0, 900.0), ["clock_wrong"]),
        ((-700.0, -700.0, -1.0, 0.0), ["clock_wrong", "clock_right"]),
        ((61.0, 59.0, 61.0, 31.0), ["clock_wrong"]),
        ((90.0, None, 90.0), ["clock_wrong"]),
        ((90.0, 0.0, -90.0), ["clock_wrong", "clock_right", "clock_wrong"]),
    ],
)
def test_a_turn_is_one_line(measured: Sequence[float | None], events: list[str]) -> None:
    """However often the same is measured, and where it wavers about the bound."""
    skew = ClockSkew("database")
    with capture_logs() as said:
        for one in measured:
            skew.measured(one)

    assert [line["event"] for line in said] == events


def test_the_metric_says_which_way_and_goes_where_nobody_can_tell() -> None:
    """Ahead is positive; an old figure is not shown for ever."""
    skew = ClockSkew("database")
    skew.measured(-12.5)
    before = shown()
    skew.measured(None)

    assert (before, shown()) == (-12.5, None)
