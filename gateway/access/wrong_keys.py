"""How often wrong keys came, by address and by their beginning; right keys pass all the same.

A key has 256 random bits: nobody guesses one. What guessing costs is look-ups, so those of an
address that has been wrong too often wait for each other, while an office that shares it goes on
working. Each process counts for itself; an address of IPv6 counts as its network of 64 bits, since
a host picks freely within it.
"""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

WINDOW = 60.0
"""Seconds, from the first wrong key on."""
MOST = 10_000
"""Addresses, and beginnings, that are remembered; the oldest are forgotten first."""
BEGINNING = 16
"""Letters of a key that are looked at: they are no secret (`lt_live_` and eight more)."""
AT_ONCE = 2
"""Look-ups at once for all addresses that were wrong too often."""


@dataclass(slots=True)
class WrongKeys:
    """The counts of one process."""

    most: float
    clock: Callable[[], float] = time.monotonic
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    """For the look-ups of addresses that were wrong too often."""
    _addresses: dict[str, tuple[float, int]] = field(default_factory=dict)
    _beginnings: dict[str, tuple[float, int]] = field(default_factory=dict)

    def waits(self, address: str) -> bool:
        """Say whether an address was wrong too often in the last minute."""
        if not self._addresses:
            return False
        since, count = self._addresses.get(_network(address), (0.0, 0))
        return count >= self.most and self.clock() - since < WINDOW

    def count(self, address: str, key: str) -> float:
        """Count a wrong key; give the seconds to wait, 0: it was not too often yet."""
        now = self.clock()
        return max(
            self._one_more(self._addresses, _network(address), now),
            self._one_more(self._beginnings, key[:BEGINNING], now),
        )

    def _one_more(self, counts: dict[str, tuple[float, int]], name: str, now: float) -> float:
        since, count = counts.pop(name, (now, 0))
        if now - since >= WINDOW:
            since, count = now, 0
        counts[name] = since, count + 1  # at the end: what is wrong again is forgotten last
        if len(counts) > MOST:
            for old in list(islice(counts, MOST // 10)):
                del counts[old]
        return since + WINDOW - now if count >= self.most else 0.0

    def __len__(self) -> int:
        return len(self._addresses) + len(self._beginnings)


def _network(address: str) -> str:
    """Give what an address counts as; what a proxy says may be any text, so not all of it."""
    if ":" not in address:
        return address[:45]
    try:
        host = ipaddress.IPv6Address(address)
    except ValueError:
        return address[:45]
    return str(host.ipv4_mapped or ipaddress.IPv6Network((host, 64), strict=False))
