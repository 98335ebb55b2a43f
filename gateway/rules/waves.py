"""A retry in growing waves: how many lanes go next, and when to stop.

A few go first. Only when most of them passed does twice the number follow, so that a retry that was
started too early costs a handful of lanes their turn and not a whole backlog.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

FIRST = 10
LARGEST = 1000
"""No wave grows beyond this: it is made ready in one transaction."""

Verdict = Literal["wait", "next", "failing", "gate_closed", "no_outcome"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What came of a wave so far: how many went, passed, failed again, are no longer there."""

    went: int
    through: int = 0
    failed: int = 0
    gone: int = 0

    @property
    def open(self) -> int:
        """How many have no outcome yet."""
        return self.went - self.through - self.failed - self.gone


@dataclass(frozen=True, slots=True)
class Shut:
    """A gate as a retry sees it: whether it is closed, and until when, in milliseconds."""

    closed: bool
    until: int


def sizes(count: int, first: int = FIRST) -> Iterator[int]:
    """Divide so many lanes into waves, each twice as large as the one before."""
    size = first
    while count > 0:
        yield min(size, count)
        count -= size
        size = min(size * 2, max(first, LARGEST))


PLAN_SIZES = (1, 5, 20)
"""A plan may be of years: one lane shows whether it goes at all, a handful what it is like."""


def plan_size(step: int) -> int:
    """Give the size of a plan's wave number `step` (1, 2, …) since it began or was resumed."""
    known = PLAN_SIZES[min(step, len(PLAN_SIZES)) - 1]
    return int(min(known * 4 ** min(max(step - len(PLAN_SIZES), 0), 10), LARGEST))


def failing(tally: Tally) -> bool:
    """Say whether more than half of a wave has failed, whatever becomes of the rest."""
    return tally.failed * 2 > tally.went


def verdict(tally: Tally, before: Shut, now: Shut, *, patient: bool) -> Verdict:
    """Say how a retry goes on: wait for this wave, send the next, or stop and why.

    More than half failing stops at once, without waiting for the others. A gate that was closed
    when the wave began may open for it; one that closed since, or closed for longer, stops. It
    need not be on account of this wave: to a closed gate nothing more is sent either way.
    """
    if failing(tally):
        return "failing"
    if now.closed and (not before.closed or now.until > before.until):
        return "gate_closed"
    if tally.open == 0:
        return "next"
    return "wait" if patient else "no_outcome"
