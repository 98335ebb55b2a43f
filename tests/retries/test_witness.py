"""What RabbitMQ remembers of the highest fence outlives the database's restore (law 18)."""

from __future__ import annotations

import asyncio
import secrets

import pytest

from gateway.retries.port import Origin, WitnessAway
from gateway.retries.witness import RabbitWitness
from gateway.workbench.machine import free_port
from gateway.workbench.servers import PrivateRabbit
from tests.retries.test_port import Bell, rabbit_retries, waiting

MANY = 25
"""Looks: more than a broker gives a message out that nobody acknowledges."""


async def test_the_highest_fence_is_remembered_however_often_it_is_asked(
    rabbit: PrivateRabbit,
) -> None:
    """A lower fence changes nothing, and each database has a memory of its own."""
    witness, mine, other = RabbitWitness(rabbit.url), secrets.randbits(62), secrets.randbits(62)

    first = await witness.ask(mine, 700)
    told = [await witness.ask(mine, number) for number in range(MANY)]

    assert first == 0
    assert set(told) == {700}
    assert await witness.ask(other, 1) == 0


async def test_a_broker_that_is_away_is_said_to_be() -> None:
    """Nobody waits for a witness that cannot be asked."""
    witness = RabbitWitness(f"amqp://127.0.0.1:{free_port()}/")

    with pytest.raises(WitnessAway):
        await witness.ask(1, 1)


@pytest.mark.parametrize(("wrote", "heard"), [(7, [7]), (8, [0]), (0, [0])])
async def test_a_wake_up_tells_how_far_its_database_had_come(
    rabbit: PrivateRabbit, wrote: int, heard: list[int]
) -> None:
    """Law 18: Its fence counts where it was published over the same database, and nowhere else."""
    told: list[int] = []
    origin = Origin(database=wrote, heard=told.append)
    retries, bell = rabbit_retries(rabbit.url, origin=origin), Bell()
    task = asyncio.create_task(retries.run(bell.wake))
    retries.hold([waiting()])
    await asyncio.sleep(0.2)  # it is published by then, or at the latest under the other number
    origin.database = 7
    await bell.until(1)
    task.cancel()
    await asyncio.wait([task])

    assert told == heard
