"""What RabbitMQ remembers of the highest fence outlives the database's restore (law 18)."""

from __future__ import annotations

import secrets

import pytest

from gateway.retries.port import WitnessAway
from gateway.retries.witness import RabbitWitness
from gateway.workbench.machine import free_port
from gateway.workbench.servers import PrivateRabbit

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
