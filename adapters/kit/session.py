"""One login for many conversations: cached, single flight, one refusal remembered for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from adapters.kit import former
from adapters.kit.port import Token
from schemas.outcome import Outcome, Uncertain, Unreachable

REMEMBERED = 30.0
"""Seconds for which a refused login is answered from memory."""
MARGIN = 60.0
"""Seconds before its end, or a tenth of its life, at which a token is no longer used."""
TOO_SHORT = 2.0
"""A token that lives no longer is of no use."""


Login = Callable[[], Awaitable[str | Token | Outcome]]


def _nobody(_word: str) -> None:
    """Hear nothing."""


@former.members
@dataclass(slots=True)
class SessionCache:
    """Keeps the token of one system.

    seconds: how long a token is used at most; life: how long the present one is
    on_change: hears what becomes of logins: opened, refused, failed, dead (of a session)
    """

    seconds: float
    clock: Callable[[], float] = time.monotonic
    on_change: Callable[[str], None] = _nobody
    life: float = 0.0
    _token: str | None = None
    _until: float = 0.0
    _last: str | None = None
    _ended: bool = False
    _refused: Outcome | None = None
    _refused_until: float = 0.0
    _login: asyncio.Task[str | Outcome] | None = field(default=None)

    async def token(self, login: Login) -> str | Outcome:
        """Give the token, logging in where there is none; many who ask at once share one login."""
        if self._token is not None and self.clock() < self._until:
            return self._token
        if self._refused is not None and self.clock() < self._refused_until:
            return self._refused
        if self._login is None or self._login.done():
            self._login = asyncio.create_task(self._run(login))
        # One who gives up must not take the login from the others.
        return await asyncio.shield(self._login)

    async def _run(self, login: Login) -> str | Outcome:
        given = await login()
        answer = self._usable(Token(given) if isinstance(given, str) else given)
        if isinstance(answer, str):
            self._token, self._until = answer, self.clock() + self.life
            self._last, self._ended = answer, False
            self._refused = None
            self.on_change("opened")
        elif isinstance(answer, Unreachable) and isinstance(given, (str, Token)):
            self._remember(answer, min(answer.retry_after or REMEMBERED, REMEMBERED))
            self.on_change("failed")
        elif isinstance(answer, (Unreachable, Uncertain)):
            self.on_change("failed")
        else:
            # A wrong password is not tried again and again; a lost line is not a refusal.
            self._remember(answer, REMEMBERED)
            self.on_change("refused")
        return answer

    def _remember(self, answer: Outcome, seconds: float) -> None:
        self._refused, self._refused_until = answer, self.clock() + seconds

    def _usable(self, given: Token | Outcome) -> str | Outcome:
        """Give a token that can be used, and for how long; one that is dying is waited for.

        Some servers hand out the same token until it ends: a new one comes only then.
        """
        if not isinstance(given, Token):
            return given
        left = self.seconds if given.seconds is None else given.seconds
        dying = given.seconds is not None and left < TOO_SHORT
        if given.value == self._last and (self._ended or dying):
            why = "they hand out the token that they no longer take"
            return Unreachable(why=why, retry_after=max(1.0, min(left, 3600.0)))
        margin = 0.0 if given.seconds is None else min(MARGIN, left / 10)
        self.life = min(self.seconds, max(left - margin, 0.0))
        return given.value

    def invalidate(self, token: str) -> None:
        """Drop a token that they no longer take, unless it has been replaced already."""
        if self._token == token:
            self._token, self._ended = None, True
            self.on_change("dead")


if not TYPE_CHECKING:
    __getattr__ = former.names(__name__)
