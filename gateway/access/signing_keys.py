"""The public keys of an identity provider: fetched, kept, and fetched again when they change."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key

from gateway.access.issuer import IssuerUnavailable
from gateway.watch.outages import Outage

Fetch = Callable[[str], Awaitable[bytes]]
"""Gives what stands at an address, or raises `IssuerUnavailable`."""
FRESH = 600.0
"""Seconds after which the keys are looked at again: one that the issuer gave up shall end here."""
AGAIN = 30.0
"""Seconds between two looks: tokens with invented keys must not become a storm at the issuer."""
SOON = 5.0
"""As long as there is no key at all."""
KINDS = frozenset({"RSA", "EC", "OKP"})
SMALLEST_RSA = 2048


class SigningKeys:
    """Keys by their id. While the issuer is away, those that are known go on."""

    def __init__(
        self, issuer: str, fetch: Fetch, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Keep whose they are; nothing is fetched yet."""
        self._issuer, self._fetch, self._clock = issuer, fetch, clock
        self._keys: dict[str | None, Key] = {}
        self._fetched = self._next = float("-inf")
        self._under_way: asyncio.Task[None] | None = None
        self._outage = Outage("issuer_unavailable", "issuer_available")

    async def find(self, kid: str | None) -> Key | None:
        """Find a key; None: the issuer has none of this id. Without an id its only one is meant."""
        found = self._pick(kid)
        if found is None:
            looking = self._look()
            if looking is not None:
                await asyncio.shield(looking)
            found = self._pick(kid)
        elif self._clock() - self._fetched > FRESH:
            self._look()  # nobody waits for it
        if not self._keys:
            raise IssuerUnavailable
        return found

    def _pick(self, kid: str | None) -> Key | None:
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(kid)

    def _look(self) -> asyncio.Task[None] | None:
        """Fetch the keys, unless somebody does so already or did just now."""
        if self._under_way is None and self._clock() >= self._next:
            self._under_way = asyncio.create_task(self._refresh())
        return self._under_way

    async def _refresh(self) -> None:
        try:
            found = await self._fetch_keys()
        except (IssuerUnavailable, ValueError) as error:
            self._outage.failed(type(error).__name__)
        else:
            self._keys, self._fetched = found, self._clock()
            self._outage.worked()
        finally:
            self._next = self._clock() + (AGAIN if self._keys else SOON)
            self._under_way = None

    async def _fetch_keys(self) -> dict[str | None, Key]:
        about = _object(
            await self._fetch(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        )
        address = about.get("jwks_uri")
        if about.get("issuer") != self._issuer or not isinstance(address, str):
            raise ValueError
        secure = address.startswith("https://") or not self._issuer.startswith("https://")
        if not secure:
            raise ValueError
        keys = _usable(_object(await self._fetch(address)).get("keys"))
        if not keys:
            raise ValueError
        return keys


def _object(body: bytes) -> Mapping[str, Any]:
    found = json.loads(body)
    if not isinstance(found, dict):
        raise ValueError  # noqa: TRY004 - it came from outside: a value, not a program's mistake
    return found


def _usable(entries: object) -> dict[str | None, Key]:
    """Take the keys that verify signatures; what we do not understand is somebody else's."""
    keys: dict[str | None, Key] = {}
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, dict) or entry.get("kty") not in KINDS:
            continue
        if entry.get("use", "sig") != "sig" or _short(entry):
            continue
        try:
            key = JWKRegistry.import_key(entry)
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        keys[entry.get("kid")] = key
    return keys


def _short(entry: Mapping[str, Any]) -> bool:
    """Say whether an RSA key is too short for today; six bits a letter."""
    return entry["kty"] == "RSA" and len(str(entry.get("n", ""))) * 6 < SMALLEST_RSA
