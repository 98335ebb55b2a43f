"""The checker: goes round the ledger part by part, and counts where the outbox differs from it.

It mends nothing: `lienthong outbox` shows the lanes, and `--mend` puts forgotten ones back.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from gateway.store.engine import Store
from gateway.store.ledger import consistency
from gateway.store.ledger.consistency import Difference
from gateway.store.work import leadership
from gateway.watch import metrics
from gateway.watch.outages import Loop

log = structlog.get_logger()

EVERY = 60.0
"""Seconds between two parts."""
LANES = 20_000
"""Of one part: a country's lanes of four months are gone round in about a day and a half."""
LEASE = 180_000
KINDS = ("forgotten", "idle")


@dataclass(slots=True)
class ConsistencyScan:
    """Goes round; `holder` names the process that does it for all.

    systems: those that are spoken to; what is left to say to others is no difference
    """

    store: Store
    holder: str
    systems: frozenset[str]
    lanes: int = LANES
    _after: UUID | None = None
    _found: Counter[str] = field(default_factory=Counter)

    async def run(self) -> None:
        """Look at one part after the other until cancelled."""
        loop = Loop("check")
        while True:
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 - the next look comes
                loop.met(error)
            else:
                loop.worked()
            await asyncio.sleep(EVERY)

    async def look(self) -> bool:
        """Look at the next part, if it is this process's turn; True: that ended a lap."""
        mine = await self.store.write(
            lambda connection: leadership.acquire(connection, "checker", self.holder, LEASE)
        )
        if not mine:
            metrics.not_checking()
            return False
        part = await self.store.read(
            lambda connection: consistency.next_part(connection, self._after, self.lanes)
        )
        found = await self.store.read(lambda connection: consistency.compare(connection, part=part))
        self._note([one for one in found if one.name in self.systems])
        self._after = part[1]
        if self._after is not None:
            metrics.checked(None)
            return False
        metrics.checked({what: self._found[what] for what in KINDS})
        self._found.clear()
        return True

    def _note(self, found: list[Difference]) -> None:
        self._found.update(one.what for one in found)
        for one in found[:10]:
            log.error("outbox_differs", what=one.what, system=one.name, dossier=str(one.dossier_id))
