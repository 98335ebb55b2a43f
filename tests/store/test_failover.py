"""What the database promises when it fails over, and what we say when it cannot."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator

import asyncpg
import pytest
import sqlalchemy as sa

from gateway.store import counters, feed
from gateway.store.errors import StoreUnavailable
from gateway.store.postgres import PostgresStore
from gateway.store.work import restoring
from gateway.workbench.servers import PrivatePostgres

SECONDS = 3.0
COUNTER = (
    "CREATE TABLE counter AS SELECT 'epoch' AS name, CAST(1 AS bigint) AS value "
    "UNION ALL SELECT 'database', 77"
)
FENCE = "CREATE SEQUENCE fence"
Pair = tuple[PrivatePostgres, PrivatePostgres]


@pytest.fixture
def pair(postgres_program: None) -> Iterator[Pair]:
    """Give a primary that commits only what its standby has."""
    del postgres_program
    primary = PrivatePostgres()
    primary.start()
    primary.order("CREATE DATABASE k")
    standby = PrivatePostgres(primary)
    standby.start()
    primary.order("ALTER SYSTEM SET synchronous_standby_names = '*'")
    primary.order("SELECT pg_reload_conf()")
    try:
        yield primary, standby
    finally:
        standby.stop()
        primary.stop()


def dsn(pair: Pair) -> str:
    """Name both, and want the one that takes writes."""
    hosts = ",".join(f"127.0.0.1:{one.port}" for one in pair)
    return f"postgresql://postgres@{hosts}/k?target_session_attrs=read-write"


async def put(store: PostgresStore, number: int) -> None:
    """Store a number."""
    await store.write(
        lambda connection: connection.execute(
            sa.text("INSERT INTO kept VALUES (:n)"), {"n": number}
        )
    )


async def kept(store: PostgresStore) -> list[int]:
    """Give the numbers that are stored."""
    return await store.read(
        lambda connection: list(connection.execute(sa.text("SELECT n FROM kept")).scalars())
    )


async def test_what_was_answered_survives_the_loss_of_the_primary(pair: Pair) -> None:
    """Laws 1 and 18: A standby is promoted: all goes on, in a new epoch of feeds; no restore."""
    primary, standby = pair
    store = PostgresStore(dsn(pair), SECONDS)
    try:
        await store.write(
            lambda connection: connection.execute(sa.text("CREATE TABLE kept (n int)"))
        )
        await store.write(lambda connection: connection.execute(sa.text(COUNTER)))
        await store.write(lambda connection: connection.execute(sa.text(FENCE)))
        before = await store.read(feed.horizon)
        for number in range(20):
            await put(store, number)
            await store.write(counters.next_fence)
        seen = await store.write(restoring.mark)
        await asyncio.to_thread(primary.kill)
        with pytest.raises(StoreUnavailable):
            await put(store, 20)
        await asyncio.to_thread(standby.promote)
        async with asyncio.timeout(20):
            while True:
                try:
                    await put(store, 21)
                    break
                except StoreUnavailable:
                    await asyncio.sleep(0.1)
        after = await store.read(feed.horizon)
        here = await store.write(restoring.mark)

        assert (await kept(store), before.epoch < after.epoch) == ([*range(20), 21], True)
        assert (here.database, here.fence >= seen.fence) == (seen.database, True)
    finally:
        await store.close()


async def test_a_commit_that_no_standby_has_is_not_answered(pair: Pair) -> None:
    """Law 1: While the standby is frozen nothing is promised, in time; then all goes on."""
    standby = pair[1]
    store = PostgresStore(dsn(pair), SECONDS)
    try:
        await store.write(
            lambda connection: connection.execute(sa.text("CREATE TABLE kept (n int)"))
        )
        standby.pause()
        async with asyncio.timeout(SECONDS * 3):
            with pytest.raises(StoreUnavailable):
                await put(store, 1)
        standby.resume()
        async with asyncio.timeout(20):
            await put(store, 2)

        assert 2 in await kept(store)
    finally:
        await store.close()


async def test_a_cancelled_wait_for_the_standby_is_no_success(pair: Pair) -> None:
    """PostgreSQL reports a cancelled wait as success with a warning: we do not believe it."""
    primary, standby = pair
    store = PostgresStore(dsn(pair), 30.0)
    cancel = (
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'lienthong' AND wait_event = 'SyncRep'"
    )
    try:
        await store.write(
            lambda connection: connection.execute(sa.text("CREATE TABLE kept (n int)"))
        )
        standby.pause()
        writing = asyncio.create_task(put(store, 1))
        async with asyncio.timeout(10):
            while not writing.done():
                await asyncio.to_thread(primary.order, cancel)

        with pytest.raises(StoreUnavailable, match="not replicated"):
            await writing
    finally:
        standby.resume()
        await store.close()


async def test_a_process_frozen_in_a_transaction_blocks_nobody_for_long(
    postgres: Callable[[], str],
) -> None:
    """Its locks are taken from it, so that others can go on with its system."""
    where = postgres()
    frozen, other = PostgresStore(where), PostgresStore(where)
    try:
        await other.write(
            lambda connection: connection.execute(sa.text("CREATE TABLE kept (n int)"))
        )
        await put(other, 1)
        held = await frozen._engine.connect()
        await held.execute(sa.text("SELECT n FROM kept FOR UPDATE"))

        await other.write(lambda connection: connection.execute(sa.text("UPDATE kept SET n = 2")))

        assert await kept(other) == [2]
        await held.invalidate()
    finally:
        await frozen.close()
        await other.close()


def cut_unnoticed(where: str) -> None:
    """Let the server end all sessions while the caller's loop stands still."""

    async def cut() -> None:
        connection = await asyncpg.connect(where)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
        await connection.close()

    thread = threading.Thread(target=lambda: asyncio.run(cut()))
    thread.start()
    thread.join()


async def test_a_connection_that_died_unnoticed_costs_nobody_an_error(
    postgres: Callable[[], str],
) -> None:
    """Kept connections are not asked whether they live: what meets a dead one is done again."""
    where = postgres()
    store = PostgresStore(where)
    try:
        await store.write(
            lambda connection: connection.execute(sa.text("CREATE TABLE kept (n int)"))
        )
        cut_unnoticed(where)
        await put(store, 1)
        cut_unnoticed(where)

        assert await kept(store) == [1]
    finally:
        await store.close()
