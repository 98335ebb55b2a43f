"""How far our clock is from another one: a metric, and one line in the log when that turns wrong.

Whoever posts a time that lies ahead of our clock by ten minutes is refused, so a clock of ours that
is slow refuses everybody. It is noticed well before.
"""

from __future__ import annotations

from typing import Literal

import structlog

from gateway.watch import metrics

log = structlog.get_logger()

WRONG = 60.0
"""Seconds from which on our clock is wrong."""
RIGHT = 30.0
"""Seconds below which it is right again: one that wavers about a bound is told once."""

Against = Literal["database", "systems"]


class ClockSkew:
    """Keeps how far our clock is from another; positive: ours is ahead."""

    def __init__(self, against: Against) -> None:
        self._against = against
        self._wrong = False

    def measured(self, seconds: float | None) -> None:
        """Show what was measured; None: nobody can tell now, which says nothing new."""
        metrics.clock(self._against, seconds)
        if seconds is None:
            return
        far = abs(seconds)
        if far > WRONG and not self._wrong:
            self._wrong = True
            log.warning("clock_wrong", against=self._against, ahead_seconds=round(seconds, 1))
        elif far < RIGHT and self._wrong:
            self._wrong = False
            log.info("clock_right", against=self._against, ahead_seconds=round(seconds, 1))
