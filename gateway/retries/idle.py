"""Takes away delay queues that nobody uses any more.

One is taken away where it is empty at a look and this process has sent nothing there for as long
as anything could wait in it. Another process that uses it meets an unroutable wait, and declares it
again; a wait that goes there in the moment between look and end is the sweeper's.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import structlog
from aio_pika.abc import AbstractConnection

from gateway.retries.deadlines import within
from gateway.retries.queues import STEP, depth
from gateway.retries.topology import Topology

log = structlog.get_logger()

EVERY = 6 * 3600.0
"""Seconds between two looks, which ask for each queue that may stand: it lies idle so long."""
SPACING = 0.02
"""Seconds between two questions: whoever has hundreds of systems asks for thousands of queues."""


class IdleQueues:
    """Looks for idle queues; uses: says whether one is in use here."""

    def __init__(self, uses: Callable[[str], bool], queues: Topology) -> None:
        self._uses = uses
        self._names = [name for name, more in queues.items() if "x-message-ttl" in more]
        self._random = random.Random()  # noqa: S311 - only that processes look at different times

    def pause(self) -> float:
        """Give the seconds until the next look; processes that start together look apart."""
        return EVERY * self._random.uniform(0.5, 1.0)

    async def take_away(self, connection: AbstractConnection) -> list[str]:
        """Take away what lies idle; give its names."""
        gone, channel = [], await within(STEP, connection.channel())
        for name in self._names:
            if self._uses(name):
                continue
            found = await depth(channel, name)
            if found is None:
                channel = await within(STEP, connection.channel())
            elif not found:
                await within(STEP, channel.queue_delete(name))
                gone.append(name)
            await asyncio.sleep(SPACING)
        if gone:
            log.info("idle_queues_gone", queues=len(gone))
        return gone
