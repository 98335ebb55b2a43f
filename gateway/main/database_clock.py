"""Our clock against the database's: at the start, and then once a minute."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from gateway.main.bootstrap import shared
from gateway.store.dialect import now
from gateway.store.engine import Store
from gateway.store.errors import StoreUnavailable
from gateway.watch.clock import ClockSkew

EVERY = 60.0
"""Seconds between two looks."""
SLOW = 5.0
"""Seconds: an answer that took longer says too little of when it was given."""


class DatabaseClock:
    """Compares with a database of another machine; an embedded one has our own clock."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        self._store = shared(store)
        self._clock = clock
        self._skew = ClockSkew("database")

    async def look(self) -> None:
        """Compare once; a database that is away or slow says nothing."""
        if self._store is None:
            return
        begun = time.monotonic()
        try:
            theirs = await self._store.read(now) / 1000
        except StoreUnavailable:
            return
        seconds = time.monotonic() - begun
        if seconds <= SLOW:
            self._skew.measured(self._clock() - seconds / 2 - theirs)

    async def run(self) -> None:
        """Compare until cancelled."""
        while self._store is not None:
            await asyncio.sleep(EVERY)
            await self.look()
