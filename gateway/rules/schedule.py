"""When a lane is tried again, and who goes first."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

RUNGS = (10.0, 60.0, 300.0, 1800.0)
"""Seconds to wait after the 1st, 2nd, 3rd … failed try; the last rung repeats for ever."""
SHORTER = 0.9
"""Jitter shortens a rung to this part of it at most."""

SECOND = 1000
BONUS_NEAR_DUE = 3_600 * SECOND
"""At most an hour ahead of the queue: no import of overdue dossiers can starve the others."""
PENALTY_BULK = 600 * SECOND
MOST_BACKLOG = 600 * SECOND
"""What comes by the hundred, or from an agency that is ahead of its share, waits ten minutes at
most behind what comes one by one."""
DAY = 24 * 3_600 * SECOND


@dataclass(frozen=True, slots=True)
class Waiting:
    """A lane that waits: a wake-up with this fence ends the wait, after so many seconds.

    rung: its place in `RUNGS`: it may last as long as that one; None: it is near none
    """

    dossier_id: UUID
    system: int
    fence: int
    seconds: float
    rung: int | None = None


def rung_of(seconds: float) -> int | None:
    """Give the rung that is as long as a wait, or a ninth longer at most; None: there is none.

    So no wait ends before its time, and many of those that others ask for stand on one too.
    """
    fitting = [place for place, rung in enumerate(RUNGS) if SHORTER * rung <= seconds <= rung]
    return fitting[-1] if fitting else None


def backoff(tries: int, jitter: float) -> float:
    """Give the wait in seconds after failed try number `tries` (1, 2, …); jitter is in [0, 1).

    Jitter only shortens, to 0.9 of the rung at most: a wake-up is never later than it was said.
    """
    rung = RUNGS[min(max(tries, 1), len(RUNGS)) - 1]
    return rung * (1 - 0.1 * jitter)


def rank(now: int, due_at: int | None, *, bulk: bool = False, ahead: int = 0) -> int:
    """Give the place in the queue, in milliseconds: the time it became ready, less a bonus.

    The bonus grows from nothing a day before the due time to an hour when it is reached.

    bulk: it came with many others; ahead: milliseconds that its agency is ahead of its share
    All waiters age alike and every bound is fixed, so nobody is starved.
    """
    penalty = PENALTY_BULK * bulk + min(max(ahead, 0), MOST_BACKLOG)
    if due_at is None:
        return now + penalty
    left = max(0, min(DAY, due_at - now))
    return now + penalty - BONUS_NEAR_DUE * (DAY - left) // DAY
