"""The port of the retries, on both engines: waits come back once their time has come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest
from uuid_utils.compat import uuid7

from gateway.retries.embedded import EmbeddedRetries
from gateway.retries.port import Origin, Retries, Wake
from gateway.retries.rabbit import RabbitRetries
from gateway.retries.topology import Queues
from gateway.rules.schedule import RUNGS, Waiting, backoff, rung_of
from gateway.workbench.servers import PrivateRabbit

SCALE = 0.05


@dataclass
class Bell:
    """Hears wake-ups."""

    woken: list[tuple[Wake, float]] = field(default_factory=list)

    async def wake(self, lanes: Sequence[Wake]) -> int:
        """Note what woke, and when."""
        self.woken += [(lane, time.monotonic()) for lane in lanes]
        return len(lanes)

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


def waiting(rung: int = 0) -> Waiting:
    """Make a wait of a rung, the first if not told."""
    return Waiting(uuid7(), 1, 7, RUNGS[rung] * SCALE, rung)


def rabbit_retries(url: str, systems: int = 1, origin: Origin | None = None) -> RabbitRetries:
    """Make retries over queues of their own, for systems called a1, a2 and so on."""
    names = {number: f"a{number}" for number in range(1, systems + 1)}
    return RabbitRetries(url, names, Queues(SCALE, f"t{time.monotonic_ns()}"), origin)


@pytest.fixture(params=["embedded", "rabbit"])
async def running(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Retries, Bell]]:
    """Run each engine in turn."""
    retries: Retries
    if request.param == "embedded":
        retries = EmbeddedRetries()
    else:
        server: PrivateRabbit = request.getfixturevalue("rabbit")
        retries = rabbit_retries(server.url)
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
    """A wake-up is never earlier than its time."""
    retries, bell = running
    begun = time.monotonic()
    retries.hold([waiting()])
    await bell.until(1)

    assert bell.woken[0][1] - begun >= RUNGS[0] * SCALE


async def test_holding_never_blocks(running: tuple[Retries, Bell]) -> None:
    """Thousands are taken at once."""
    retries, _ = running
    begun = time.monotonic()
    retries.hold([waiting(-1) for _ in range(5000)])

    assert time.monotonic() - begun < 1.0


def test_a_wait_stands_on_a_rung_that_is_no_shorter() -> None:
    """Law 2: One shorter than any rung, between two, or beyond the last is the database's alone."""
    asked = (1.0, 9.5, 30.0, 60.0, 61.0, 299.0, 4000.0)

    assert [rung_of(seconds) for seconds in asked] == [None, 0, None, 1, None, 2, None]


@pytest.mark.parametrize("tries", [1, 2, 3, 4, 50])
@pytest.mark.parametrize("jitter", [0.0, 0.3, 0.999_999_999_999_999_9])
def test_every_wait_of_ours_stands_on_its_rung(tries: int, jitter: float) -> None:
    """Whatever is drawn: only what others ask for may be near none."""
    assert rung_of(backoff(tries, jitter)) == min(tries, len(RUNGS)) - 1


async def test_a_store_that_is_away_ends_no_retries() -> None:
    """Without a broker too: what it does not take is handed over again, once, and then the rest."""
    retries, bell, refused = EmbeddedRetries(), Bell(), [2]

    async def wake(lanes: Sequence[Wake]) -> int:
        if refused[0]:
            refused[0] -= 1
            raise ConnectionError
        return await bell.wake(lanes)

    task = asyncio.create_task(retries.run(wake))
    retries.hold([waiting() for _ in range(3)])
    await bell.until(3)
    await end(task)

    assert len(bell.woken) == 3
