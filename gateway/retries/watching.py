"""Looks after the broker from a process that only takes in, so that `/readyz` can say how it is."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

import aio_pika
from aio_pika.abc import AbstractConnection
from aiormq.exceptions import AMQPError

from gateway.watch import metrics
from gateway.watch.outages import Outage

EVERY = 5.0
"""Seconds between two looks."""
PATIENCE = 3.0
"""Seconds after which a broker that does not answer is away, frozen for instance."""
FAILURES = (
    AMQPError,
    aio_pika.exceptions.AMQPException,
    OSError,
    TimeoutError,
    RuntimeError,
    asyncio.CancelledError,  # how the library ends a call when its connection breaks
)


class Watch:
    """Knows whether the broker is there.

    queues: by the names of those whose depth is looked at, what they are called in metrics
    """

    def __init__(self, url: str, queues: Mapping[str, tuple[str, str]] | None = None) -> None:
        self._url = url
        self._queues = dict(queues or {})
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
            connection: AbstractConnection | None = None
            try:
                connection = await aio_pika.connect(self._url, timeout=PATIENCE)
                while True:
                    await self._look(connection)
                    await asyncio.sleep(EVERY)
            except FAILURES as error:
                current = asyncio.current_task()
                if current is not None and current.cancelling():
                    raise
                self._note(up=False)
                self._outage.failed(type(error).__name__)
            finally:
                await _close(connection)
            await asyncio.sleep(EVERY)

    async def _look(self, connection: AbstractConnection) -> None:
        """Ask for something that the broker must answer."""
        async with asyncio.timeout(PATIENCE):
            channel = await connection.channel(publisher_confirms=False)
            await channel.close()
        self._depths = {
            called: count
            for name, called in self._queues.items()
            if (count := await _depth(connection, name)) is not None
        }
        self._note(up=True)
        self._outage.worked()

    def _note(self, *, up: bool) -> None:
        self._up = up
        metrics.broker(up=up)


async def _depth(connection: AbstractConnection, name: str) -> int | None:
    """Count what is ready in a queue; None: there is no such queue, and its channel is gone."""
    async with asyncio.timeout(PATIENCE):
        channel = await connection.channel(publisher_confirms=False)
        try:
            queue = await channel.declare_queue(name, passive=True)
        except aio_pika.exceptions.ChannelNotFoundEntity:
            return None
        await channel.close()
    return queue.declaration_result.message_count


async def _close(connection: AbstractConnection | None) -> None:
    """Close without waiting long for somebody who may be frozen."""
    if connection is not None:
        with contextlib.suppress(*FAILURES):
            async with asyncio.timeout(PATIENCE):
                await connection.close()
