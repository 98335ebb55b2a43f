"""What remains to be done, compared with what the ledger says remains."""

from __future__ import annotations

from gateway.access.audit import Entry, record
from gateway.store.engine import Connection, Store
from gateway.store.ledger import consistency
from gateway.store.ledger.consistency import Difference


async def compare(store: Store) -> list[Difference]:
    """Rebuild the outbox from the ledger, and give the differences; changes nothing."""
    return await store.read(consistency.compare)


async def mend(store: Store, *, by: str) -> list[Difference]:
    """Put forgotten lanes back, and give them; what it did is in the audit."""

    def job(connection: Connection) -> list[Difference]:
        found = consistency.mend(connection)
        if found:
            record(connection, Entry(who=by, what="outbox.mend", object=f"{len(found)} lanes"))
        return found

    return await store.write(job)


__all__ = ["Difference", "compare", "mend"]
