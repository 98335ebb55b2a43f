"""The port of the retries, on both engines: waits come back once their time has come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

import pytest
from uuid_utils.compat import uuid7

from gateway.retries.embedded import EmbeddedRetries
from gateway.retries.port import Retries, Wake
from gateway.retries.rabbit import RabbitRetries
from gateway.rules.schedule import Waiting
from gateway.workbench.servers import PrivateRabbit

SCALE = 0.05


@dataclass
class Bell:
    """Hears wake-ups."""

    woken: list[tuple[Wake, float]] = field(default_factory=list)

    async def wake(self, lanes: Sequence[Wake]) -> None:
        """Note what woke, and when."""
        self.woken += [(lane, time.monotonic()) for lane in lanes]

    async def until(self, count: int, seconds: float = 40) -> None:
        """Wait for so many."""
        async with asyncio.timeout(seconds):
            while len(self.woken) < count:
                await asyncio.sleep(0.01)


async def end(task: asyncio.Task[None]) -> None:
    """End what runs for ever, which it must allow."""
    task.cancel()
    await asyncio.wait([task], timeout=30)

    assert task.done()


def waiting(seconds: float = 0.48) -> Waiting:
    """Make a wait of the first rung."""
    return Waiting(uuid7(), 1, 7, seconds)


@pytest.fixture(params=["embedded", "rabbit"])
async def running(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Retries, Bell]]:
    """Run each engine in turn."""
    retries: Retries
    if request.param == "embedded":
        retries = EmbeddedRetries()
    else:
        server: PrivateRabbit = request.getfixturevalue("rabbit")
        retries = RabbitRetries(server.url, {1: f"s{time.monotonic_ns()}"}, SCALE)
    bell = Bell()
    task = asyncio.create_task(retries.run(bell.wake))
    yield retries, bell
    await end(task)


async def test_a_wait_comes_back_once(running: tuple[Retries, Bell]) -> None:
    """Every wait that is held ends in one wake-up with its fence."""
    retries, bell = running
    waits = [waiting() for _ in range(20)]
    retries.hold(waits)
    await bell.until(20)
    await asyncio.sleep(0.5)

    assert sorted(lane for lane, _ in bell.woken) == sorted(
        (one.dossier_id, one.system, one.fence) for one in waits
    )


async def test_no_wait_ends_early(running: tuple[Retries, Bell]) -> None:
    """A wake-up is never earlier than nine tenths of the rung."""
    retries, bell = running
    begun = time.monotonic()
    retries.hold([waiting()])
    await bell.until(1)

    assert bell.woken[0][1] - begun >= 0.44


async def test_holding_never_blocks(running: tuple[Retries, Bell]) -> None:
    """Thousands are taken at once."""
    retries, _ = running
    begun = time.monotonic()
    retries.hold([waiting(1800 * SCALE) for _ in range(5000)])

    assert time.monotonic() - begun < 1.0


def _fits(retries: RabbitRetries) -> Callable[[float], float | None]:
    return retries.rung


async def test_what_fits_no_queue_is_left_to_the_database(rabbit: PrivateRabbit) -> None:
    """Law 2: A wait shorter than any rung, between two, or beyond the last is not published."""
    fits = _fits(RabbitRetries(rabbit.url, {1: "x"}, 1.0))

    assert [fits(seconds) for seconds in (1.0, 9.5, 30.0, 60.0, 299.0, 4000.0)] == [
        None,
        10.0,
        None,
        60.0,
        300.0,
        None,
    ]
