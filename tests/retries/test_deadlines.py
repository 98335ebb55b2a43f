"""Whatever waits for a broker ends: at its time, or whenever it is told to."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest

from gateway.retries import consuming, publishing, queues
from gateway.retries import rabbit as rabbit_module
from gateway.retries.deadlines import within
from gateway.retries.inspection import BrokerAway, look
from gateway.retries.watching import Watch
from gateway.workbench.servers import PrivateRabbit
from tests.retries.test_port import Bell, end, rabbit_retries, waiting

SOON = 0.05
LONGEST = 30.0


async def deaf(times: int) -> None:
    """Keep so many cancellations to itself, and wait for what never comes."""
    for _ in range(times):
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
    await asyncio.Event().wait()


async def angry() -> None:
    """Turn a cancellation into an error of its own."""
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        raise ConnectionError from None


WORKS = [lambda: deaf(0), lambda: deaf(1), lambda: deaf(2), lambda: deaf(3), angry]


@pytest.mark.parametrize("work", WORKS)
async def test_whoever_is_cancelled_ends(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Law 2: Whatever the work makes of a cancellation, ours comes out as one."""
    task = asyncio.create_task(within(None, work(), SOON))
    await asyncio.sleep(SOON)
    task.cancel()
    await asyncio.wait([task], timeout=LONGEST)

    assert task.cancelled()


@pytest.mark.parametrize("work", WORKS)
async def test_whatever_is_late_is_told_so(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Law 2: Whatever the work makes of its end, it was late."""
    with pytest.raises(TimeoutError):
        await within(SOON, work(), SOON)


async def test_what_breaks_off_by_itself_is_no_cancellation_of_ours() -> None:
    """A library that cancels its own call, as when a connection breaks, tells of a failure."""

    async def broken() -> None:
        raise asyncio.CancelledError

    with pytest.raises(ConnectionError):
        await within(None, broken())


class Relay:
    """A way to a broker on which nothing more comes back after so many pieces."""

    def __init__(self, url: str, pieces: int) -> None:
        self.url = url
        self.left = pieces
        self.frozen = asyncio.Event()
        self.thawed = asyncio.Event()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """Give the address of the way."""
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        try:
            yield urlunsplit(urlsplit(self.url)._replace(netloc=f"guest:guest@127.0.0.1:{port}"))
        finally:
            self.thawed.set()
            server.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs = urlsplit(self.url)
        there, back = await asyncio.open_connection(theirs.hostname, theirs.port)

        async def answers() -> None:
            while piece := await there.read(65536):
                if self.left <= 0:
                    self.frozen.set()
                    await self.thawed.wait()
                self.left -= 1
                writer.write(piece)
            writer.close()

        with contextlib.suppress(OSError):
            answering = asyncio.create_task(answers())
            while piece := await reader.read(65536):
                back.write(piece)
            back.close()
            await answering


PIECES = range(16)
"""Where a way may freeze: from the greeting to the last answer before somebody listens."""


async def test_a_broker_that_freezes_at_any_step_stops_nobody(
    rabbit: PrivateRabbit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 2: Wherever it froze, waits are published and come back after it goes on."""
    for module, name in (
        (rabbit_module, "STEP"),
        (queues, "STEP"),
        (consuming, "STEP"),
        (consuming, "LOOK"),
        (publishing, "PUBLISH_SECONDS"),
        (publishing, "LOOK"),
    ):
        monkeypatch.setattr(module, name, 1.0)

    async def freeze(pieces: int) -> int:
        relay = Relay(rabbit.url, pieces)
        async with relay.open() as url:
            retries, bell = rabbit_retries(url), Bell()
            task = asyncio.create_task(retries.run(bell.wake))
            retries.hold([waiting()])
            await relay.frozen.wait()
            await asyncio.sleep(2.5)
            relay.thawed.set()
            await bell.until(1, LONGEST)
            await end(task)
        return len(bell.woken)

    assert all(await asyncio.gather(*map(freeze, PIECES)))


async def test_looks_at_a_frozen_broker_end(rabbit: PrivateRabbit) -> None:
    """Law 2: Wherever it froze, a look says that it is away, and who looks on can be ended."""
    may_stand = rabbit_retries(rabbit.url).queues()

    async def freeze(pieces: int) -> tuple[bool, str]:
        relay = Relay(rabbit.url, pieces)
        async with relay.open() as url:
            watch = Watch(url, {name: ("a", name) for name in may_stand})
            task = asyncio.create_task(watch.run())
            await relay.frozen.wait()
            async with asyncio.timeout(LONGEST):
                found = await look(url, may_stand)
                while watch.say() != "down":
                    await asyncio.sleep(0.05)
            await end(task)
            return isinstance(found, BrokerAway), watch.say()

    assert await asyncio.gather(*map(freeze, PIECES)) == [(True, "down")] * len(PIECES)


async def test_retries_and_looks_end_whenever_they_are_told_to(rabbit: PrivateRabbit) -> None:
    """Law 2: A cancellation at any moment of setting up is heard: a gateway can be stopped."""
    may_stand = rabbit_retries(rabbit.url).queues()

    async def stopped(run: Callable[[], Coroutine[Any, Any, None]], after: float) -> None:
        task = asyncio.create_task(run())
        await asyncio.sleep(after)
        await end(task)

    def retries() -> Coroutine[Any, Any, None]:
        return rabbit_retries(rabbit.url).run(Bell().wake)

    def watch() -> Coroutine[Any, Any, None]:
        return Watch(rabbit.url, {name: ("a", name) for name in may_stand}).run()

    for milliseconds in range(0, 120, 3):
        for run in (retries, watch):
            await stopped(run, milliseconds / 1000)
