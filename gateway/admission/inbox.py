"""Where systems are heard: items and cursor in one transaction, and one bad item alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import structlog

from gateway.access.principals import Principal
from gateway.admission import inbound
from gateway.admission.batcher import Waker
from gateway.dossiers.systems import System, Systems
from gateway.store.engine import Connection, Store
from gateway.store.errors import StoreUnavailable
from gateway.watch import metrics
from schemas.inbound import Item, Verdict

log = structlog.get_logger()
Before = Callable[[Connection], None]


class Superseded(Exception):  # noqa: N818 - raised by `before`: somebody else listens by now
    """Nothing of this may be stored."""


class InboundHandler:
    """Stores what systems tell; `accounts`: as which client each system's own dossiers are kept."""

    def __init__(
        self,
        store: Store,
        systems: Systems,
        accounts: Mapping[str, Principal],
        wake: Waker,
    ) -> None:
        self._store = store
        self._systems = systems
        self._tellers = accounts
        self._wake = wake

    async def handle(
        self, system: System, items: Sequence[Item], before: Before | None = None
    ) -> tuple[Verdict, ...]:
        """Store items in one transaction, after `before`, which belongs to it."""
        try:
            verdicts, ready = await self._take(system, items, before)
        except (StoreUnavailable, Superseded):
            raise
        except Exception as error:  # noqa: BLE001 - one bad item must not hold up the others
            log.warning("heard_badly", system=system.name, error=type(error).__name__)
            verdicts, ready = await self._one_by_one(system, items)
            if before is not None:
                await self._store.write(before)
        metrics.heard(system.name, inbound.counted(verdicts))
        contested = sum(verdict.word == "stored" and bool(verdict.problems) for verdict in verdicts)
        metrics.CONFLICTS.labels("heard").inc(contested)
        self._wake(ready)
        return verdicts

    async def _take(
        self, system: System, items: Sequence[Item], before: Before | None = None
    ) -> tuple[tuple[Verdict, ...], frozenset[int]]:
        def take(connection: Connection) -> tuple[tuple[Verdict, ...], frozenset[int]]:
            if before is not None:
                before(connection)
            return inbound.record_items(
                connection, self._systems, self._tellers, system.name, items
            )

        return await self._store.write(take)

    async def _one_by_one(
        self, system: System, items: Sequence[Item]
    ) -> tuple[tuple[Verdict, ...], frozenset[int]]:
        """Store each item by itself; every one may be told again without harm."""
        verdicts: list[Verdict] = []
        ready: frozenset[int] = frozenset()
        for item in items:
            try:
                taken, more = await self._take(system, [item])
                verdicts += taken
                ready |= more
            except StoreUnavailable:
                raise
            except Exception as error:  # noqa: BLE001 - it is reported beside the item
                log.warning("item_failed", system=system.name, error=type(error).__name__)
                verdicts.append(inbound.internal(item))
        return tuple(verdicts), ready
