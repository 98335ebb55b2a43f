"""Clients and their keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.settings import SystemSettings
from gateway.store.dialect import now as db_now
from gateway.store.tables import client, client_key

HOUR = 3_600_000


def add(
    connection: Connection,
    name: str,
    environment: str,
    agencies: list[str],
    key_hash: bytes,
    *,
    prefix: str = "",
    lasts: int | None = None,
    helps: Sequence[str] = (),
) -> bool:
    """Add a client with its first key; False: the name is taken.

    lasts: for so many ms its key works; None: until it is ended
    """
    if connection.execute(sa.select(client.c.id).where(client.c.name == name)).one_or_none():
        return False
    now = db_now(connection)
    number = connection.execute(
        client.insert()
        .values(
            name=name,
            environment=environment,
            agencies=agencies,
            helps=list(helps),
            created_at=now,
        )
        .returning(client.c.id)
    ).scalar_one()
    _add_key(connection, number, key_hash, prefix, now, lasts)
    return True


def rotate(
    connection: Connection,
    name: str,
    key_hash: bytes,
    grace: int,
    *,
    prefix: str = "",
    lasts: int | None = None,
) -> str | None:
    """Give a client a new key; the old ones end after `grace` ms. Its environment, or None."""
    row = find_named(connection, name)
    if row is None:
        return None
    now = db_now(connection)
    _end(connection, row.id, now + grace)
    _add_key(connection, row.id, key_hash, prefix, now, lasts)
    return str(row.environment)


def _add_key(
    connection: Connection, number: int, key_hash: bytes, prefix: str, now: int, lasts: int | None
) -> None:
    connection.execute(
        client_key.insert().values(
            hash=key_hash,
            client=number,
            created_at=now,
            expires_at=None if lasts is None else now + lasts,
            prefix=prefix or f"#{key_hash.hex()[:8]}",
        )
    )


def _end(
    connection: Connection, number: int, at: int, *chosen: sa.ColumnElement[bool]
) -> list[str]:
    """Let keys end at a time, at the latest; give the prefixes of those that it changed."""
    rows = connection.execute(
        client_key.update()
        .where(
            client_key.c.client == number,
            sa.or_(client_key.c.expires_at.is_(None), client_key.c.expires_at > at),
            *chosen,
        )
        .values(expires_at=at)
        .returning(client_key.c.prefix)
    )
    return sorted(row.prefix for row in rows)


def revoke(connection: Connection, number: int, prefix: str | None) -> list[str]:
    """End those keys of a client that begin so, or all, now; give their prefixes."""
    chosen = [] if prefix is None else [client_key.c.prefix == prefix]
    return _end(connection, number, db_now(connection), *chosen)


def change(connection: Connection, number: int, **values: list[str]) -> None:
    """Change for whom a client speaks (`agencies`) and whom it helps (`helps`)."""
    connection.execute(client.update().where(client.c.id == number).values(**values))


def find_named(connection: Connection, name: str, environment: str | None = None) -> Any:
    """Find the client of a name and lock it; people and systems are none. None: nobody."""
    found = sa.select(client).where(client.c.name == name, client.c.sort == "client")
    if environment is not None:
        found = found.where(client.c.environment == environment)
    return connection.execute(found.with_for_update()).one_or_none()


def listed(
    connection: Connection, environment: str | None = None, name: str | None = None
) -> list[Any]:
    """List clients, or the one of a name, with the number of keys that still work."""
    now = db_now(connection)
    alive = sa.func.count(client_key.c.hash).filter(
        sa.or_(client_key.c.expires_at.is_(None), client_key.c.expires_at > now)
    )
    found = (
        sa.select(
            client.c.id,
            client.c.name,
            client.c.environment,
            client.c.agencies,
            client.c.helps,
            alive.label("keys"),
        )
        .outerjoin(client_key, client_key.c.client == client.c.id)
        .where(client.c.sort == "client")
        .group_by(client.c.id)
        .order_by(client.c.name)
    )
    if environment is not None:
        found = found.where(client.c.environment == environment)
    if name is not None:
        found = found.where(client.c.name == name)
    return list(connection.execute(found))


def keys_of(connection: Connection, numbers: Iterable[int]) -> list[Any]:
    """List the keys of clients, oldest first, with whether each still works."""
    now = db_now(connection)
    works = sa.or_(client_key.c.expires_at.is_(None), client_key.c.expires_at > now)
    return list(
        connection.execute(
            sa.select(
                client_key.c.client,
                client_key.c.prefix,
                client_key.c.created_at,
                client_key.c.expires_at,
                client_key.c.last_used_at,
                works.label("works"),
            )
            .where(client_key.c.client.in_(list(numbers)))
            .order_by(client_key.c.created_at, client_key.c.prefix)
        )
    )


def find(connection: Connection, key_hash: bytes) -> Any:
    """Find the client whose key has this hash and still works; None if there is none.

    stale: nobody has noted for an hour that this key is used
    """
    now = db_now(connection)
    used = client_key.c.last_used_at
    return connection.execute(
        sa.select(client, sa.or_(used.is_(None), used <= now - HOUR).label("stale"))
        .join(client_key, client_key.c.client == client.c.id)
        .where(
            client_key.c.hash == key_hash,
            sa.or_(client_key.c.expires_at.is_(None), client_key.c.expires_at > now),
        )
    ).one_or_none()


def of_person(connection: Connection, name: str, environment: str) -> int:
    """Give the row as which a person of an identity provider acts; it has no key and no roles."""
    found = connection.execute(
        client.update()
        .where(client.c.name == name, client.c.sort == "person")
        .values(environment=environment)
        .returning(client.c.id)
    ).scalar_one_or_none()
    if found is None:
        found = connection.execute(
            client.insert()
            .values(
                name=name,
                environment=environment,
                agencies=[],
                created_at=db_now(connection),
                sort="person",
                roles=[],
            )
            .returning(client.c.id)
        ).scalar_one()
    return int(found)


def note_used(connection: Connection, hashes: Iterable[bytes]) -> None:
    """Note that keys are used, at most once an hour each."""
    now = db_now(connection)
    used = client_key.c.last_used_at
    connection.execute(
        client_key.update()
        .where(client_key.c.hash.in_(list(hashes)), sa.or_(used.is_(None), used <= now - HOUR))
        .values(last_used_at=now)
    )


def of_system(connection: Connection, config: SystemSettings) -> int:
    """Give the client as which a system's own dossiers are kept; it has no key."""
    name = f"system:{config.name}"
    row = {
        "agencies": list(config.inbox.agencies if config.inbox is not None else ("*",)),
        "environment": config.environment,
        "sort": "system",
    }
    found = connection.execute(
        client.update().where(client.c.name == name).values(**row).returning(client.c.id)
    ).scalar_one_or_none()
    if found is None:
        found = connection.execute(
            client.insert()
            .values(name=name, created_at=db_now(connection), **row)
            .returning(client.c.id)
        ).scalar_one()
    return int(found)
