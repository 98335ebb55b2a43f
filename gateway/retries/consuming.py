"""The way out: wake-ups are handed to the store together, and acknowledged once it has them.

While the store takes none, this process consumes none: it keeps the few that it was given, without
a word to the broker, until the store has them. Nothing is given back, since each return counts
towards the crashes after which a wake-up is parked.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from uuid import UUID

import structlog
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from gateway.retries.deadlines import within
from gateway.retries.port import Origin, Wake, Wakes
from gateway.retries.queues import STEP
from gateway.retries.topology import Queues
from gateway.watch import metrics

log = structlog.get_logger()

PREFETCH = 500
"""Wake-ups that a process is given before it has acknowledged any: as many go in one commit."""
LOOK = 5.0
"""Seconds between two looks whether the queue is still there."""
PAUSE, LONGEST_PAUSE = 0.5, 5.0
"""Seconds before the store is asked again, at first and at most."""

Arrived = asyncio.Queue[AbstractIncomingMessage | None]
"""What came; None: the channel was closed."""


class Consumer:
    """Consumes wake-ups."""

    def __init__(
        self, queues: Queues, origin: Origin, alive: Callable[[], None] = lambda: None
    ) -> None:
        """Consume from our queue; alive: called now and then while the broker answers."""
        self._ready = queues.ready
        self._origin = origin
        self._alive = alive
        self._owed: Sequence[Wake] = ()
        self.woken = 0

    async def work(self, channel: AbstractChannel, wake: Wakes) -> None:
        """Hand wake-ups on until the channel ends."""
        await self._repay(channel, wake)
        await within(STEP, channel.set_qos(prefetch_count=PREFETCH))
        arrived: Arrived = asyncio.Queue()
        channel.close_callbacks.add(lambda *_: arrived.put_nowait(None))
        queue = await channel.get_queue(self._ready, ensure=False)
        while True:
            tag = await within(STEP, queue.consume(arrived.put))
            batch = await self._hand_on(channel, arrived, wake)
            await within(STEP, queue.cancel(tag))
            await self._repay(channel, wake)
            await _acknowledge(batch)

    async def _hand_on(
        self, channel: AbstractChannel, arrived: Arrived, wake: Wakes
    ) -> Sequence[AbstractIncomingMessage]:
        """Hand on what comes, until the store takes some no more; give those."""
        while True:
            batch = await self._arriving(channel, arrived)
            self._owed = [lane for lane in [_read(message) for message in batch] if lane]
            if fences := [_fence(message, self._origin.database) for message in batch]:
                self._origin.heard(max(fences))
            try:
                await self._pay(wake)
            except Exception as error:  # noqa: BLE001 - whatever it is, the store did not take them
                log.warning("wake_ups_wait", count=len(self._owed), error=type(error).__name__)
                return batch
            await _acknowledge(batch)

    async def _pay(self, wake: Wakes) -> None:
        if self._owed:
            woken = await wake(self._owed)
            self.woken += len(self._owed)
            metrics.retries("broker", woken)
            metrics.retries("stale", len(self._owed) - woken)
        self._owed = ()

    async def _repay(self, channel: AbstractChannel, wake: Wakes) -> None:
        """Hand on what the store could not take, until it can.

        Also after the broker has taken the messages back: before the store has answered once, none
        is consumed again.
        """
        pause = PAUSE
        while self._owed:
            if channel.is_closed:
                raise ConnectionError("the channel was closed while the store was away")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            try:
                await self._pay(wake)
            except Exception:  # noqa: BLE001, S112 - said when it began
                continue

    async def _arriving(
        self, channel: AbstractChannel, arrived: Arrived
    ) -> Sequence[AbstractIncomingMessage]:
        """Wait for wake-ups, and take all that have come by then."""
        batch: list[AbstractIncomingMessage] = []
        while not batch or (len(batch) < PREFETCH and not arrived.empty()):
            try:
                async with asyncio.timeout(LOOK):
                    message = await arrived.get()
            except TimeoutError:
                await self._still_ours(channel)
                self._alive()
                continue
            self._alive()
            if message is None:
                raise ConnectionError("the channel was closed")
            batch.append(message)
        return batch

    async def _still_ours(self, channel: AbstractChannel) -> None:
        """Notice a queue that was deleted under its consumers: the broker only stops sending."""
        found = await within(STEP, channel.declare_queue(self._ready, passive=True))
        if not found.declaration_result.consumer_count:
            raise ConnectionError("nobody listens to our queue")


def _read(message: AbstractIncomingMessage) -> Wake | None:
    """Read a wake-up that the store can take; None: it is not one of ours."""
    try:
        found = json.loads(message.body)
        (dossier, system), fence = found["lane"], found["fence"]
        if type(system) is type(fence) is int and 0 <= system < 2**31 and 0 <= fence < 2**63:
            return UUID(dossier), system, fence
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return None


def _fence(message: AbstractIncomingMessage, database: int) -> int:
    """Give the fence of a wake-up of this database; 0: it is of another, or nobody knows."""
    try:
        found = json.loads(message.body)
        mine = database and found.get("database") == database
        return int(found["fence"]) if mine and _read(message) else 0
    except (ValueError, AttributeError):
        return 0


async def _acknowledge(batch: Sequence[AbstractIncomingMessage]) -> None:
    """Let the broker forget wake-ups, all at once; what is not ours it keeps, parked."""
    last = None
    for message in batch:
        if _read(message) is None:
            await within(STEP, message.reject(requeue=False))
        else:
            last = message
    if last is not None:
        await within(STEP, last.ack(multiple=True))
