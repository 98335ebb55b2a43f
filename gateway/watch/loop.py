"""How late the event loop is: the first sign of a process that has too much to do."""

from __future__ import annotations

import asyncio

from gateway.watch import metrics

EVERY = 1.0


async def watch_loop() -> None:
    """Measure once a second until cancelled."""
    clock = asyncio.get_running_loop().time
    while True:
        begun = clock()
        await asyncio.sleep(EVERY)
        metrics.lag(clock() - begun - EVERY)
