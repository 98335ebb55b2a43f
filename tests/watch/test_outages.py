"""What is away is said once, and once when it is back; what comes and goes, less and less often."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from gateway.store.errors import StoreUnavailable
from gateway.watch.outages import Loop, Outage, Repeats

HOUR = 3600.0


class Hands:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


def told(turns: Sequence[tuple[float, bool]]) -> list[MutableMapping[str, Any]]:
    """Let so many seconds pass before each turn, which fails or works; give what was said."""
    hands = Hands()
    outage = Outage("away", "back", clock=hands, what="database")
    with capture_logs() as said:
        for seconds, works in turns:
            hands.now += seconds
            outage.worked() if works else outage.failed("timeout")
    return list(said)


def test_an_outage_is_two_lines_that_say_what_why_how_long_and_how_often() -> None:
    """Whatever number of loops met it."""
    first, last = told([(1, True), *[(0.1, False)] * 400, (0.5, True), (5, True), (1, True)])

    assert (first["event"], first["what"], first["why"]) == ("away", "database", "timeout")
    assert {name: last[name] for name in ("event", "what", "seconds", "failures", "why")} == {
        "event": "back",
        "what": "database",
        "seconds": 40.4,
        "failures": 400,
        "why": {"timeout": 400},
    }


def test_what_works_now_and_then_is_not_back() -> None:
    """It is when nothing has failed for a while."""
    assert len(told([(1, False), (1, True), (1, False), (4, True), (1, False)])) == 1


def test_an_outage_of_a_day_is_said_once_an_hour() -> None:
    """With how often it failed: whoever reads only today's log finds it there."""
    said = told([(10.0, False)] * 8_640)

    assert (len(said), said[-1]["failures"] > 8_000) == (24, True)


@given(st.lists(st.tuples(st.floats(0.1, 60), st.booleans()), min_size=1, max_size=8))
def test_however_it_flaps_it_is_a_handful_of_lines(turns: list[tuple[float, bool]]) -> None:
    """Away and back take turns, and in any hour there are less than thirty lines."""
    turns = turns * 100
    hours = 1 + sum(seconds for seconds, _ in turns) / HOUR
    events = [line["event"] for line in told(turns) if "since" not in line or "seconds" in line]

    assert events == ["away", "back"] * (len(events) // 2) + ["away"] * (len(events) % 2)
    assert len(events) <= 30 * hours


@pytest.mark.parametrize(
    ("error", "events"),
    [(StoreUnavailable("57P01"), []), (ValueError("x"), ["sweep_failed"])],
    ids=["told by the store", "told by nobody else"],
)
def test_a_loop_is_silent_about_what_is_told_elsewhere(error: Exception, events: list[str]) -> None:
    """And says its own failures once."""
    loop = Loop("sweep", system="a")
    with capture_logs() as said:
        loop.met(error)
        loop.met(error)

    assert [line["event"] for line in said] == events


def test_a_line_that_repeats_itself_is_held_back_and_counted() -> None:
    """By what it says; the next one that goes through says how many there were."""
    hands = Hands()
    repeats = Repeats(600, clock=hands)
    through = []
    for seconds, line in [(0, "a"), (1, "a"), (1, "b"), (1, "a"), (600, "a"), (1, "a")]:
        hands.now += seconds
        through.append(repeats.through(line))

    assert through == [0, None, 0, None, 2, None]
