"""An allowance that fills by itself: so much at once, and so much a second on the whole."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class TokenBucket:
    """What somebody may still take; the last taking may go into debt, which then fills first."""

    per_second: float
    burst: float
    level: float
    at: float

    def wait(self, now: float, least: float = 0) -> float:
        """Say for how many seconds nothing may be taken; 0: there is at least so much."""
        self.level = min(self.burst, self.level + (now - self.at) * self.per_second)
        self.at = now
        return max(0.0, (least - self.level) / self.per_second)

    def take(self, cost: float) -> None:
        """Take what was asked for."""
        self.level -= cost
