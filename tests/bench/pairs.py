"""Two sides in the same rounds: ratios, their spread, and how far a side is from itself."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.figures import noise

BASE, PRESENT, AGAIN = "base", "present", "base-again"
"""The sides of a round; the base runs twice, the second time to be compared with itself."""
ROUNDS, FEWEST = 10, 6
"""Rounds of a comparison, and the fewest on a machine that is too busy for more."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What the present costs beside the base.

    base, present: the median of all rounds of a side
    rounds: present / base of each round
    noise: how far the base is from itself in the same rounds, as a share
    """

    base: float
    present: float
    rounds: tuple[float, ...]
    noise: float

    @property
    def ratio(self) -> float:
        """The median of all rounds."""
        return statistics.median(self.rounds)

    @property
    def shown(self) -> bool:
        """Tell whether there is a difference: beyond the noise, and the same way in all rounds.

        Of ten rounds one may go the other way. Of equal sides six of six go one way once in 32
        times, nine of ten or more once in 46.
        """
        astray = 1 if len(self.rounds) >= ROUNDS else 0
        less = sum(one < 1.0 for one in self.rounds)
        more = sum(one > 1.0 for one in self.rounds)
        return abs(self.ratio - 1.0) > self.noise and max(less, more) >= len(self.rounds) - astray

    @property
    def verdict(self) -> str:
        """Say what was found, in words."""
        if not self.shown:
            return "inside the noise"
        return f"costs {abs(self.ratio - 1.0):.1%} {'less' if self.ratio < 1.0 else 'more'}"


def compare(base: Sequence[float], again: Sequence[float], present: Sequence[float]) -> Compared:
    """Compare what dossiers cost in each round."""
    both = [statistics.mean(pair) for pair in zip(base, again, strict=True)]
    return Compared(
        base=statistics.median(both),
        present=statistics.median(present),
        rounds=tuple(now / before for now, before in zip(present, both, strict=True)),
        noise=noise(base, again),
    )
