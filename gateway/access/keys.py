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
from gateway.store.errors import StoreUnavailable
from gateway.watch.outages import Loop

REMEMBERED = 4.0
"""Seconds for which what a look-up found holds, from its beginning on: a key that is revoked ends
everywhere within five."""
MOST = 10_000
LOOKS = 3
"""So often a look-up that took longer than that is repeated."""
NOTED_EVERY = 10.0
"""Seconds between two notes of which keys are used."""
SHOWN = 8
"""Letters of a key's random part by which people tell it from others: 48 bits of 256."""


def make_key(environment: str) -> tuple[str, bytes]:
    """Make a key and its hash; the key is shown once and never stored."""
    key = f"lt_{environment}_{secrets.token_urlsafe(32)}"
    return key, hash_key(key)


def prefix_of(key: str) -> str:
    """Give the first letters of a key, by which people tell it from others."""
    head, environment, random = key.split("_", 2)
    return f"{head}_{environment}_{random[:SHOWN]}"


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
    remembered: float = REMEMBERED
    _known: dict[bytes, tuple[float, Principal]] = field(default_factory=dict)
    _sought: dict[bytes, asyncio.Task[tuple[float, Principal | None]]] = field(default_factory=dict)
    _noting: Loop = field(default_factory=lambda: Loop("key_uses"))
    _used: set[bytes] = field(default_factory=set)

    async def find(self, key: str) -> Principal | None:
        """Find the client of a key; None: the key is unknown or has ended."""
        hashed = hash_key(key)
        known = self._known.get(hashed)
        if known is not None and self._holds(known[0]):
            return known[1]
        for _ in range(LOOKS):
            begun, found = await asyncio.shield(self._seek(hashed))
            if self._holds(begun):
                return found
        raise StoreUnavailable("slow")  # the key may have been revoked meanwhile

    def _seek(self, hashed: bytes) -> asyncio.Task[tuple[float, Principal | None]]:
        sought = self._sought.get(hashed)
        if sought is None:
            sought = asyncio.create_task(self._look_up(hashed))
            self._sought[hashed] = sought
            sought.add_done_callback(partial(self._found_out, hashed))
        return sought

    def _found_out(
        self, hashed: bytes, sought: asyncio.Task[tuple[float, Principal | None]]
    ) -> None:
        """Let the next one ask again; what nobody waits for any more is nobody's error."""
        del self._sought[hashed]
        if not sought.cancelled():
            sought.exception()

    async def _look_up(self, hashed: bytes) -> tuple[float, Principal | None]:
        """Ask the store; what it found holds from before it was asked."""
        begun = time.monotonic()
        row = await self.store.read(lambda connection: clients.find(connection, hashed))
        if row is None:
            return begun, None
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
        self._known[hashed] = (begun, found)
        if row.stale:
            self._used.add(hashed)
        return begun, found

    async def note_uses(self) -> None:
        """Note every few seconds which keys are used, apart from the requests, until cancelled."""
        while True:
            await asyncio.sleep(NOTED_EVERY)
            await self.note()

    async def note(self) -> None:
        """Note which keys are used; where that fails, a later look-up brings them again."""
        used, self._used = self._used, set()
        if not used:
            return
        try:
            await self.store.write(lambda connection: clients.note_used(connection, used))
        except Exception as error:  # noqa: BLE001 - no request may suffer for it
            self._noting.met(error)
        else:
            self._noting.worked()

    def _holds(self, begun: float) -> bool:
        return time.monotonic() - begun < self.remembered
