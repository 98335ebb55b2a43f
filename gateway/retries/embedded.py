"""Retries without a broker: a heap in memory over the waits that the database holds anyway.

What a restart forgets here the sweeper finds there.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Sequence

import structlog

from gateway.retries.port import Wake, Wakes
from gateway.rules.schedule import Waiting
from gateway.watch import metrics

log = structlog.get_logger()

MOST = 100_000
"""More waits than this are left to the sweeper: memory stays bounded."""
AT_ONCE = 500
PAUSE, LONGEST_PAUSE = 0.5, 5.0
"""Seconds before the store is asked again, at first and at most."""


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

    async def run(self, wake: Wakes) -> None:
        """Hand waits back when their time has come, until cancelled.

        What the store does not take now is handed back a little later.
        """
        while True:
            self._earlier.clear()
            due = self._due()
            if not due:
                await self._until_next()
                continue
            pause = PAUSE
            while (woken := await self._taken(wake, due)) is None:
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            metrics.retries("process", woken)
            metrics.retries("stale", len(due) - woken)

    async def _taken(self, wake: Wakes, due: Sequence[Wake]) -> int | None:
        try:
            return await wake(due)
        except Exception as error:  # noqa: BLE001 - whatever it is, the store did not take them
            log.warning("wake_ups_wait", count=len(due), error=type(error).__name__)
            return None

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
