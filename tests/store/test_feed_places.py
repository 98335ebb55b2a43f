"""Law 18: places in a feed: where one starts, what a restore does to them, and what is none."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from alembic import command
from hypothesis import given
from hypothesis import strategies as st

from gateway.main.bootstrap import open_store
from gateway.settings import Settings
from gateway.store import feed, schema
from gateway.store.engine import Connection, Store, connect
from gateway.store.feed import Cursor, Outdated
from gateway.store.postgres import PostgresStore
from gateway.store.postgres_engine import connect as connect_shared
from gateway.store.tables import dossier
from tests.store.following import Follower, change, shared, store

__all__ = ["shared", "store"]


async def test_a_time_only_chooses_where_to_start(store: Store) -> None:
    """Law 18: Behind the first change of after that time all comes, whatever the clock said."""
    ids = [uuid4() for _ in range(4)]
    clock = [10_000_000, 20_000_000, 5_000_000, 21_000_000]
    for one, at in zip(ids, clock, strict=True):
        await change(store, one, 1, at)
    started, nothing_yet = Follower(store), Follower(store)
    await nothing_yet.read(updated_after=90_000_000)
    await change(store, ids[0], 2, 6_000_000)

    assert [one for one, _ in await started.read(updated_after=15_000_000)] == [*ids[1:], ids[0]]
    assert await nothing_yet.read(updated_after=90_000_000) == [(ids[0], 2)]


async def test_numbers_that_begin_anew_are_recognised(
    tmp_path: Path, shared: PostgresStore
) -> None:
    """Law 18: Restored into a new cluster all can be read, and cursors of before are refused."""
    follower, old, new = Follower(shared), uuid4(), uuid4()
    await change(shared, old, 1)
    await follower.read()
    ahead = dossier.update().values(feed=2**40)  # as a dump of a cluster that is years older
    await shared.write(lambda connection: connection.execute(ahead))
    await (await open_store(Settings(data=tmp_path, postgres=shared._dsn))).close()
    await change(shared, new, 1)

    assert await Follower(shared).read() == [(old, 1), (new, 1)]
    with pytest.raises(Outdated):
        await follower.read()


async def test_a_restore_that_is_told_ends_cursors(store: Store) -> None:
    """Law 18: After it whoever follows is told to begin anew, and then reads all."""
    follower, one = Follower(store), uuid4()
    await change(store, one, 1)
    await follower.read()
    await store.write(feed.begin_epoch)
    with pytest.raises(Outdated):
        await follower.read()
    follower.place = None

    assert await follower.read() == [(one, 1)]


async def test_a_place_that_was_never_reached_is_refused(store: Store) -> None:
    """A database that was put back without a word is found out by whoever is ahead of it."""
    follower = Follower(store)
    await follower.read()
    assert follower.place is not None
    follower.place = Cursor(follower.place.epoch, 2**50, feed.FIRST)

    with pytest.raises(Outdated):
        await follower.read()


async def test_numbers_are_not_given_again_when_the_newest_rows_go(store: Store) -> None:
    """A sandbox is emptied, and whoever follows it still sees what is posted next."""
    follower, gone, new = Follower(store), uuid4(), uuid4()
    await change(store, gone, 1)
    await follower.read()
    await store.write(lambda connection: connection.execute(dossier.delete()))
    await change(store, new, 1)

    assert await follower.read() == [(new, 1)]


def before_feeds(connection: Connection) -> None:
    """Bring a database to where it was before there were feeds, with two dossiers."""
    command.upgrade(schema._config(connection), "0008")
    for name, at in (("later", 1790000000000), ("first", 1780000000000)):
        columns = "id, owner, ref, environment, procedure, status, last_seq, digest"
        values = f"'{uuid4().hex}', 1, '{name}', 'live', 'p', 'received', 1, 'd'"
        connection.execute(
            sa.text(
                f"INSERT INTO dossier ({columns}, created_at, updated_at) "  # noqa: S608 - ours
                f"VALUES ({values}, {at}, {at})"
            )
        )


async def test_dossiers_of_before_come_first_in_the_order_of_their_times(
    tmp_path: Path, empty_database: dict[str, Any]
) -> None:
    """What an older version stored is listed by its last change, and then what follows."""
    settings = Settings(data=tmp_path, **empty_database)
    if settings.postgres is not None:
        server = connect_shared(settings.postgres, lambda _: None)
        async with server.begin() as connection:
            await connection.run_sync(before_feeds)
        await server.dispose()
    else:
        embedded = connect(settings.database)
        with embedded.begin() as opened:
            before_feeds(opened)
        embedded.dispose()
    store = await open_store(settings)
    new = uuid4()
    await change(store, new, 1)
    listed = await Follower(store).read()
    names = await store.read(
        lambda connection: {row.id: row.ref for row in connection.execute(sa.select(dossier))}
    )
    await store.close()

    assert [names[one] for one, _ in listed] == ["first", "later", new.hex]


PLACES = st.builds(Cursor, st.integers(0, 10**17), st.integers(-(10**13), 10**17), st.uuids())


@given(PLACES)
def test_a_cursor_comes_back_as_it_was(place: Cursor) -> None:
    """And is none of another feed."""
    text = place.encode("dossiers")

    assert (Cursor.decode(text, "dossiers"), Cursor.decode(text, "changes")) == (place, None)


@given(st.text() | st.binary().map(lambda raw: urlsafe_b64encode(raw).decode()))
def test_what_is_no_cursor_is_none(text: str) -> None:
    """Nothing that a client may send fails, or is taken for what it is not."""
    assert Cursor.decode(text, "dossiers") is None
