"""What remains to be done, compared with what the ledger says remains."""

from __future__ import annotations

from gateway.store.engine import Store
from gateway.store.ledger import consistency
from gateway.store.ledger.consistency import Difference


async def compare(store: Store) -> list[Difference]:
    """Rebuild the outbox from the ledger, and give the differences; changes nothing."""
    return await store.read(consistency.compare)


async def mend(store: Store) -> list[Difference]:
    """Put forgotten lanes back, and give them."""
    return await store.write(consistency.mend)


__all__ = ["Difference", "compare", "mend"]
