"""What a look at the broker finds."""

from __future__ import annotations

import aio_pika

from gateway.retries.inspection import BrokerAway, BrokerSeen, look
from gateway.retries.topology import former
from gateway.workbench.servers import PrivateRabbit
from tests.retries.test_port import rabbit_retries


async def test_queues_that_stand_are_told_from_others(rabbit: PrivateRabbit) -> None:
    """One is as ours, with what is in it, one has other arguments; a look declares no third.

    One of a former version is told too.
    """
    queues = rabbit_retries(rabbit.url).queues()
    ours, other, *_ = queues
    async with await aio_pika.connect(rabbit.url) as connection:
        channel = await connection.channel()
        quorum = {"x-queue-type": "quorum"}
        await channel.declare_queue(ours, durable=True, arguments={**quorum, **queues[ours]})
        await channel.declare_queue(other, durable=True, arguments=quorum | {"x-max-length": 7})
        (old,) = former(["of-old"])
        await channel.declare_queue(old, durable=True, arguments=dict(quorum))
        others = (*former(["never-was"]), old)
        seen = [await look(rabbit.url, queues, others) for _ in range(2)]
        for name in (ours, other, old):
            await channel.queue_delete(name)

    assert all(isinstance(one, BrokerSeen) and one.version >= (3,) for one in seen)
    assert [one.queues for one in seen if isinstance(one, BrokerSeen)] == [
        {ours: 0, other: None}
    ] * 2
    assert [one.others for one in seen if isinstance(one, BrokerSeen)] == [(old,)] * 2


async def test_a_broker_that_is_away_is_said() -> None:
    """By the name of the error alone: an address may hold a password."""
    assert isinstance(await look("amqp://guest:guest@127.0.0.1:1/", {}), BrokerAway)
