"""Looks after the broker from a process that only takes in, so that `/readyz` can say how it is."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

import aio_pika
from aio_pika.abc import AbstractConnection

from gateway.retries.deadlines import FAILURES, connected, within
from gateway.watch import metrics

EVERY = 5.0
"""Seconds between two looks."""
PATIENCE = 3.0
"""Seconds after which a broker that does not answer is away, frozen for instance."""


class Watch:
    """Knows whether the broker is there.

    queues: by the names of those whose depth is looked at, what they are called in metrics
    """

    def __init__(self, url: str, queues: Mapping[str, tuple[str, str]] | None = None) -> None:
        self._url = url
        self._queues = dict(queues or {})
        self._depths: dict[tuple[str, str], int] = {}
        self._up: bool | None = None

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
        except FAILURES:
            self._note(up=False)
            raise

    async def _look(self, connection: AbstractConnection) -> None:
        """Ask for something that the broker must answer."""
        await within(PATIENCE, _ask(connection))
        self._depths = {
            called: count
            for name, called in self._queues.items()
            if (count := await within(PATIENCE, _depth(connection, name))) is not None
        }
        self._note(up=True)

    def _note(self, *, up: bool) -> None:
        self._up = up
        metrics.broker(up=up)


async def _ask(connection: AbstractConnection) -> None:
    channel = await connection.channel(publisher_confirms=False)
    await channel.close()


async def _depth(connection: AbstractConnection, name: str) -> int | None:
    """Count what is ready in a queue; None: there is no such queue, and its channel is gone."""
    channel = await connection.channel(publisher_confirms=False)
    try:
        queue = await channel.declare_queue(name, passive=True)
    except aio_pika.exceptions.ChannelNotFoundEntity:
        return None
    await channel.close()
    return queue.declaration_result.message_count
