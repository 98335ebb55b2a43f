"""What follows a feed, and what it follows, on each kind of database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from gateway.main.bootstrap import open_store
from gateway.settings import Settings
from gateway.store import feed, rows
from gateway.store.engine import Connection, Store
from gateway.store.feed import Cursor
from gateway.store.ledger import listing
from gateway.store.ledger.queries import Viewer
from gateway.store.postgres import PostgresStore
from gateway.store.tables import dossier

EVERYBODY = Viewer(1, "live", (), everything=True)
Change = tuple[UUID, int]
"""A dossier and its version."""


def put(connection: Connection, dossier_id: UUID, version: int, at: int = 1) -> None:
    """Write a version of a dossier as a group of posts does."""
    row = {"id": dossier_id, "last_seq": version, "updated_at": at}
    row |= {"feed": feed.stamp(connection)}
    if version > 1:
        rows.update(connection, dossier, ("id",), [row])
        return
    new: dict[str, Any] = {"owner": 1, "ref": dossier_id.hex, "environment": "live"}
    new |= {"procedure": "p", "status": "received", "digest": b"d", "created_at": at}
    rows.insert(connection, dossier, [row | new])


async def change(store: Store, dossier_id: UUID, version: int, at: int = 1) -> None:
    """Write it in a transaction of its own."""
    await store.write(lambda connection: put(connection, dossier_id, version, at))


@dataclass
class Follower:
    """Whoever reads a list again and again, and keeps its place."""

    store: Store
    who: Viewer = EVERYBODY
    limit: int = 3
    place: Cursor | None = None
    seen: list[Change] = field(default_factory=list)

    async def read(self, updated_after: int | None = None) -> list[Change]:
        """Read all that can be read now."""
        nothing: Any = dict.fromkeys(("code", "ref", "status"))
        found: list[Change] = []
        more = True
        while more:
            asked = nothing | {"updated_after": updated_after, "after": self.place}
            search = partial(listing.search, viewer=self.who, limit=self.limit, **asked)
            page: listing.Page = await self.store.read(search)
            found += [(row.id, row.last_seq) for row in page.rows]
            self.place, more = page.cursor, page.more
        self.seen += found
        return found


@pytest.fixture
async def store(tmp_path: Path, database: dict[str, Any]) -> AsyncIterator[Store]:
    """Open an empty database of each kind."""
    found = await open_store(Settings(data=tmp_path, **database))
    yield found
    await found.close()


@pytest.fixture
async def shared(tmp_path: Path, migrated: Callable[[], str]) -> AsyncIterator[PostgresStore]:
    """Open an empty database on PostgreSQL."""
    found = await open_store(Settings(data=tmp_path, postgres=migrated()))
    assert isinstance(found, PostgresStore)
    yield found
    await found.close()
