"""The list of dossiers: in the order in which they changed, so that it can be followed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.store import feed
from gateway.store.feed import Cursor
from gateway.store.ledger.visibility import Viewer, visible
from gateway.store.tables import dossier, dossier_code, joined


@dataclass(frozen=True, slots=True)
class Page:
    """Some dossiers, the place behind them, and whether more can be read there already."""

    rows: list[Any]
    cursor: Cursor
    more: bool


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
) -> Page:
    """Find dossiers that a client may see, oldest change first, beyond a place.

    updated_after: where to start, if there is no place yet. Raises `feed.Outdated`.
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
    if len(found) <= limit:  # up to the horizon nobody need look again
        return Page(found, at.end, more=False)
    rows = found[:limit]
    return Page(rows, Cursor(at.epoch, rows[-1].feed, rows[-1].id), more=True)
