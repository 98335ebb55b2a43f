"""The audit: who did what to which object, why, and what came of it; append-only."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass

import structlog
from uuid_utils.compat import uuid7

from gateway.store import audit as rows
from gateway.store.engine import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One act. Nothing here is personal data of a citizen.

    who: `client:NAME`, `person:NAME`, `system:NAME` or `os:USER`; what: a verb like `clients.add`
    object: an id or a name; result: `done`, `denied` or the code of a refusal
    """

    who: str
    what: str
    object: str = ""
    reason: str = ""
    result: str = "done"


def record(connection: Connection, *entries: Entry) -> None:
    """Add acts to the audit, in the transaction of the act itself."""
    request = str(structlog.contextvars.get_contextvars().get("request", ""))
    now = int(time.time() * 1000)
    rows.add(
        connection,
        [asdict(entry) | {"id": uuid7(), "at": now, "request": request} for entry in entries],
    )
