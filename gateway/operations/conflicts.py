"""Codes that several dossiers have: whose they are, a human must say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.store.engine import Store
from gateway.store.ledger import conflicts
from gateway.store.ledger.conflicts import Claimant

MOST = 200
"""Codes that are shown at once, the newest."""


async def contested(store: Store) -> Mapping[str, Sequence[Claimant]]:
    """Give the contested codes, each with the dossiers that have it."""
    found: dict[str, list[Claimant]] = {}
    for one in await store.read(lambda connection: conflicts.contested(connection, MOST)):
        found.setdefault(one.code, []).append(one)
    return found


__all__ = ["Claimant", "contested"]
