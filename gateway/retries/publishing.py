"""The way in: waits go to the delay queues of their systems, after the commit that began them.

They lie here in a bounded buffer while the broker is away. A delay queue is declared before the
first wait that goes there, and again where it is missing.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Mapping, Sequence

import aio_pika
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import ChannelPreconditionFailed, PublishError

from gateway.retries.port import Origin
from gateway.retries.queues import declare
from gateway.retries.topology import Queues
from gateway.rules.schedule import Waiting
from gateway.watch import metrics

MOST = 10_000
"""Waits that may lie here unpublished; more are dropped, counted, and left to the sweeper."""
PUBLISH_SECONDS = 5.0
AT_ONCE = 100
LOOK = 15.0
"""Seconds between two looks whether the queues in which something of ours waits are still there."""
LONGER = 60.0
"""Seconds beyond a rung for which its queue counts as used after the last wait went there."""
REFUSED = 30.0
"""Seconds for which a queue that stands with other arguments is left to whoever mends it."""


class Publisher:
    """Publishes waits; `names`: system id → name."""

    def __init__(self, names: Mapping[int, str], queues: Queues, origin: Origin) -> None:
        self._names = names
        self._origin = origin
        self._queues = queues
        self._buffer: deque[Waiting] = deque()
        self._news = asyncio.Event()
        self._used: dict[str, tuple[int, float]] = {}
        """By the names of queues their rung, and until when something of ours may wait there."""
        self._refused: dict[str, float] = {}
        self.dropped = 0

    def hold(self, waits: Sequence[Waiting]) -> None:
        """Take waits over; never blocks and never fails."""
        for wait in waits:
            if wait.rung is None or wait.system not in self._names:
                continue  # shorter than any rung, or between two: the database keeps it
            if len(self._buffer) >= MOST:
                self._drop()
                continue
            self._buffer.append(wait)
        self._news.set()

    def uses(self, name: str) -> bool:
        """Say whether something of ours may wait in a queue."""
        return name in self._used and self._used[name][1] > time.monotonic()

    async def work(self, channel: AbstractChannel) -> None:
        """Publish what lies in the buffer, a bounded number at once; what fails stays there."""
        looked = await self._stand_again(channel)
        while True:
            self._news.clear()
            while self._buffer and time.monotonic() < looked + LOOK:
                await self._batch(channel)
            if time.monotonic() >= looked + LOOK:
                looked = await self._stand_again(channel)
                continue
            try:
                async with asyncio.timeout(looked + LOOK - time.monotonic()):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def _stand_again(self, channel: AbstractChannel) -> float:
        """Declare anew every queue in which something of ours may wait; give the time."""
        self._used = {name: used for name, used in self._used.items() if self.uses(name)}
        for name, (rung, _) in list(self._used.items()):
            await self._declare(channel, name, rung)
        return time.monotonic()

    async def _declare(self, channel: AbstractChannel, name: str, rung: int) -> None:
        try:
            await declare(channel, name, self._queues.delaying(rung))
        except ChannelPreconditionFailed:
            self._refused[name] = time.monotonic() + REFUSED
            self._used.pop(name, None)
            raise

    async def _batch(self, channel: AbstractChannel) -> None:
        batch = [self._buffer.popleft() for _ in range(min(AT_ONCE, len(self._buffer)))]
        try:
            batch = await self._declared(channel, batch)
            done = await asyncio.gather(
                *(self._one(channel, wait) for wait in batch), return_exceptions=True
            )
        except BaseException:
            self._buffer.extendleft(reversed(batch))
            raise
        failed = [
            (wait, result)
            for wait, result in zip(batch, done, strict=True)
            if isinstance(result, BaseException)
        ]
        self._buffer.extendleft(wait for wait, _ in reversed(failed))
        for wait, result in failed:
            if not isinstance(result, PublishError):
                raise ConnectionError("publish failed")
            self._used.pop(self._name(wait), None)  # it was deleted: declared anew, and once more

    async def _declared(self, channel: AbstractChannel, batch: Sequence[Waiting]) -> list[Waiting]:
        """Let the queues of these waits stand; give the waits that have one."""
        now, going = time.monotonic(), []
        for wait in batch:
            name, rung = self._name(wait), _rung(wait)
            if self._refused.get(name, 0.0) > now:
                self._drop()
                continue
            if name not in self._used:
                await self._declare(channel, name, rung)
            self._used[name] = rung, now + self._queues.seconds(rung) + LONGER
            going.append(wait)
        return going

    async def _one(self, channel: AbstractChannel, wait: Waiting) -> None:
        body = {
            "lane": [str(wait.dossier_id), wait.system],
            "fence": wait.fence,
            "database": self._origin.database,
        }
        message = aio_pika.Message(
            json.dumps(body).encode(),
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            content_type="application/json",
        )
        await channel.default_exchange.publish(
            message, self._name(wait), mandatory=True, timeout=PUBLISH_SECONDS
        )
        metrics.retries("published")

    def _drop(self) -> None:
        self.dropped += 1
        metrics.retries("dropped")

    def _name(self, wait: Waiting) -> str:
        return self._queues.waiting(self._names[wait.system], _rung(wait))


def _rung(wait: Waiting) -> int:
    assert wait.rung is not None  # noqa: S101 - `hold` takes no other
    return wait.rung
