"""The list of dossiers: in the order in which they changed, so that it can be followed."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.store import feed
from gateway.store.feed import Cursor
from gateway.store.ledger.bodies import unpack_json
from gateway.store.ledger.visibility import Viewer, visible
from gateway.store.tables import dossier, dossier_code, event, joined


@dataclass(frozen=True, slots=True)
class Page:
    """Some dossiers, the place behind them, and whether more can be read there already."""

    rows: list[Any]
    cursor: Cursor
    more: bool
    heads: Mapping[UUID, dict[str, Any]] = field(default_factory=dict)
    """The newest version of those whose time is counted."""


def search(
    connection: Connection,
    viewer: Viewer,
    *,
    code: str | None,
    ref: str | None,
    status: str | None,
    updated_after: int | None,
    after: Cursor | None,
    limit: int,
    timed: Container[str] = (),
) -> Page:
    """Find dossiers that a client may see, oldest change first, beyond a place.

    updated_after: where to start, if there is no place yet. Raises `feed.Outdated`.
    timed: procedures of whose dossiers the newest version is read too
    """
    at = feed.horizon(connection)
    if after is not None:
        at.check(after)
    elif updated_after is not None:
        after = feed.since(connection, dossier, at, updated_after)
    own = sa.and_(
        joined.c.dossier_id == dossier.c.id, joined.c.client == viewer.client, joined.c.verified
    )
    named_by = sa.func.coalesce(joined.c.ref, dossier.c.ref)
    query = sa.select(
        dossier.c.id,
        named_by.label("ref"),
        dossier.c.ref.label("first_ref"),
        dossier.c.code,
        dossier.c.status,
        dossier.c.procedure,
        dossier.c.last_seq,
        dossier.c.updated_at,
        dossier.c.voided,
        dossier.c.merged_into,
        dossier.c.feed,
    )
    query = query.outerjoin(joined, own).where(visible(viewer))
    if code is not None:
        named = sa.select(dossier_code.c.dossier_id).where(dossier_code.c.value == code)
        query = query.where(dossier.c.id.in_(named))
    for column, value in ((named_by, ref), (dossier.c.status, status)):
        if value is not None:
            query = query.where(column == value)
    query = query.where(feed.readable(dossier, at, after or at.start))
    found = list(connection.execute(query.order_by(dossier.c.feed, dossier.c.id).limit(limit + 1)))
    rows = found[:limit]
    counted = heads(connection, [row.id for row in rows if row.procedure in timed])
    if len(found) <= limit:  # up to the horizon nobody need look again
        return Page(rows, at.end, more=False, heads=counted)
    return Page(rows, Cursor(at.epoch, rows[-1].feed, rows[-1].id), more=True, heads=counted)


def heads(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """Give the newest version of some dossiers."""
    if not ids:
        return {}
    newest = sa.and_(event.c.dossier_id == dossier.c.id, event.c.seq == dossier.c.last_seq)
    query = sa.select(dossier.c.id, event.c.body).join(event, newest).where(dossier.c.id.in_(ids))
    return {row.id: unpack_json(row.body)[1] for row in connection.execute(query)}
