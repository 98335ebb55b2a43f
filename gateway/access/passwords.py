"""Passwords of local accounts: argon2id, away from the loop, a few at a time."""

from __future__ import annotations

import asyncio
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

T = TypeVar("T")

SHORTEST = 12
LONGEST = 1000
AT_ONCE = 2
"""Each takes 64 MiB and a tenth of a second of one core."""
MOST_WAITING = 32
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""None that is taken for another one when it is read out."""


class TooManyLogins(Exception):  # noqa: N818 - a state, not a mistake
    """More passwords wait to be looked at than anybody would wait for."""


def one_time_password() -> str:
    """Make a password that a person can copy from paper: 79 bits."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))


def acceptable(password: str, login: str) -> bool:
    """Say whether a password may be one: long enough, and not the name it protects."""
    given = _one_form(password)
    return SHORTEST <= len(given) <= LONGEST and given.casefold() != login.casefold()


class Passwords:
    """Hashes and verifies, never on the loop."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """Keep the hasher; the usual one is argon2id as RFC 9106 has it for little memory."""
        self._hasher = hasher or PasswordHasher()
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="password")
        self._waiting = 0
        self._decoy: str | None = None

    async def hash(self, password: str) -> str:
        """Hash a password."""
        return await self._away(partial(self._hasher.hash, _one_form(password)))

    async def verify(self, hashed: str, password: str) -> bool:
        """Say whether a password is the one that was hashed."""
        return await self._away(partial(self._same, hashed, _one_form(password)))

    async def decoy(self) -> str:
        """Give the hash of nobody's password: looking at it takes as long as at anybody's."""
        if self._decoy is None:
            self._decoy = await self.hash(secrets.token_urlsafe())
        return self._decoy

    def _same(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    def make_room(self) -> None:
        """Raise `TooManyLogins` where too many wait already."""
        if self._waiting >= MOST_WAITING:
            raise TooManyLogins

    async def _away(self, job: Callable[[], T]) -> T:
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, job)
        finally:
            self._waiting -= 1


def _one_form(password: str) -> str:
    """Bring letters with marks to one form: keyboards and systems write them in two."""
    return unicodedata.normalize("NFC", password)
