"""Handing the open dossiers of one client to another: what would go, and letting it go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.store import feed
from gateway.store.dialect import now as db_now
from gateway.store.ledger.bodies import named_files, unpack_json
from gateway.store.ledger.visibility import within
from gateway.store.tables import client, client_key, dossier, event, file, joined

TOGETHER = 500
"""So many dossiers are looked through at once for the files that they name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which dossiers go. until is exclusive; both are milliseconds, of when they came in."""

    giver: int
    taker: int
    open_in: Sequence[str]
    agencies: tuple[str, ...] = ("*",)
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Going:
    """A dossier that would go, and whether the taker has its ref already for another one."""

    id: UUID
    ref: str
    joined: bool
    taken: bool


def clients_named(connection: Connection, names: Sequence[str]) -> dict[str, Any]:
    """Find clients and people by name; what systems bring is the agency's already."""
    rows = connection.execute(
        sa.select(client).where(client.c.name.in_(names), client.c.sort != "system")
    )
    return {row.name: row for row in rows}


def going(connection: Connection, wanted: Wanted) -> list[Going]:
    """Say which dossiers would go, the oldest first; locked where the database can."""
    places = [within(column, wanted.agencies) for column in (dossier.c.agency, dossier.c.receiving)]
    which = [
        dossier.c.status.in_(wanted.open_in),
        dossier.c.merged_into.is_(None),
        dossier.c.voided.is_(False),
        sa.or_(*places),
    ]
    if wanted.since is not None:
        which.append(dossier.c.created_at >= wanted.since)
    if wanted.until is not None:
        which.append(dossier.c.created_at < wanted.until)
    own = sa.select(dossier.c.id, dossier.c.ref).where(dossier.c.owner == wanted.giver, *which)
    further = (
        sa.select(dossier.c.id, joined.c.ref)
        .join(dossier, dossier.c.id == joined.c.dossier_id)
        .where(joined.c.client == wanted.giver, *which)
    )
    refs = _refs(connection, wanted.taker)
    return [
        Going(row.id, row.ref, by_join, refs.get(row.ref, row.id) != row.id)
        for query, by_join in ((own, False), (further, True))
        for row in connection.execute(query.order_by(dossier.c.created_at, dossier.c.id))
    ]


def _refs(connection: Connection, taker: int) -> dict[str, UUID]:
    own = sa.select(dossier.c.ref, dossier.c.id).where(dossier.c.owner == taker)
    further = sa.select(joined.c.ref, joined.c.dossier_id).where(joined.c.client == taker)
    return {row[0]: row[1] for row in connection.execute(sa.union_all(own, further))}


def hand(connection: Connection, wanted: Wanted, dossiers: Sequence[Going]) -> int:
    """Give dossiers to the taker, with the right to their files; give the number of files."""
    changed = {"updated_at": db_now(connection), "feed": feed.stamp(connection)}
    for some in _together([one.id for one in dossiers if not one.joined]):
        # The taker may have joined it before: from now on it is simply its own.
        connection.execute(
            joined.delete().where(joined.c.client == wanted.taker, joined.c.dossier_id.in_(some))
        )
        connection.execute(
            dossier.update().where(dossier.c.id.in_(some)).values(owner=wanted.taker, **changed)
        )
    for some in _together([one.id for one in dossiers if one.joined]):
        known = set(
            connection.execute(
                sa.select(joined.c.dossier_id)
                .where(joined.c.client == wanted.taker, joined.c.dossier_id.in_(some))
                .union(
                    sa.select(dossier.c.id).where(
                        dossier.c.owner == wanted.taker, dossier.c.id.in_(some)
                    )
                )
            ).scalars()
        )
        mine = sa.and_(joined.c.client == wanted.giver, joined.c.dossier_id.in_(some))
        connection.execute(joined.delete().where(mine, joined.c.dossier_id.in_(known)))
        connection.execute(joined.update().where(mine).values(client=wanted.taker))
        # The taker sees them from now on: whoever follows the list must meet them.
        connection.execute(dossier.update().where(dossier.c.id.in_(some)).values(**changed))
    return _share_files(connection, wanted, [one.id for one in dossiers])


def _share_files(connection: Connection, wanted: Wanted, ids: Sequence[UUID]) -> int:
    """Let the taker read the files that the giver uploaded for these dossiers."""
    named: set[bytes] = set()
    for some in _together(ids):
        bodies = connection.execute(sa.select(event.c.body).where(event.c.dossier_id.in_(some)))
        for body in bodies.scalars():
            named |= {bytes.fromhex(one) for one in named_files(unpack_json(body))}
    shared = 0
    for digests in _together(sorted(named)):
        known = sa.select(file.c.sha256).where(file.c.client == wanted.taker)
        rows = connection.execute(
            sa.select(file).where(
                file.c.client == wanted.giver,
                file.c.sha256.in_(digests),
                file.c.sha256.not_in(known),
            )
        ).all()
        if rows:
            new = [dict(row._mapping) | {"client": wanted.taker} for row in rows]  # noqa: SLF001 - SQLAlchemy's public name
            connection.execute(file.insert(), new)
        shared += len(rows)
    return shared


def end_keys(connection: Connection, giver: int) -> int:
    """End all keys of a client now; give how many worked."""
    now = db_now(connection)
    return connection.execute(
        client_key.update()
        .where(
            client_key.c.client == giver,
            sa.or_(client_key.c.expires_at.is_(None), client_key.c.expires_at > now),
        )
        .values(expires_at=now)
    ).rowcount


def _together(found: Sequence[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(found), TOGETHER):
        yield list(found[start : start + TOGETHER])
