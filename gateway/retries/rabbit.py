"""Retries held by RabbitMQ: one delay queue per system and rung, dead-lettering to a work queue.

Nothing here is the truth: a message names a lane and a fence, and wakes it only if it still waits
under that fence; the sweeper brings what stands on no rung, and what the broker lost. `topology`
has the queues, `publishing` and `consuming` the two ways, each over a connection of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog
from aio_pika.abc import AbstractChannel

from gateway.retries.consuming import Consumer
from gateway.retries.deadlines import FAILURES, connected, within
from gateway.retries.idle import IdleQueues
from gateway.retries.port import Origin, Wakes
from gateway.retries.publishing import Publisher
from gateway.retries.queues import STEP, declare
from gateway.retries.topology import Queues, Topology
from gateway.rules.schedule import Waiting
from gateway.watch import metrics
from gateway.watch.outages import Outage

log = structlog.get_logger()

CONNECT_SECONDS = 5.0
PAUSE, LONGEST_PAUSE = 0.5, 10.0
"""Seconds before the next try to connect, at first and at most."""


class RabbitRetries:
    """The port over RabbitMQ; `names`: system id → name."""

    def __init__(
        self,
        url: str,
        names: Mapping[int, str],
        queues: Queues,
        origin: Origin | None = None,
    ) -> None:
        origin = origin or Origin()
        self._url = url
        self._names = dict(names)
        self._queues = queues
        self._publisher = Publisher(self._names, queues, origin)
        self._outage = Outage("away", "back", what="broker")
        self._consumer = Consumer(queues, origin, self._outage.worked)
        self._idle = IdleQueues(self._publisher.uses, self.queues())
        self.up = False

    @property
    def woken(self) -> int:
        """Give how many wake-ups came back so far."""
        return self._consumer.woken

    @property
    def dropped(self) -> int:
        """Give how many waits were left to the sweeper because too many lay here."""
        return self._publisher.dropped

    def hold(self, waits: Sequence[Waiting]) -> None:
        """Take waits over; never blocks and never fails."""
        self._publisher.hold(waits)

    def queues(self) -> Topology:
        """Give every queue that may stand, with its arguments."""
        return self._queues.every(self._names.values())

    def waiting(self, system: int, rung: int) -> str:
        """Name the delay queue of a system for a rung."""
        return self._queues.waiting(self._names[system], rung)

    async def run(self, wake: Wakes) -> None:
        """Publish and consume until cancelled, reconnecting for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._for_ever(self._publisher.work))
            tasks.create_task(self._for_ever(lambda channel: self._consumer.work(channel, wake)))
            tasks.create_task(self._look_for_idle())

    async def _for_ever(self, work: Callable[[AbstractChannel], Awaitable[None]]) -> None:
        """Work on a connection of its own; whatever ends it, begin again a little later."""
        pause = PAUSE

        async def attempt() -> None:
            nonlocal pause
            # A memory alarm blocks publishers: consumers have a connection of their own.
            async with connected(self._url, CONNECT_SECONDS) as connection:
                channel = await within(
                    STEP, connection.channel(publisher_confirms=True, on_return_raises=True)
                )
                for name, arguments in self._queues.lasting().items():
                    await declare(channel, name, arguments)
                self.up, pause = True, PAUSE
                metrics.broker(up=True)
                await work(channel)

        while True:
            try:
                await within(None, attempt())
            except FAILURES as error:
                self._away(type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _away(self, why: str) -> None:
        self._outage.failed(why)
        self.up = False
        metrics.broker(up=False)

    async def _look_for_idle(self) -> None:
        """Take idle queues away, now and then; whatever fails is done the next time."""

        async def look() -> None:
            async with connected(self._url, CONNECT_SECONDS) as connection:
                await self._idle.take_away(connection)

        while True:
            await asyncio.sleep(self._idle.pause())
            try:
                await within(None, look())
            except FAILURES as error:
                log.info("idle_queues_stay", why=type(error).__name__)


__all__ = ["RabbitRetries"]
