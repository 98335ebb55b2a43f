"""Our clock against those of the systems that we speak to, by the `Date` of their replies.

One of them may be wrong itself, so a single one says nothing: two at least must say that we are.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from statistics import median
from typing import TYPE_CHECKING

from gateway.watch.clock import ClockSkew

if TYPE_CHECKING:
    from adapters.kit.driver import Transport
    from adapters.kit.port import Http, Reply

RESOLUTION = 1.0
"""Seconds that a `Date` leaves out."""
TOLERATED = 5.0
"""Seconds by which any clock may differ."""
SPACING = 1.0
"""Seconds between two replies of a system that are looked at."""
FRESH = 600.0
"""Seconds for which a system's replies say something."""
REPLIES = 3
"""Of each system the middle one of so many counts: one reply may have lain somewhere."""
EVERY = 60.0
"""Seconds between two looks at what has grown old."""


@dataclass(slots=True)
class Heard:
    """The last differences that one system's replies showed, and when it was heard last."""

    differences: deque[float] = field(default_factory=lambda: deque(maxlen=REPLIES))
    at: float = 0.0


class ForeignClocks:
    """Gathers what the replies of all systems say of our clock."""

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock, self._monotonic = clock, monotonic
        self._skew = ClockSkew("systems")
        self._heard: dict[str, Heard] = {}

    def on(self, host: str, transport: Transport) -> DatedTransport:
        """Give a way to a system whose replies are looked at; systems of one host are one."""
        return DatedTransport(transport, host, self)

    def begin(self) -> float:
        """Say when an exchange begins."""
        return self._monotonic()

    def heard(self, host: str, headers: Mapping[str, str], begun: float) -> None:
        """Take a reply whose exchange began then; one out of a cache is as old as its `Age`."""
        now = self._monotonic()
        one = self._heard.get(host)
        if one is not None and now - one.at < SPACING:
            return
        said = _said(headers)
        if said is None:
            return
        one = self._heard.setdefault(host, Heard())
        if now - one.at > FRESH:
            one.differences.clear()
        one.at = now
        ours = self._clock()
        one.differences.append(_difference(ours - (now - begun), ours, said))
        self.look()

    def look(self) -> None:
        """Show what the systems agree on, or that too few have been heard lately."""
        now = self._monotonic()
        fresh = [one for one in self._heard.values() if now - one.at <= FRESH]
        self._skew.measured(agreed([median(one.differences) for one in fresh]))

    async def run(self) -> None:
        """Look until cancelled, so that what was heard long ago is not shown for ever."""
        while True:
            await asyncio.sleep(EVERY)
            self.look()


class DatedTransport:
    """A way to a system, whose replies say what its clock says."""

    def __init__(self, transport: Transport, host: str, clocks: ForeignClocks) -> None:
        self._transport, self._host, self._clocks = transport, host, clocks

    @property
    def seconds(self) -> float:
        """The longest that one exchange may take."""
        return self._transport.seconds

    async def exchange(self, request: Http) -> Reply:
        """Send a request and read the whole reply, or raise `TransportError`."""
        begun = self._clocks.begin()
        reply = await self._transport.exchange(request)
        self._clocks.heard(self._host, reply.headers, begun)
        return reply


def agreed(differences: list[float]) -> float | None:
    """Give the difference in the middle; of two in the middle, the one that says less against us.

    None: one system alone, which may be wrong itself, or none.
    """
    if len(differences) < 2:
        return None
    ordered, half = sorted(differences), len(differences) // 2
    middle = ordered[half : half + 1] if len(ordered) % 2 else ordered[half - 1 : half + 1]
    if middle[0] < 0 < middle[-1]:
        return 0.0
    return min(middle, key=abs)


def _said(headers: Mapping[str, str]) -> float | None:
    """Read when a reply was written; None: it does not say, or not when it was sent."""
    if "date" not in headers or "age" in headers:
        return None
    try:
        said = parsedate_to_datetime(headers["date"])
        return (said if said.tzinfo else said.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _difference(begun: float, ended: float, said: float) -> float:
    """Give by how much we are surely ahead or behind; 0 where both may be right."""
    least, most = begun - said - RESOLUTION, ended - said
    surely = max(least, 0.0) + min(most, 0.0)
    return 0.0 if abs(surely) <= TOLERATED else surely
