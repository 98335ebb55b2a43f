"""What is said of the country's tables at the start: until when, and which are stale."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time

import structlog

from gateway.dossiers.tables import Table
from gateway.watch import metrics
from schemas.base import VIETNAM

log = structlog.get_logger()


def today() -> date:
    """Give the day in Vietnam."""
    return datetime.now(VIETNAM).date()


def announce(tables: Iterable[Table], on: date | None = None) -> None:
    """Show until when each table may be believed, and warn of those that are stale."""
    for one in tables:
        until = one.stand.until
        if until is None:
            continue
        metrics.table(one.name, datetime.combine(until, time.max, UTC).timestamp())
        if one.stand.stale(on or today()):
            file = str(one.file) if one.file is not None else "shipped"
            log.warning("table_stale", table=one.name, file=file, until=until.isoformat())
