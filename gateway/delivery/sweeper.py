"""The sweeper: wakes what should have been woken, so that lost wake-ups only delay."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime

import structlog

from gateway.dossiers.systems import System
from gateway.store import schema
from gateway.store.engine import Connection, Store
from gateway.store.work import lanes
from gateway.watch import metrics

log = structlog.get_logger()

EVERY = 5.0
"""Seconds between two sweeps."""
HOUR = 3600.0
GRACE, LEAST_GRACE = 5.0, 1.0
"""Seconds that a wait on a rung may be overdue before the sweeper steps in: retries go first.

A broker is no faster where waits are made shorter, so this is not scaled below the second one.
"""


async def turn_months(store: Store, keep: int) -> None:
    """Keep partitions of attempts standing ahead, and drop old ones, once an hour."""

    def turn(connection: Connection) -> list[str]:
        return schema.turn_months(connection, datetime.now(UTC), keep)

    while True:
        try:
            changed = await store.write(turn)
        except Exception as error:  # noqa: BLE001 - there is a partition for everything else
            log.warning("months_failed", error=type(error).__name__)
        else:
            if changed:
                log.info("months", changed=changed)
        await asyncio.sleep(HOUR)


async def sweep(
    store: Store, systems: Sequence[System], wake: Callable[[Collection[int]], None], scale: float
) -> None:
    """Wake overdue waits of every system, until cancelled; what no retry holds, when it is due."""
    every, grace = max(0.2, EVERY * scale), int(max(LEAST_GRACE, GRACE * scale) * 1000)
    while True:
        for system in systems:
            try:
                swept = await store.write(
                    lambda connection: lanes.wake_due(connection, system.id, 0, grace)  # noqa: B023 - awaited in this turn
                )
            except Exception as error:  # noqa: BLE001 - a sweep that fails is followed by another
                log.warning("sweep_failed", system=system.name, error=type(error).__name__)
                continue
            metrics.retries("sweeper", swept.missed)
            metrics.retries("unheld", swept.unheld)
            if swept.woken:
                log.info("swept", system=system.name, woken=swept.woken, missed=swept.missed)
                wake({system.id})
        metrics.swept()
        await asyncio.sleep(every)
