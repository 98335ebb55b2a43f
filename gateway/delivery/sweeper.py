"""The sweeper: wakes what should have been woken, so that lost wake-ups only delay."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import structlog

from gateway.store import lanes
from gateway.store.engine import Store
from gateway.store.systems import Target
from gateway.watch import metrics

log = structlog.get_logger()

EVERY = 5.0
"""Seconds between two sweeps."""
GRACE = 2.0
"""Seconds that a wait may be overdue before the sweeper steps in: retries go first."""


async def sweep(
    store: Store, targets: Sequence[Target], wake: Callable[[int], None], scale: float
) -> None:
    """Wake overdue waits of every system, until cancelled."""
    every, grace = max(0.2, EVERY * scale), int(GRACE * scale * 1000)
    while True:
        for target in targets:
            try:
                woken = await store.write(
                    lambda connection: lanes.wake_due(connection, target.id, grace)  # noqa: B023 - awaited in this turn
                )
            except Exception as error:  # noqa: BLE001 - a sweep that fails is followed by another
                log.warning("sweep_failed", system=target.name, error=type(error).__name__)
                continue
            if woken:
                metrics.retries("sweeper", woken)
                log.info("swept", system=target.name, woken=woken)
                wake(target.id)
        await asyncio.sleep(every)
