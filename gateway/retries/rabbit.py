"""Retries held by RabbitMQ: one delay queue per system and rung, dead-lettering to a work queue.

    lienthong.v1.retry.SYSTEM.wait-10s  ─ttl─►  lienthong.v1.retry.SYSTEM.ready  ─►  a worker
                                                       └─ 10 crashes ─► …SYSTEM.parked

A wait goes to the longest rung that is not longer than it; the sweeper brings what is left over,
and what the broker lost. Nothing here is the truth: a message names a lane and a fence, and wakes
it only if it still waits under that fence. Uses nothing beyond RabbitMQ 3.10, nothing that 4.x
removes: quorum queues, queue-level TTL, at-most-once dead-lettering, prefetch per consumer.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from gateway.retries.deadlines import FAILURES, connected, within
from gateway.retries.port import Wake
from gateway.rules.schedule import Waiting
from gateway.watch import metrics

log = structlog.get_logger()

TOPOLOGY = "v1"
"""Part of every name: queues with other arguments get another version, beside the old ones."""
RUNGS = (10.0, 60.0, 300.0, 1800.0)
"""Seconds of the delay queues. Jitter shortens a wait, so each rung lies a tenth below its name."""
SHORTER = 0.9
MOST = 10_000
"""Waits that may lie here unpublished; more are dropped, counted, and left to the sweeper."""
PUBLISH_SECONDS = 5.0
STEP = 10.0
"""Seconds for one step of setting up; a queue that took longer stands the next time."""
PREFETCH = 100
CRASHES = 10
LOOK = 5.0
"""Seconds between two looks whether our queues are still there."""
PAUSE, LONGEST_PAUSE = 0.5, 30.0
AT_ONCE = 100


Topology = Mapping[str, Mapping[str, Any]]
"""Queues by name, with their arguments."""


def unsound(queues: Topology) -> str | None:
    """Say in one line why messages could vanish in these queues; None: they cannot.

    RabbitMQ drops in silence what comes round to a queue it has been in without a rejection, and
    what is dead-lettered to a queue that is not there.
    """
    for name, arguments in queues.items():
        target = arguments.get("x-dead-letter-routing-key")
        delays, limited = "x-message-ttl" in arguments, "x-delivery-limit" in arguments
        if (delays or limited) and target not in queues:
            return f"{name}: what leaves it goes nowhere, since there is no queue {target!r}"
        seen = {name}
        while target is not None:
            if target in seen:
                return f"{name}: what leaves it comes round to it again, and would be dropped"
            seen.add(target)
            target = queues.get(target, {}).get("x-dead-letter-routing-key")
    return None


@dataclass(slots=True)
class Counters:
    """What happened so far, for metrics."""

    woken: int = 0
    dropped: int = 0
    up: bool = False


class RabbitRetries:
    """The port over RabbitMQ; `names`: system id → name; waits are multiplied by `scale`."""

    def __init__(self, url: str, names: Mapping[int, str], scale: float) -> None:
        self._url = url
        self._names = dict(names)
        self._scale = scale
        self._buffer: deque[Waiting] = deque()
        self._news = asyncio.Event()
        self.counters = Counters()

    def queue(self, system: int, part: str) -> str:
        """Name a queue so that an operator reads whose it is and what waits in it."""
        return f"lienthong.{TOPOLOGY}.retry.{self._names[system]}.{part}"

    def hold(self, waits: Sequence[Waiting]) -> None:
        """Take waits over; never blocks and never fails."""
        for wait in waits:
            if self.rung(wait.seconds) is None or wait.system not in self._names:
                continue  # shorter than any rung, or set for longer: the database keeps it
            if len(self._buffer) >= MOST:
                self.counters.dropped += 1
                metrics.retries("dropped")
                continue
            self._buffer.append(wait)
        self._news.set()

    def rung(self, seconds: float) -> float | None:
        """Give the delay queue for a wait; None: it fits none, and the sweeper ends it."""
        fitting = [
            rung for rung in RUNGS if SHORTER * rung * self._scale <= seconds <= rung * self._scale
        ]
        return fitting[-1] if fitting else None

    async def run(self, wake: Callable[[Sequence[Wake]], Awaitable[None]]) -> None:
        """Publish and consume until cancelled, reconnecting for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._for_ever(self._publish))
            tasks.create_task(self._for_ever(lambda channel: self._consume(channel, wake)))

    async def _for_ever(self, work: Callable[[AbstractChannel], Awaitable[None]]) -> None:
        """Work on a connection of its own; whatever ends it, begin again a little later."""
        pause = PAUSE

        async def attempt() -> None:
            nonlocal pause
            # A memory alarm blocks publishers: consumers have a connection of their own.
            async with connected(self._url, PUBLISH_SECONDS) as connection:
                channel = await within(
                    STEP, connection.channel(publisher_confirms=True, on_return_raises=True)
                )
                await self._declare(channel)
                self.counters.up, pause = True, PAUSE
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
        if self.counters.up:
            log.warning("broker_away", why=why)
        self.counters.up = False
        metrics.broker(up=False)

    async def _declare(self, channel: AbstractChannel) -> None:
        """Declare every queue; one that stands with other arguments is named in one line."""
        for name, arguments in self.queues().items():
            await self._queue(channel, name, arguments)

    def queues(self) -> Topology:
        """Give every queue with its arguments, targets before those that lead to them."""
        queues: dict[str, Mapping[str, Any]] = {}
        for system in self._names:
            ready, parked = self.queue(system, "ready"), self.queue(system, "parked")
            queues[parked] = {}
            queues[ready] = {
                "x-delivery-limit": CRASHES,
                "x-dead-letter-exchange": "",
                "x-dead-letter-routing-key": parked,  # never back into a delay queue
            }
            for rung in RUNGS:
                queues[self.waiting(system, rung)] = {
                    "x-message-ttl": max(1, int(rung * SHORTER * self._scale * 1000)),
                    "x-dead-letter-exchange": "",
                    "x-dead-letter-routing-key": ready,
                }
        return queues

    def waiting(self, system: int, rung: float) -> str:
        """Name a delay queue by its time to live, in milliseconds where that is short."""
        ttl = rung * self._scale
        return self.queue(system, f"wait-{ttl:g}s")

    async def _queue(self, channel: AbstractChannel, name: str, more: Mapping[str, Any]) -> None:
        arguments = {"x-queue-type": "quorum", **more}
        try:
            await within(STEP, channel.declare_queue(name, durable=True, arguments=arguments))
        except aio_pika.exceptions.ChannelPreconditionFailed as error:
            log.warning(
                "queue_differs",
                queue=name,
                why=str(error)[:200],
                do="see deploy/RABBITMQ.md; until then the sweeper brings the retries",
            )
            raise

    async def _publish(self, channel: AbstractChannel) -> None:
        """Publish what lies in the buffer, a bounded number at once; what fails stays there."""
        while True:
            self._news.clear()
            while self._buffer:
                batch = [self._buffer.popleft() for _ in range(min(AT_ONCE, len(self._buffer)))]
                done = await asyncio.gather(
                    *(self._one(channel, wait) for wait in batch), return_exceptions=True
                )
                failed = [
                    wait
                    for wait, result in zip(batch, done, strict=True)
                    if isinstance(result, BaseException)
                ]
                self._buffer.extendleft(reversed(failed))
                if failed:
                    raise ConnectionError("publish failed")
            await self._news.wait()

    async def _one(self, channel: AbstractChannel, wait: Waiting) -> None:
        rung = self.rung(wait.seconds)
        if rung is None:
            return
        body = {"lane": [str(wait.dossier_id), wait.system], "fence": wait.fence}
        message = aio_pika.Message(
            json.dumps(body).encode(),
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            content_type="application/json",
        )
        await channel.default_exchange.publish(
            message, self.waiting(wait.system, rung), mandatory=True, timeout=PUBLISH_SECONDS
        )
        metrics.retries("published")

    async def _consume(
        self, channel: AbstractChannel, wake: Callable[[Sequence[Wake]], Awaitable[None]]
    ) -> None:
        """Hand wake-ups on; each is acknowledged after the store has taken it."""
        await within(STEP, channel.set_qos(prefetch_count=PREFETCH))
        broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        channel.close_callbacks.add(lambda *_: broken.cancel())

        async def take(message: AbstractIncomingMessage) -> None:
            try:
                found = json.loads(message.body)
                dossier, system = found["lane"]
                lane = (UUID(dossier), int(system), int(found["fence"]))
            except (ValueError, KeyError, TypeError):
                # Not one of ours: to be looked at, parked.
                await within(STEP, message.reject(requeue=False))
                return
            try:
                await wake([lane])
            except Exception as error:  # noqa: BLE001 - the store is away: stop, do not nack
                if not broken.done():
                    broken.set_exception(ConnectionError(type(error).__name__))
                return
            await within(STEP, message.ack())
            self.counters.woken += 1
            metrics.retries("broker")

        for system in self._names:
            queue = await channel.get_queue(self.queue(system, "ready"), ensure=False)
            await within(STEP, queue.consume(take))
        while not (await asyncio.wait([broken], timeout=LOOK))[0]:
            await self._still_ours(channel)
        raise ConnectionError("the channel was closed, or the store is away")

    async def _still_ours(self, channel: AbstractChannel) -> None:
        """Notice a queue that was deleted under its consumers: the broker only stops sending."""
        for system in self._names:
            name = self.queue(system, "ready")
            found = await within(PUBLISH_SECONDS, channel.declare_queue(name, passive=True))
            if not found.declaration_result.consumer_count:
                raise ConnectionError("nobody listens to a queue of ours")
