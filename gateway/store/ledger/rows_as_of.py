"""As of when each source's newest row of a dossier speaks; older rows of it are stale."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.store.tables import client, dossier, dossier_code, joined


@dataclass(frozen=True, slots=True)
class RowSource:
    """A source of a dossier; `as_of` is None where it never told it by a row.

    first: it brought the dossier; others joined it under a ref of their own
    """

    dossier: UUID
    client: str
    client_id: int
    ref: str
    as_of: int | None
    first: bool


def find(connection: Connection, said: str, id_: UUID | None, *, lock: bool) -> list[RowSource]:
    """Find the sources that are meant by a client's own ref, an official code, or a dossier's id.

    id_: the same as an id, where it can be one
    lock: keep the dossiers as they are until the transaction ends
    """
    clients = sa.select(client.c.id)  # named, so that the index by client and ref serves
    by_ref = sa.union(
        sa.select(dossier.c.id, dossier.c.owner).where(
            dossier.c.owner.in_(clients), dossier.c.ref == said
        ),
        sa.select(joined.c.dossier_id, joined.c.client).where(
            joined.c.client.in_(clients), joined.c.ref == said
        ),
    )
    exact = {(row[0], row[1]) for row in connection.execute(by_ref)}
    by_code = sa.select(dossier_code.c.dossier_id).where(
        dossier_code.c.value == said, dossier_code.c.kind == "official"
    )
    whole = set(connection.execute(by_code).scalars()) | ({id_} if id_ is not None else set())
    ids = whole | {one for one, _ in exact}
    if lock:
        locked = sa.select(dossier.c.id).where(dossier.c.id.in_(ids)).order_by(dossier.c.id)
        connection.execute(locked.with_for_update()).all()
    found = _sources(connection, ids)
    return [one for one in found if one.dossier in whole or (one.dossier, one.client_id) in exact]


def put(connection: Connection, source: RowSource, as_of: int) -> None:
    """Let rows of this source be stale only where they are older than this."""
    if source.first:
        where = sa.update(dossier).where(dossier.c.id == source.dossier)
    else:
        where = sa.update(joined).where(
            joined.c.client == source.client_id, joined.c.ref == source.ref
        )
    connection.execute(where.values(as_of=as_of))


def ahead(connection: Connection, now: int, limit: int) -> list[RowSource]:
    """Give the sources whose newest row is of a time after `now`, the furthest first."""
    first, further = _selects()
    found = sa.union_all(
        first.where(dossier.c.as_of > now), further.where(joined.c.as_of > now)
    ).subquery()
    rows = connection.execute(sa.select(found).order_by(found.c.as_of.desc()).limit(limit))
    return [_read(row) for row in rows]


def count_ahead(connection: Connection, now: int) -> int:
    """Count them."""
    found = (
        sa.select(sa.func.count()).select_from(table).where(table.c.as_of > now)
        for table in (dossier, joined)
    )
    return sum(int(connection.execute(one).scalar_one()) for one in found)


def _sources(connection: Connection, ids: Iterable[UUID]) -> list[RowSource]:
    wanted = sorted(ids)
    first, further = _selects()
    rows = [
        *connection.execute(first.where(dossier.c.id.in_(wanted))),
        *connection.execute(further.where(joined.c.dossier_id.in_(wanted))),
    ]
    return sorted(map(_read, rows), key=lambda one: (one.dossier, not one.first, one.client))


def _selects() -> tuple[sa.Select[Any], sa.Select[Any]]:
    """Ask for first sources, and for further ones."""
    first = sa.select(
        dossier.c.id.label("dossier"),
        client.c.name,
        dossier.c.owner.label("client_id"),
        dossier.c.ref,
        dossier.c.as_of,
        sa.true().label("first"),
    ).join(client, client.c.id == dossier.c.owner)
    further = sa.select(
        joined.c.dossier_id,
        client.c.name,
        joined.c.client,
        joined.c.ref,
        joined.c.as_of,
        sa.false(),
    ).join(client, client.c.id == joined.c.client)
    return first, further


def _read(row: Any) -> RowSource:
    id_, name, client_id, ref, as_of, first = row
    return RowSource(id_, name, client_id, ref, as_of, bool(first))
