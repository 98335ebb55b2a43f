"""Telling other processes that there is work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass

import asyncpg
import pytest

from gateway.store import postgres as shared
from gateway.store.postgres import PostgresStore

WAITS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
Heard = asyncio.Queue[Collection[int] | None]


@dataclass
class Two:
    """A process that tells, and what another hears: the systems that were named, or None."""

    dsn: str
    account: PostgresStore
    heard: Heard

    async def next(self) -> Collection[int] | None:
        """Give what is heard next."""
        return await asyncio.wait_for(self.heard.get(), 40)


@pytest.fixture
async def two(postgres: Callable[[], str]) -> AsyncIterator[Two]:
    """Let one store listen to another."""
    dsn, heard = postgres(), Heard()
    account, listener = PostgresStore(dsn), PostgresStore(dsn)
    listener.listen(heard.put_nowait)
    made = Two(dsn, account, heard)
    assert await made.next() is None  # it listens, and looks at everything once
    yield made
    await account.close()
    await listener.close()


async def test_what_is_committed_while_a_notice_is_under_way_makes_another(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The notice under way may have gone before it: nobody waits for the worker's own look."""
    monkeypatch.setattr(shared, "_NOTICE", f"{shared._NOTICE}; SELECT pg_advisory_xact_lock(7)")
    gate = await asyncpg.connect(two.dsn)
    try:
        await gate.execute("SELECT pg_advisory_lock(7)")
        two.account.announce({1})
        async with asyncio.timeout(20):
            while not await gate.fetchval(WAITS):
                await asyncio.sleep(0.01)  # until it is on its way, and not yet done
        two.account.announce({1})
    finally:
        await gate.close()

    assert [await two.next(), await two.next()] == [{1}, {1}]
    await asyncio.sleep(0.7)  # time for a third, were there one
    assert two.heard.empty()


async def test_a_notice_names_the_systems(two: Two) -> None:
    """What is announced together is one notice; of nothing there is none."""
    two.account.announce(())
    two.account.announce({3})
    two.account.announce({12, 1})

    assert await two.next() == {1, 3, 12}


async def test_a_notice_about_very_many_systems_is_for_all(two: Two) -> None:
    """Its text is bounded by the server."""
    two.account.announce(range(1, 3400))

    assert await two.next() is None
