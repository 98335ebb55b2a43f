"""What makes a runner look at the outbox before its time: news, kept while nobody may pass."""

from __future__ import annotations

import asyncio
import contextlib
import time


class WakeUp:
    """Wakes one runner; news that come while its gate is shut wait until it may open."""

    def __init__(self) -> None:
        self._news = asyncio.Event()
        self._barred = 0.0
        self._postponed = False

    def bar(self, seconds: float) -> None:
        """Let news wait for so long from now on: nothing could be claimed before."""
        self._barred = time.monotonic() + seconds

    def outside(self) -> None:
        """Hear of new work; while the gate lets nobody pass, that is kept until it may."""
        left = self._barred - time.monotonic()
        if left <= 0:
            self._news.set()
        elif not self._postponed:
            self._postponed = True
            asyncio.get_running_loop().call_later(left, self._kept)

    def _kept(self) -> None:
        self._postponed = False
        self._news.set()

    def inside(self) -> None:
        """Hear that a conversation ended: its place is free, whatever the gate says."""
        self._news.set()

    def clear(self) -> None:
        """Forget the news: whoever clears looks at everything now."""
        self._news.clear()

    async def wait(self, seconds: float) -> None:
        """Wait for news, for so long at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()
