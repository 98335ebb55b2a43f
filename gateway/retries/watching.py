"""Looks after the broker from a process that only takes in, so that `/readyz` can say how it is."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Mapping

from aio_pika.abc import AbstractConnection

from gateway.retries.deadlines import FAILURES, connected, within
from gateway.retries.queues import depth
from gateway.watch import metrics
from gateway.watch.outages import Outage

EVERY = 5.0
"""Seconds between two looks."""
UNSEEN = 50
"""Queues that were not there at the last look, of which so many are asked for again at each."""
PATIENCE = 3.0
"""Seconds after which a broker that does not answer is away, frozen for instance."""


class Watch:
    """Knows whether the broker is there.

    queues: by the names of those whose depth is looked at, what they are called in metrics
    """

    def __init__(self, url: str, queues: Mapping[str, tuple[str, str]] | None = None) -> None:
        self._url = url
        self._queues = dict(queues or {})
        self._standing: set[str] = set()
        self._unseen = deque(self._queues)
        self._depths: dict[tuple[str, str], int] = {}
        self._up: bool | None = None
        self._outage = Outage("away", "back", what="broker")

    def depths(self) -> Mapping[tuple[str, str], int]:
        """Give how many messages were ready in each queue at the last look; none while away."""
        return self._depths if self._up else {}

    def say(self) -> str:
        """Say `unknown` (not looked yet), `up` or `down`."""
        return {None: "unknown", True: "up", False: "down"}[self._up]

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            with contextlib.suppress(*FAILURES):
                await within(None, self._connected())
            await asyncio.sleep(EVERY)

    async def _connected(self) -> None:
        """Look over one connection until that fails."""
        try:
            async with connected(self._url, PATIENCE) as connection:
                while True:
                    await self._look(connection)
                    await asyncio.sleep(EVERY)
        except FAILURES as error:
            self._note(up=False)
            self._outage.failed(type(error).__name__)
            raise

    async def _look(self, connection: AbstractConnection) -> None:
        """Ask for something that the broker must answer."""
        await within(PATIENCE, _ask(connection))
        self._depths = await self._counted(connection)
        self._note(up=True)
        self._outage.worked()

    async def _counted(self, connection: AbstractConnection) -> dict[tuple[str, str], int]:
        """Count what is in the queues that stand, and look for some of the others in turn.

        Most of those that may stand do not, and each question for one costs a channel.
        """
        found: dict[tuple[str, str], int] = {}
        channel = await within(PATIENCE, connection.channel(publisher_confirms=False))
        asked = [self._unseen.popleft() for _ in range(min(UNSEEN, len(self._unseen)))]
        names = (*sorted(self._standing), *asked)
        try:
            for name in names:
                count = await within(PATIENCE, depth(channel, name))
                if count is None:
                    self._standing.discard(name)
                    channel = await within(PATIENCE, connection.channel(publisher_confirms=False))
                else:
                    self._standing.add(name)
                    found[self._queues[name]] = count
        finally:
            self._unseen.extend(name for name in names if name not in self._standing)
        await within(PATIENCE, channel.close())
        return found

    def _note(self, *, up: bool) -> None:
        self._up = up
        metrics.broker(up=up)


async def _ask(connection: AbstractConnection) -> None:
    channel = await connection.channel(publisher_confirms=False)
    await channel.close()
