"""One login for many conversations: cached, single flight, one refusal remembered for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from adapters.kit import former
from schemas.outcome import Blocked, Malformed, Outcome, Refused

REMEMBERED = 30.0
"""Seconds for which a refused login is answered from memory."""


def _nobody(_word: str) -> None:
    """Hear nothing."""


@former.members
@dataclass(slots=True)
class SessionCache:
    """Keeps the token of one system.

    seconds: how long a token is used at most
    on_change: hears what becomes of logins: opened, refused, failed, dead (of a session)
    """

    seconds: float
    clock: Callable[[], float] = time.monotonic
    on_change: Callable[[str], None] = _nobody
    _token: str | None = None
    _until: float = 0.0
    _refused: Outcome | None = None
    _refused_until: float = 0.0
    _login: asyncio.Task[str | Outcome] | None = field(default=None)

    async def token(self, login: Callable[[], Awaitable[str | Outcome]]) -> str | Outcome:
        """Give the token, logging in where there is none; many who ask at once share one login."""
        if self._token is not None and self.clock() < self._until:
            return self._token
        if self._refused is not None and self.clock() < self._refused_until:
            return self._refused
        if self._login is None or self._login.done():
            self._login = asyncio.create_task(self._run(login))
        # One who gives up must not take the login from the others.
        return await asyncio.shield(self._login)

    async def _run(self, login: Callable[[], Awaitable[str | Outcome]]) -> str | Outcome:
        answer = await login()
        if isinstance(answer, str):
            self._token, self._until = answer, self.clock() + self.seconds
            self._refused = None
            self.on_change("opened")
        elif isinstance(answer, (Blocked, Refused, Malformed)):
            # A wrong password is not tried again and again; a lost line is not a refusal.
            self._refused, self._refused_until = answer, self.clock() + REMEMBERED
            self.on_change("refused")
        else:
            self.on_change("failed")
        return answer

    def invalidate(self, token: str) -> None:
        """Drop a token that they no longer take, unless it has been replaced already."""
        if self._token == token:
            self._token = None
            self.on_change("dead")


if not TYPE_CHECKING:
    __getattr__ = former.names(__name__)
