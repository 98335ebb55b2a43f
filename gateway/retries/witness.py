"""A witness of the highest fence, kept by RabbitMQ: what the database was before a restore.

One quorum queue with one message. Whoever looks puts a new one there before it takes the old away,
so that it is never lost, and no number of looks makes the broker give a message up.
"""

from __future__ import annotations

import json

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from gateway.retries.deadlines import FAILURES, connected, within
from gateway.retries.port import WitnessAway

SECONDS = 10.0
"""For the whole of a look, the way to the broker included."""
MOST = 100
"""Messages that are looked at: more than one lie there only where several looked at once."""


class RabbitWitness:
    """The witness in RabbitMQ; each look has a connection of its own."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def ask(self, database: int, fence: int) -> int:
        """Tell a fence and be told the highest ever; 0: none before. Raises `WitnessAway`."""
        try:
            return await within(SECONDS, self._ask(f"lienthong.v1.witness.{database:x}", fence))
        except FAILURES as error:
            raise WitnessAway(type(error).__name__) from None

    async def _ask(self, name: str, fence: int) -> int:
        async with connected(self._url, SECONDS / 2) as connection:
            channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
            await channel.declare_queue(name, durable=True, arguments={"x-queue-type": "quorum"})
            found = await _all(channel, name)
            highest = max((_fence(message) for message in found), default=0)
            message = aio_pika.Message(
                json.dumps({"fence": max(fence, highest)}).encode(),
                delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                content_type="application/json",
            )
            await channel.default_exchange.publish(message, name, mandatory=True)
            for old in found:
                await old.ack()
            return highest


async def _all(channel: AbstractChannel, name: str) -> list[AbstractIncomingMessage]:
    queue = await channel.get_queue(name, ensure=False)
    found: list[AbstractIncomingMessage] = []
    while len(found) < MOST and (one := await queue.get(no_ack=False, fail=False)) is not None:
        found.append(one)
    return found


def _fence(message: AbstractIncomingMessage) -> int:
    """Read a message of ours; what somebody else put there says nothing."""
    try:
        return int(json.loads(message.body)["fence"])
    except (ValueError, KeyError, TypeError):
        return 0
