"""Where a queue begins, remembered."""

from __future__ import annotations

from gateway.delivery.claim_hints import DEAR, EVERY, LATEST, QueueStart, ReclaimTimer


def test_in_health_every_look_is_from_the_start() -> None:
    """A look that was cheap leaves nothing to remember."""
    memory = QueueStart()
    memory.note(None, 100, DEAR / 3, now=10.0)

    assert memory.since(10.1) is None


def test_after_a_dear_look_the_next_ones_begin_where_it_ended() -> None:
    """The lowest rank that was met is the beginning, and moves on."""
    memory = QueueStart()
    memory.note(None, 100, DEAR * 2, now=10.0)
    first = memory.since(10.1)
    memory.note(first, 150, 1.0, now=10.1)

    assert (first, memory.since(10.2)) == (100, 150)


def test_what_came_in_below_is_found_within_two_seconds() -> None:
    """The start is looked at again, whatever is remembered."""
    memory = QueueStart()
    memory.note(None, 100, DEAR * 2, now=10.0)
    memory.note(100, None, 1.0, now=10.0 + EVERY / 2)

    assert memory.since(10.0 + EVERY) is None


def test_the_dead_are_looked_for_at_once_and_then_seldom() -> None:
    """Not at each turn, however cheap a look was, but at each that comes after a whole pause."""
    memory = ReclaimTimer()
    first = memory.due(10.0)
    memory.note(0.1, now=10.0)

    assert (first, memory.due(10.7), memory.due(10.9)) == (True, False, True)


def test_a_dear_look_for_the_dead_comes_the_more_seldom() -> None:
    """It takes a fiftieth of the time, and yet comes again however dear it is."""
    memory = ReclaimTimer()
    memory.note(200.0, now=10.0)
    dear = (memory.due(19.0), memory.due(20.5))
    memory.note(10_000.0, now=10.0)

    assert (dear, memory.due(10.0 + LATEST)) == ((False, True), True)
