"""Carries plans out, one process for all: commands and pages only write them down and watch."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from gateway.delivery.context import WorkerContext
from gateway.store.engine import Connection
from gateway.store.work import leadership, plans
from gateway.store.work.plans import Plan
from gateway.watch import metrics
from gateway.watch.outages import Loop

log = structlog.get_logger()

EVERY = 1.0
"""Seconds between two looks at the plans."""
LEASE = 15_000
"""Milliseconds after which another process goes on with the plans of one that is gone."""


@dataclass(slots=True)
class PlanRunner:
    """Goes on with every plan that runs, wave after wave, as long as this process leads."""

    context: WorkerContext

    async def run(self) -> None:
        """Look again and again until cancelled."""
        loop = Loop("plans")
        while True:
            try:
                await self.look()
                loop.worked()
            except Exception as error:  # noqa: BLE001 - the next look comes
                loop.met(error)
            await asyncio.sleep(max(0.05, EVERY * self.context.scale))

    async def look(self) -> bool:
        """Carry each plan that runs one step on; False: another process does that."""
        store, worker = self.context.store, self.context.worker
        running = await store.read(lambda connection: plans.found(connection, running=True))
        if not running:
            return True
        if not await store.write(
            lambda connection: leadership.acquire(connection, "plans", worker, LEASE)
        ):
            return False
        for one in reversed(running):  # the oldest goes first
            await self._advance(one)
        return True

    async def _advance(self, one: Plan) -> None:
        def advance(connection: Connection) -> int:
            return plans.advance(connection, self.context.systems, one.id)

        went = await self.context.store.write(advance)
        (now,) = await self.context.store.read(
            lambda connection: plans.found(connection, only=one.id)
        )
        if went:
            log.info("plan_wave", plan=str(one.id), system=one.name, wave=now.wave, lanes=went)
            metrics.planned(one.name, one.kind, went)
            self.context.store.announce({one.system})
            self.context.wake({one.system})
        if now.state != one.state:
            log.info("plan", plan=str(one.id), system=one.name, state=now.state, why=now.why)
