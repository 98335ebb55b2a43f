"""Law 18: whoever follows a feed and keeps its cursor misses nothing, reads no change twice."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from gateway.main.bootstrap import open_store
from gateway.settings import Settings
from gateway.store import feed
from gateway.store.dialect import now as db_now
from gateway.store.engine import Connection, Store
from gateway.store.ledger import handing, listing
from gateway.store.ledger.queries import Viewer
from gateway.store.postgres import PostgresStore
from gateway.store.tables import dossier, joined
from tests.store.following import Follower, change, put, shared, store

__all__ = ["shared", "store"]


async def begun(shared: PostgresStore, stack: AsyncExitStack, dossier_id: UUID) -> Any:
    """Begin a transaction that opens a dossier and does not end yet."""
    connection = await stack.enter_async_context(shared._engine.connect())
    await connection.run_sync(put, dossier_id, 1)
    return connection


async def test_what_commits_late_is_not_missed(shared: PostgresStore) -> None:
    """Law 18: Who began first and committed last is read, by a reader that came in between."""
    follower, first, second = Follower(shared), uuid4(), uuid4()
    async with AsyncExitStack() as stack:
        slow = await begun(shared, stack, first)
        await change(shared, second, 1)
        await follower.read()
        await slow.commit()
    await follower.read()

    assert sorted(follower.seen) == sorted([(first, 1), (second, 1)])


@pytest.mark.parametrize("seed", range(6))
async def test_any_order_of_commits_is_read_whole(shared: PostgresStore, seed: int) -> None:
    """Law 18: Transactions that begin, end and fail in any order: each last version once."""
    dice, follower = random.Random(seed), Follower(shared)
    stored: dict[UUID, int] = {}
    under_way: list[tuple[Any, UUID, int]] = []
    async with AsyncExitStack() as stack:
        for _ in range(60):
            step = dice.choice(("begin", "begin", "end", "read"))
            if step == "begin" and len(under_way) < 5:
                held = {one[1] for one in under_way}
                known = [one for one in stored if one not in held]
                which = dice.choice(known) if known and dice.random() < 0.5 else uuid4()
                version = stored.get(which, 0) + 1
                connection = await stack.enter_async_context(shared._engine.connect())
                savepoint = await connection.begin_nested() if dice.random() < 0.5 else None
                await connection.run_sync(put, which, version)
                if savepoint is not None:
                    await savepoint.commit()
                under_way.append((connection, which, version))
            elif step == "end" and under_way:
                connection, which, version = under_way.pop(dice.randrange(len(under_way)))
                if dice.random() < 0.8:
                    await connection.commit()
                    stored[which] = version
                await connection.close()
            elif step == "read":
                await follower.read()
    await follower.read()

    assert [one for one, times in Counter(follower.seen).items() if times > 1] == []
    assert set(stored.items()) <= set(follower.seen)


async def test_writers_of_two_processes_and_a_reader(
    tmp_path: Path, store: Store, database: dict[str, Any]
) -> None:
    """Law 18: Twelve write at once over two stores while one reads: it sees each dossier once."""
    other = await open_store(Settings(data=tmp_path, **database))
    ids = [uuid4() for _ in range(240)]
    follower, writing = Follower(store, limit=50), True

    async def write(some: list[UUID], through: Store) -> None:
        for one in some:
            await change(through, one, 1)

    async def follow() -> None:
        while writing:
            await follower.read()

    reading = asyncio.create_task(follow())
    parts = [ids[number::12] for number in range(12)]
    await asyncio.gather(*(write(some, (store, other)[n % 2]) for n, some in enumerate(parts)))
    writing = False
    await reading
    await follower.read()
    await other.close()

    assert Counter(follower.seen) == Counter([(one, 1) for one in ids])


async def test_a_change_is_read_again_and_nothing_else(store: Store) -> None:
    """A dossier that changed comes once more, in its latest version, and then no more."""
    follower, one, two = Follower(store), uuid4(), uuid4()
    for which in (one, two):
        await change(store, which, 1)
    await follower.read()
    await change(store, one, 2)
    await change(store, one, 3)

    assert (await follower.read(), await follower.read()) == ([(one, 3)], [])


async def test_who_writes_for_long_holds_the_feed_and_is_seen_to(shared: PostgresStore) -> None:
    """Law 18: What is behind an open transaction waits, and the metric says for how long."""
    follower, ready = Follower(shared), uuid4()
    async with AsyncExitStack() as stack:
        slow = await begun(shared, stack, uuid4())
        ago = await shared.read(db_now) - 5000
        await change(shared, ready, 1, ago)
        held = await follower.read()
        lag = await shared.read(feed.lag)
        await slow.rollback()
    after = await shared.read(feed.lag)

    assert (held, await follower.read(), 5 <= lag < 60, after) == ([], [(ready, 1)], True, 0)


async def test_who_only_reads_for_long_holds_nothing(shared: PostgresStore) -> None:
    """A dump keeps its snapshot open for hours, and the feed goes on."""
    follower, new = Follower(shared), uuid4()
    async with shared._engine.connect() as dump:
        await dump.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        await dump.execute(sa.select(dossier.c.id))
        await change(shared, new, 1)
        found = await follower.read()

    assert found == [(new, 1)]


async def test_what_is_handed_over_comes_to_the_taker(store: Store) -> None:
    """Law 18: Whoever follows its list meets what it may see from now on: owned and joined."""
    taker = Follower(store, Viewer(2, "live", ()))
    own, further = uuid4(), uuid4()
    source = {"client": 1, "ref": "r", "dossier_id": further, "digest": b"d", "joined_at": 1}

    def fill(connection: Connection) -> None:
        for one in (own, further):
            put(connection, one, 1)
        connection.execute(dossier.update().where(dossier.c.id == further).values(owner=3))
        connection.execute(joined.insert().values(source))

    await store.write(fill)
    before = await taker.read()
    wanted = handing.Wanted(giver=1, taker=2, open_in=["received"])
    await store.write(
        lambda connection: handing.hand(connection, wanted, handing.going(connection, wanted))
    )

    assert (before, sorted(await taker.read())) == ([], sorted([(own, 1), (further, 1)]))


async def test_following_reads_only_what_changed(shared: PostgresStore) -> None:
    """Whoever has read all of many dossiers costs the next time what changed since."""
    fill = """
        INSERT INTO dossier (id, owner, ref, environment, procedure, status, last_seq, digest,
                             created_at, updated_at)
        SELECT gen_random_uuid(), n % 3, 'r' || n, 'live', 'p', 'received', 1, 'd', n, n
        FROM generate_series(1, 20000) AS n
    """
    read = "SELECT sum(seq_tup_read + idx_tup_fetch) FROM pg_stat_xact_user_tables"
    read += " WHERE relname = 'dossier'"
    follower = Follower(shared, Viewer(7, "live", ("H99",)), limit=50)
    await shared.write(lambda connection: connection.execute(sa.text(fill)))
    await follower.read()
    await change(shared, uuid4(), 1)
    nothing: Any = dict.fromkeys(("code", "ref", "status", "updated_after"))

    def ask(connection: Connection) -> int:
        before = connection.execute(sa.text(read)).scalar_one()
        listing.search(connection, follower.who, limit=50, after=follower.place, **nothing)
        return int(connection.execute(sa.text(read)).scalar_one() - before)

    assert await shared.read(ask) < 10
