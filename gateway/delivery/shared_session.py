"""One login for all processes: the token lies sealed in the store.

Where a new login ends the old session, processes that each log in by themselves throw each other
out for ever.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from adapters.kit.session import Login, SessionCache
from gateway.store.engine import Store
from gateway.store.errors import StoreUnavailable
from gateway.store.seal import Seal
from gateway.store.work import sessions
from schemas.outcome import Outcome, Unreachable

LOGIN_MILLIS = 60_000
"""For so long one process may be logging in while the others wait."""
WAIT, LONGEST = 0.1, 30.0


@dataclass(slots=True)
class SharedSessionCache(SessionCache):
    """Keeps the token of one system for this process, and shares it through the store."""

    store: Store | None = None
    seal: Seal | None = None
    system: int = 0
    _sealed: bytes | None = None
    _invalid: bytes | None = None
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def token(self, login: Login) -> str | Outcome:
        """Give the token that all processes use, logging in only where nobody else does."""
        if self._token is not None and self.clock() < self._until:
            return self._token
        async with self._one:
            if self._token is not None and self.clock() < self._until:
                return self._token
            try:
                return await self._shared(login)
            except StoreUnavailable:  # ours, and no mistake of the adapter: nothing was sent
                return Unreachable(why="the sessions cannot be read, the database is away")

    async def _shared(self, login: Login) -> str | Outcome:
        if self.store is None or self.seal is None:
            return await SessionCache.token(self, login)
        store, seal, begun = self.store, self.seal, self.clock()
        while True:
            held = await store.write(
                lambda connection: sessions.token_or_login(
                    connection, self.system, self._invalid, LOGIN_MILLIS
                )
            )
            if held.token is not None:
                opened = seal.open(held.token, self._purpose)
                if opened is not None:
                    self.on_change("shared")
                    return self._use(opened, held.token, self.seconds)
                self._invalid = held.token  # sealed by another key: log in anew
                continue
            if held.may_login:
                return await self._login_for_all(store, seal, held.fence, login)
            if self.clock() - begun > LONGEST:
                return Unreachable(why="another process is logging in")
            await asyncio.sleep(WAIT)

    @property
    def _purpose(self) -> str:
        return f"session:{self.system}"

    async def _login_for_all(
        self,
        store: Store,
        seal: Seal,
        fence: int,
        login: Login,
    ) -> str | Outcome:
        answer: str | Outcome | None = None
        try:
            answer = await self._run(login) if not self._barred() else self._refused
        finally:
            sealed = seal.close(answer, self._purpose) if isinstance(answer, str) else None
            await store.write(
                lambda connection: sessions.end_login(
                    connection, self.system, fence, sealed, int(self.life * 1000)
                )
            )
        if isinstance(answer, str) and sealed is not None:
            return self._use(answer, sealed, self.life)
        return answer if answer is not None else Unreachable(why="the login was given up")

    def _barred(self) -> bool:
        return self._refused is not None and self.clock() < self._refused_until

    def _use(self, token: str, sealed: bytes, seconds: float) -> str:
        self._token, self._until, self._sealed = token, self.clock() + seconds, sealed
        self._last, self._ended = token, False
        return token

    def invalidate(self, token: str) -> None:
        """Drop a token that they no longer take; another process may have a newer one already."""
        if self._token == token:
            self._invalid, self._token, self._ended = self._sealed, None, True
            self.on_change("dead")
