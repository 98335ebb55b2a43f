"""Medians, ratios and their noise: pure functions over what was measured."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Findings:
    """What scenarios found: one number by name, and what stands behind it."""

    numbers: dict[str, float] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)

    def put(self, name: str, value: float, **details: Any) -> None:
        """Keep a number and what stands behind it."""
        self.numbers[name] = round(value, 4)
        self.details[name] = details


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio of two contenders over paired rounds.

    noise: how far a contender is from itself in the same rounds, as a share (0.05: five percent)
    rounds: the ratio of each round; low, high: the least and the greatest of them
    """

    value: float
    noise: float
    rounds: tuple[float, ...]

    @property
    def low(self) -> float:
        """The least of all rounds."""
        return min(self.rounds)

    @property
    def high(self) -> float:
        """The greatest of all rounds."""
        return max(self.rounds)


def ratio(ours: Sequence[float], again: Sequence[float], theirs: Sequence[float]) -> Ratio:
    """Compare rounds in pairs: ours / theirs, with ours / ours again as the noise."""
    pairs = tuple(a / b for a, b in zip(ours, theirs, strict=True))
    return Ratio(statistics.median(pairs), noise(ours, again), pairs)


def noise(ours: Sequence[float], again: Sequence[float]) -> float:
    """Say how far a contender is from itself: the median of its deviations, as a share."""
    apart = [max(a, b) / min(a, b) - 1.0 for a, b in zip(ours, again, strict=True)]
    return statistics.median(apart)


def percentile(values: Sequence[float], share: float) -> float:
    """Give the value that a share of all values does not exceed (nearest rank)."""
    ordered = sorted(values)
    rank = max(1, -(-len(ordered) * int(share * 10_000) // 10_000))
    return ordered[rank - 1]


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Give the usual ones in seconds, and how many samples they rest on."""
    if not values:
        return {"samples": 0}
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    found = {name: percentile(values, share) for name, share in shares.items()}
    return found | {"max": max(values), "samples": len(values)}


def verdict(value: Ratio, goal: float) -> str:
    """Say whether a goal was reached: a pass inside the noise is no pass."""
    if value.value < goal:
        return "missed"
    return "passed" if value.value >= goal * (1 + value.noise) else "inside the noise"
