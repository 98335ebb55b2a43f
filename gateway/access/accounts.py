"""People who log in here, where no identity provider is: login, session, lock-out."""

from __future__ import annotations

import asyncio
import math
import re
import secrets
import time
from dataclasses import dataclass
from typing import Any

from gateway.access.audit import Entry, record
from gateway.access.keys import hash_key
from gateway.access.passwords import Passwords
from gateway.access.principals import Principal
from gateway.access.roles import Role
from gateway.store import accounts
from gateway.store.engine import Connection, Store

SESSION = "lt_session_"
LASTS = 8 * 3_600_000
"""Milliseconds of a session: a working day."""
LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
FREE_TRIES = 5
LOCKED = 15 * 60_000
LONGEST_LOCK = 24 * 3_600_000
PACE = 0.5
"""Seconds: a refusal comes at a multiple of it, so that its time says nothing of the reason."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session as it is given once; expires_at in milliseconds."""

    token: str
    expires_at: int
    must_change: bool


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Who has a session; must_change: may do nothing but choose a password."""

    principal: Principal
    login: str
    must_change: bool


def login_of(text: str) -> str | None:
    """Read a login as it is kept; None: it can be nobody's."""
    login = text.strip().lower()
    return login if LOGIN.fullmatch(login) else None


def locked_for(failed: int) -> int:
    """Say for how many milliseconds so many wrong tries in a row lock an account."""
    if failed < FREE_TRIES:
        return 0
    return min(LONGEST_LOCK, LOCKED << min(failed - FREE_TRIES, 16))


class Accounts:
    """Logs people in, and finds who has a session: asked of the store each time, it ends at once.

    What goes wrong takes a look at a password too, and is answered in step.
    """

    def __init__(
        self, store: Store, passwords: Passwords | None = None, pace: float = PACE
    ) -> None:
        """Keep what it works with."""
        self._store, self._passwords, self._pace = store, passwords or Passwords(), pace

    async def log_in(self, login: str, password: str) -> Session | None:
        """Open a session; None: no such login, wrong password, locked or left, all the same."""
        begun = time.monotonic()
        session = None
        row = await self._right(login_of(login), password, "sessions.open")
        if row is not None:
            name = login_of(login) or ""
            session = await self._open(name, row.client, row.password, must_change=row.must_change)
        if session is None:
            await self._in_step(begun)
        return session

    async def find(self, token: str) -> LoggedIn | None:
        """Find who has a session; None: it has ended, or there was none."""
        hashed = hash_key(token)
        row = await self._store.read(lambda connection: accounts.find_session(connection, hashed))
        if row is None:
            return None
        principal = Principal(
            id=row.id,
            name=row.name,
            environment=row.environment,
            agencies=tuple(row.agencies),
            roles=frozenset(Role(role) for role in row.roles),
            sort="person",
        )
        return LoggedIn(principal, row.login, row.must_change)

    async def change_password(self, who: LoggedIn, old: str, new: str) -> Session | None:
        """Take another password, end all sessions and open one; None: the old one is wrong."""
        begun = time.monotonic()
        row = await self._right(who.login, old, "accounts.password")
        opened = None
        if row is not None:
            opened = await self._replace(who, row, new)
        if opened is None:
            await self._in_step(begun)
        return opened

    async def _replace(self, who: LoggedIn, row: Any, new: str) -> Session | None:
        hashed = await self._passwords.hash(new)
        entry = Entry(who=who.principal.audited, what="accounts.password", object=who.login)

        def job(connection: Connection) -> bool:
            done = accounts.change_password(connection, row.client, row.password, hashed)
            if done:
                record(connection, entry)
            return done

        if not await self._store.write(job):
            return None
        return await self._open(who.login, row.client, hashed, must_change=False)

    async def log_out(self, who: LoggedIn, token: str) -> None:
        """End a session."""
        entry = Entry(who=who.principal.audited, what="sessions.close", object=who.login)

        def job(connection: Connection) -> None:
            accounts.end_session(connection, hash_key(token))
            record(connection, entry)

        await self._store.write(job)

    async def _right(self, login: str | None, password: str, what: str) -> Any:
        """Give the account if the password is right; each wrong try counts and is kept."""
        self._passwords.make_room()
        decoy = await self._passwords.decoy()
        tried = await self._store.write(
            lambda connection: accounts.begin_try(connection, login or "", locked_for)
        )
        hashed = decoy if tried.row is None else tried.row.password
        right = await self._passwords.verify(hashed, password)
        if right and tried.row is not None:
            return tried.row
        name = "?" if tried.why == "unknown" or login is None else login
        entry = Entry(who=accounts.name_of(name), what=what, result=tried.why)
        await self._store.write(lambda connection: record(connection, entry))
        return None

    async def _open(
        self, login: str, number: int, hashed: str, *, must_change: bool
    ) -> Session | None:
        """Open a session, if this is still the password."""
        token = SESSION + secrets.token_urlsafe(32)
        entry = Entry(who=accounts.name_of(login), what="sessions.open", object=login)

        def job(connection: Connection) -> int | None:
            ends = accounts.open_session(connection, number, hashed, hash_key(token), LASTS)
            if ends is not None:
                record(connection, entry)
            return ends

        ends = await self._store.write(job)
        return None if ends is None else Session(token, ends, must_change)

    async def _in_step(self, begun: float) -> None:
        if self._pace:
            passed = time.monotonic() - begun
            await asyncio.sleep(math.ceil(passed / self._pace) * self._pace - passed)
