"""One system's turns at the store: what ended is completed, and new lanes are claimed with it.

Where a turn fails, what ended stays to be completed: repeating that is harmless.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

from gateway.admission.allocate import assign_codes
from gateway.delivery.claim_hints import QueueStart, ReclaimTimer
from gateway.delivery.context import WorkerContext
from gateway.dossiers.limits import Limits
from gateway.dossiers.systems import System
from gateway.store.engine import Connection
from gateway.store.work import lanes
from gateway.store.work.lanes import Claim
from gateway.store.work.turns import Claimed, Completed, Finished, Turn, take_turn


class Turns:
    """Takes turns for one system, and learns from each where its queue begins."""

    def __init__(self, context: WorkerContext, system: System, limits: Limits) -> None:
        self._store = context.store
        self._limits = limits
        self._allocate = partial(_allocate, context, system)
        self._start = QueueStart()
        self._reclaim = ReclaimTimer()

    async def take(
        self, ended: Sequence[Finished], free: int, completed: Callable[[Completed], None]
    ) -> Turn:
        """Complete what ended, claim `free` lanes at most and read what they have to say.

        completed: called after the commit, also where the turn is cancelled in the middle; what it
        had claimed is then given back
        """
        begun = time.monotonic()
        since, reclaim = self._start.since(begun), self._reclaim.due(begun)

        def turn(connection: Connection) -> Turn:
            return take_turn(
                connection,
                self._limits,
                ended,
                free,
                allocate=self._allocate,
                reclaim=reclaim,
                since=since,
            )

        writing = asyncio.ensure_future(self._store.write(turn))
        try:
            taken = await asyncio.shield(writing)
        except asyncio.CancelledError:
            # A turn that fails now has claimed nothing; its error must not hide that we are to end.
            with contextlib.suppress(Exception):
                taken = await writing
                if taken.completed is not None:
                    completed(taken.completed)
                await self.give_back(taken.claimed.claims)
            raise
        if taken.completed is not None:
            completed(taken.completed)
        self._learn(taken.claimed, since, free)
        return taken

    async def give_back(self, claims: Sequence[Claim]) -> None:
        """Give back lanes of which nothing was sent."""
        await self._store.write(lambda connection: lanes.release(connection, claims))

    def _learn(self, claimed: Claimed, since: int | None, free: int) -> None:
        if claimed.only_lapsed:
            self._reclaim.note(claimed.cost, time.monotonic())
        elif free:
            self._start.note(since, claimed.lowest, claimed.cost, time.monotonic())


def _allocate(
    context: WorkerContext,
    system: System,
    connection: Connection,
    codes: Sequence[tuple[UUID, str]],
) -> frozenset[int]:
    return assign_codes(connection, context.systems, system, codes)
