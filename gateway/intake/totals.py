"""What only the store knows, in the metrics of one process: several never tell it twice.

Whoever is asked first tells it, as long as it goes on being asked; an other takes over when that
one has been silent for a minute. A lost database takes the totals away, and nothing else.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping

from gateway.store import sizes
from gateway.store.engine import Store
from gateway.store.errors import StoreUnavailable
from gateway.store.work import leadership, operating
from gateway.store.work.operating import Survey
from gateway.watch import metrics

LEASE = 60_000
"""Milliseconds; longer than the time between two scrapes."""
HOLDER = f"{os.getpid()}-{secrets.token_hex(4)}"


async def refresh(
    store: Store,
    ahead: int,
    depths: Mapping[tuple[str, str], int] | None = None,
    holder: str = HOLDER,
) -> None:
    """Bring the totals up to date, or take them away where another process tells them.

    depths: messages in the queues of the retries, by system and part
    """
    try:
        mine = await store.write(
            lambda connection: leadership.acquire(connection, "totals", holder, LEASE)
        )
        seen = await store.read(lambda connection: operating.survey(connection, ahead))
        more = await store.read(operating.totals)
        size = await store.read(sizes.database_bytes) if mine else 0
    except StoreUnavailable:
        metrics.store(up=False)
        metrics.no_totals()
        return
    metrics.store(up=True)
    if mine:
        _tell(seen, more)
        metrics.DATABASE_SIZE.labels("store").set(size)
        metrics.evidence(more.evidence)
        metrics.depths(depths or {})
    else:
        metrics.no_totals()


def _tell(seen: Survey, more: operating.Totals) -> None:
    metrics.no_totals()
    metrics.AT_RISK_ALL.labels("store").set(seen.at_risk)
    for one in seen.systems:
        for state in operating.SHOWN:
            metrics.LANES.labels(one.name, state).set(one.lanes.get(state, 0))
        age = 0 if one.oldest is None else max(0, seen.now - one.oldest) / 1000
        metrics.OLDEST.labels(one.name).set(age)
        metrics.AT_RISK.labels(one.name).set(one.at_risk)
        if one.earliest_due is not None:
            metrics.AT_RISK_DUE.labels(one.name).set(one.earliest_due / 1000)
        metrics.OVERDUE.labels(one.name).set(more.overdue.get(one.name, 0))
        metrics.GATE.labels(one.name).set(metrics.GATES[one.gate.state])
        metrics.WINDOW.labels(one.name).set(one.gate.window)
        metrics.HELD.labels(one.name).set(one.held_by is not None)
        for owner in operating.OWNERS:
            metrics.PARKED.labels(one.name, owner).set(more.parked.get((one.name, owner), 0))
    for system, silent in more.hearing.items():
        metrics.HEARING_SILENT.labels(system).set(silent / 1000)
    metrics.FEED_LAG.labels("store").set(more.feed_lag)
    if more.snapshot is not None:
        metrics.SNAPSHOT.labels("store").set(more.snapshot)
