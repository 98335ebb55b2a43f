"""Retries without a broker: a heap in memory over the waits that the database holds anyway.

What a restart forgets here the sweeper finds there.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Sequence

from gateway.retries.port import Wake
from gateway.rules.schedule import Waiting
from gateway.watch import metrics

MOST = 100_000
"""More waits than this are left to the sweeper: memory stays bounded."""
AT_ONCE = 500


class EmbeddedRetries:
    """The port in one process, without a server."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, Wake]] = []
        self._earlier = asyncio.Event()

    def hold(self, waits: Sequence[Waiting]) -> None:
        """Remember when each wait ends."""
        now = asyncio.get_running_loop().time()
        for wait in waits:
            if len(self._heap) < MOST:
                lane = (wait.dossier_id, wait.system, wait.fence)
                heapq.heappush(self._heap, (now + wait.seconds, lane))
        self._earlier.set()

    async def run(self, wake: Callable[[Sequence[Wake]], Awaitable[None]]) -> None:
        """Hand waits back when their time has come, until cancelled."""
        while True:
            self._earlier.clear()
            due = self._due()
            if due:
                await wake(due)
                metrics.retries("process", len(due))
                continue
            await self._until_next()

    def _due(self) -> list[Wake]:
        now = asyncio.get_running_loop().time()
        due: list[Wake] = []
        while self._heap and self._heap[0][0] <= now and len(due) < AT_ONCE:
            due.append(heapq.heappop(self._heap)[1])
        return due

    async def _until_next(self) -> None:
        now = asyncio.get_running_loop().time()
        seconds = self._heap[0][0] - now if self._heap else None
        try:
            async with asyncio.timeout(seconds):
                await self._earlier.wait()
        except TimeoutError:
            return
