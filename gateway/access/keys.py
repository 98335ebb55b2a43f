"""API keys: 256 random bits, of which the store keeps only the SHA-256."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from dataclasses import dataclass, field
from functools import partial

from gateway.access.principals import Principal
from gateway.access.roles import Role
from gateway.store import clients
from gateway.store.engine import Store

REMEMBERED = 5.0
"""Seconds for which a looked-up key is not looked up again."""
MOST = 10_000


def make_key(environment: str) -> tuple[str, bytes]:
    """Make a key and its hash; the key is shown once and never stored."""
    key = f"lt_{environment}_{secrets.token_urlsafe(32)}"
    return key, hash_key(key)


def hash_key(key: str) -> bytes:
    """Hash a key: 256 random bits need no slow hash."""
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()


@dataclass(slots=True)
class KeyRing:
    """Looks keys up, and remembers for a few seconds what it found.

    Many requests under one key wait for one look-up: each with its own would open connections, and
    stop everybody for a moment, whenever a busy client's key is due again.
    """

    store: Store
    _known: dict[bytes, tuple[float, Principal]] = field(default_factory=dict)
    _sought: dict[bytes, asyncio.Task[Principal | None]] = field(default_factory=dict)

    async def find(self, key: str) -> Principal | None:
        """Find the client of a key; None: the key is unknown or has ended."""
        hashed, now = hash_key(key), time.monotonic()
        known = self._known.get(hashed)
        if known is not None and now - known[0] < REMEMBERED:
            return known[1]
        sought = self._sought.get(hashed)
        if sought is None:
            sought = asyncio.create_task(self._look_up(hashed, now))
            self._sought[hashed] = sought
            sought.add_done_callback(partial(self._found_out, hashed))
        return await asyncio.shield(sought)

    def _found_out(self, hashed: bytes, sought: asyncio.Task[Principal | None]) -> None:
        """Let the next one ask again; what nobody waits for any more is nobody's error."""
        del self._sought[hashed]
        if not sought.cancelled():
            sought.exception()

    async def _look_up(self, hashed: bytes, now: float) -> Principal | None:
        row = await self.store.read(lambda connection: clients.find(connection, hashed))
        if row is None:
            return None
        found = Principal(
            id=row.id,
            name=row.name,
            environment=row.environment,
            agencies=tuple(row.agencies),
            roles=frozenset(Role(role) for role in row.roles),
            sort=row.sort,
            helps=tuple(row.helps),
        )
        if len(self._known) > MOST:
            self._known.clear()
        self._known[hashed] = (now, found)
        return found
