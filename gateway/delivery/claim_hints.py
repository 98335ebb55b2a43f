"""What a runner remembers of its system's queue, so that it need not step over all of it each turn.

Where the queue begins, while looking from its start is dear, and when it last looked for the dead.

While somebody holds an old snapshot of the database (a dump, a long report), what is completed
cannot be cleared away, and every look from the start steps over all of it again. Then a runner
claims from the lowest rank it met last, and looks from the start only every two seconds: whoever
came in with a lower rank meanwhile waits that long at most, unless that rank is as good as now
(`lanes.FRESH`): one slow look on a busy machine must hold up nobody. In health it always looks from
the start.
"""

from __future__ import annotations

from dataclasses import dataclass

DEAR = 15.0
"""Milliseconds of a search above which its beginning is remembered; in health it takes 1 to 5."""
EVERY = 2.0
"""Seconds between two looks from the start."""


@dataclass(slots=True)
class QueueStart:
    """What one runner remembers of its system's queue; `now` is in seconds of any clock."""

    lowest: int | None = None
    looked: float = 0.0

    def since(self, now: float) -> int | None:
        """Say from which rank on to look; None: from the start."""
        return self.lowest if now - self.looked < EVERY else None

    def note(self, since: int | None, lowest: int | None, cost: float, now: float) -> None:
        """Learn from a look: from where it began, the lowest rank it met, and what it cost."""
        if since is None:
            self.looked = now
            self.lowest = lowest if cost > DEAR else None
        elif lowest is not None:
            self.lowest = lowest


SELDOM = 0.8
"""Seconds between two looks for lanes of the dead, at least: less than the shortest pause of a
runner that waits for a place (`lanes.LOOK_AGAIN`), so that each of its looks may be one."""
SHARE = 50.0
"""Such a look may take one part of so many of the time; it steps over all that waits."""
LATEST = 15.0
"""Seconds after which there is another, however dear: a machine that stalled makes them seem so."""


@dataclass(slots=True)
class ReclaimTimer:
    """When to look again for lapsed leases although no place is free.

    Somebody died and left places taken: that happens once in a long while. That none is free is
    usual, with others at work or a system on trial, and then a look a turn would cost more than all
    deliveries.
    """

    next: float = 0.0

    def due(self, now: float) -> bool:
        """Say whether it is time to look; `now` is in seconds of any clock."""
        return now >= self.next

    def note(self, cost: float, now: float) -> None:
        """Learn what a look cost, in milliseconds."""
        self.next = now + min(LATEST, max(SELDOM, SHARE * cost / 1000))
