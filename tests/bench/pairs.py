"""Two sides in paired rounds: ratios, their spread, and how far each side is from itself."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.figures import noise

BASE, PRESENT = "base", "present"
ORDER = (BASE, PRESENT, PRESENT, BASE)
"""The sides of a block of two pairs: what drifts evenly is as hard on the one as on the other."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What the present costs beside the base.

    base, present: the median of all rounds of a side
    pairs: present / base of each pair
    noise: how far a side is from itself in rounds that follow each other, as a share
    """

    base: float
    present: float
    pairs: tuple[float, ...]
    noise: float

    @property
    def ratio(self) -> float:
        """The median of all pairs."""
        return statistics.median(self.pairs)

    @property
    def shown(self) -> bool:
        """Tell whether there is a difference: beyond the noise, and the same way in every pair.

        Where there is none, eight pairs go one way once in 128 times.
        """
        one_way = max(self.pairs) < 1.0 or min(self.pairs) > 1.0
        return one_way and abs(self.ratio - 1.0) > self.noise

    @property
    def verdict(self) -> str:
        """Say what was found, in words."""
        if not self.shown:
            return "inside the noise"
        return f"costs {abs(self.ratio - 1.0):.1%} {'less' if self.ratio < 1.0 else 'more'}"


def sides(blocks: int) -> tuple[str, ...]:
    """Give whose turn it is in each round."""
    return ORDER * blocks


def compare(costs: Sequence[float]) -> Compared:
    """Compare what the rounds cost, in the order of `sides`."""
    whose = sides(len(costs) // len(ORDER))
    of = list(zip(whose, costs, strict=True))
    pairs = []
    for first, second in zip(of[::2], of[1::2], strict=True):
        pair = dict((first, second))
        pairs.append(pair[PRESENT] / pair[BASE])
    twice = [(a, b) for (one, a), (other, b) in itertools.pairwise(of) if one == other]
    return Compared(
        base=statistics.median(cost for side, cost in of if side == BASE),
        present=statistics.median(cost for side, cost in of if side == PRESENT),
        pairs=tuple(pairs),
        noise=noise([a for a, _ in twice], [b for _, b in twice]),
    )
