"""Whatever waits for a broker comes to an end, although its library may keep one to itself.

`aio_pika.connect` gives a connection to a caller that was cancelled in the same turn of the loop
(it waits by `asyncio.wait_for`, which does so before Python 3.12); other calls turn a cancellation
into an error of their connection, or wait without an end for a broker that is frozen. So they run
in tasks of their own, which are told to end until they do, and left if they never do.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import TypeVar

import aio_pika
import structlog
from aio_pika.abc import AbstractConnection
from aiormq.exceptions import AMQPError

log = structlog.get_logger()

T = TypeVar("T")
FAILURES = (AMQPError, aio_pika.exceptions.AMQPException, OSError, TimeoutError, RuntimeError)
"""What a broker that is away, frozen or at odds with us ends a call with."""
CLOSING = 3.0
"""Seconds to say goodbye in; the library itself waits two for an answer."""
LEAVING = 4.0
"""Seconds in which a task that was told to end must do so before it is told again."""
TELLINGS = 3


async def within(seconds: float | None, work: Awaitable[T], leaving: float = LEAVING) -> T:
    """Await what talks to a broker, for so long at most (None: for ever), then `TimeoutError`.

    Whoever waits here can be cancelled at any moment, and is so at once or a bounded time later.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait([task], timeout=seconds)
        late = not task.done()
    finally:
        await _end(task, leaving)
    if late:
        raise TimeoutError
    if task.cancelled():
        raise ConnectionError("the call was broken off")  # as the library does if a broker goes
    return task.result()


async def _end(task: asyncio.Future[T], leaving: float) -> None:
    """Tell a task to end until it does."""
    for _ in range(TELLINGS):
        if task.done():
            break
        task.cancel()
        await asyncio.wait([task], timeout=leaving)
    else:
        if not task.done():
            log.warning("broker_call_left", why="it does not end")
            return
    if not task.cancelled():
        task.exception()  # looked at: whoever was cancelled or late has no use for it


@asynccontextmanager
async def connected(url: str, seconds: float) -> AsyncIterator[AbstractConnection]:
    """Connect within so many seconds, and close without waiting for somebody who is frozen."""
    async with asyncio.timeout(seconds):
        connection = await aio_pika.connect(url, timeout=seconds)
    try:
        yield connection
    finally:
        with contextlib.suppress(*FAILURES):
            await within(CLOSING, connection.close())
