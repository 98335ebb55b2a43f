"""One session for all processes, sealed in the store."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from gateway.delivery.shared_session import SharedSessionCache
from gateway.main.bootstrap import open_store
from gateway.settings import Settings, SettingsError
from gateway.store.engine import Store
from gateway.store.postgres import PostgresStore
from gateway.store.seal import Seal
from gateway.store.tables import session
from gateway.workbench.machine import free_port
from schemas.outcome import Blocked, Outcome, Unreachable

SEAL = Seal(b"k" * 32)


class Portal:
    """A system where a new login ends the old session."""

    logins = 0

    async def login(self) -> str | Outcome:
        """Log in, which takes a while."""
        self.logins += 1
        number = self.logins
        await asyncio.sleep(0.1)
        return f"phien-bi-mat-{number}"


@pytest.fixture
async def store(tmp_path: Path, postgres: Callable[[], str]) -> AsyncIterator[Store]:
    """Open a shared database."""
    found = await open_store(Settings(data=tmp_path, postgres=postgres()))
    yield found
    await found.close()


def processes(store: Store, count: int) -> list[SharedSessionCache]:
    """Give the keepers of so many processes."""
    return [SharedSessionCache(600, store=store, seal=SEAL, system=1) for _ in range(count)]


async def test_many_processes_log_in_once(store: Store) -> None:
    """Whoever comes first logs in; the others wait and use the same token."""
    portal = Portal()
    tokens = await asyncio.gather(*(one.token(portal.login) for one in processes(store, 5)))

    assert (set(tokens), portal.logins) == ({"phien-bi-mat-1"}, 1)


async def test_a_session_that_died_is_renewed_once_for_all(store: Store) -> None:
    """All processes notice that it died; one logs in, and nobody throws another out."""
    portal, ours = Portal(), processes(store, 4)
    for one in ours:
        await one.token(portal.login)
    for one in ours:
        one.invalidate("phien-bi-mat-1")
    tokens = await asyncio.gather(*(one.token(portal.login) for one in ours))

    assert (set(tokens), portal.logins) == ({"phien-bi-mat-2"}, 2)


async def test_a_process_that_dies_while_logging_in_bars_nobody(store: Store) -> None:
    """A login that was given up lets the next one try."""
    portal = Portal()
    first, second = processes(store, 2)
    task = asyncio.create_task(first.token(portal.login))
    async with asyncio.timeout(20):
        while portal.logins == 0:
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task])

    assert await second.token(portal.login) == "phien-bi-mat-2"


async def test_a_refused_login_is_shared_by_nobody(store: Store) -> None:
    """A wrong password leaves no token behind."""

    async def refused() -> str | Outcome:
        return Blocked(why="the login was refused")

    (one,) = processes(store, 1)

    assert isinstance(await one.token(refused), Blocked)


async def test_a_database_that_is_away_parks_nobody() -> None:
    """The session cannot be had for the moment: that is no fault of the adapter's, and passes."""
    away = PostgresStore(f"postgresql://postgres@127.0.0.1:{free_port()}/none")
    (one,) = processes(away, 1)
    try:
        answer = await one.token(Portal().login)
    finally:
        await away.close()

    assert isinstance(answer, Unreachable)


async def test_the_token_does_not_lie_open(store: Store) -> None:
    """Whoever reads the database reads no token."""
    await processes(store, 1)[0].token(Portal().login)
    (row,) = await store.read(lambda connection: list(connection.execute(session.select())))

    assert (row.token is not None, b"phien" in row.token) == (True, False)


def test_what_was_sealed_for_one_purpose_opens_for_no_other() -> None:
    """Neither another key, nor another purpose, nor a changed byte opens it."""
    sealed = SEAL.close("bí mật", "a")
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])

    assert SEAL.open(sealed, "a") == "bí mật"
    assert [SEAL.open(sealed, "b"), SEAL.open(changed, "a"), Seal(b"x" * 32).open(sealed, "a")] == [
        None
    ] * 3


@pytest.mark.parametrize("text", ["", "short", base64.b64encode(bytes(16)).decode()])
def test_a_key_that_is_none_is_refused(text: str) -> None:
    """A wrong key is one clear line."""
    with pytest.raises(SettingsError, match="LIENTHONG_SEAL_KEY"):
        Seal.from_text(text)
