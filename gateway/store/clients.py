"""Clients and their keys."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.settings import SystemSettings
from gateway.store.dialect import now as db_now
from gateway.store.tables import client, client_key


def add(
    connection: Connection, name: str, environment: str, agencies: list[str], key_hash: bytes
) -> bool:
    """Add a client with its first key; False: the name is taken."""
    if connection.execute(sa.select(client.c.id).where(client.c.name == name)).one_or_none():
        return False
    now = db_now(connection)
    number = connection.execute(
        client.insert()
        .values(name=name, environment=environment, agencies=agencies, created_at=now)
        .returning(client.c.id)
    ).scalar_one()
    connection.execute(client_key.insert().values(hash=key_hash, client=number, created_at=now))
    return True


def rotate(connection: Connection, name: str, key_hash: bytes, grace: int) -> str | None:
    """Give a client a new key; the old ones end after `grace` ms. Its environment, or None."""
    row = connection.execute(
        sa.select(client.c.id, client.c.environment).where(client.c.name == name)
    ).one_or_none()
    if row is None:
        return None
    now = db_now(connection)
    connection.execute(
        client_key.update()
        .where(
            client_key.c.client == row.id,
            sa.or_(client_key.c.expires_at.is_(None), client_key.c.expires_at > now + grace),
        )
        .values(expires_at=now + grace)
    )
    connection.execute(client_key.insert().values(hash=key_hash, client=row.id, created_at=now))
    return str(row.environment)


def environment_of(connection: Connection, name: str) -> str | None:
    """Say in which environment a client is, or None if nobody has that name."""
    found = connection.execute(sa.select(client.c.environment).where(client.c.name == name))
    return found.scalar_one_or_none()


def listed(connection: Connection) -> list[Any]:
    """List clients with the number of keys that still work."""
    now = db_now(connection)
    alive = sa.func.count(client_key.c.hash).filter(
        sa.or_(client_key.c.expires_at.is_(None), client_key.c.expires_at > now)
    )
    return list(
        connection.execute(
            sa.select(client.c.name, client.c.environment, client.c.agencies, alive.label("keys"))
            .outerjoin(client_key, client_key.c.client == client.c.id)
            .group_by(client.c.id)
            .order_by(client.c.name)
        )
    )


def find(connection: Connection, key_hash: bytes) -> Any:
    """Find the client whose key has this hash and still works; None if there is none."""
    return connection.execute(
        sa.select(client)
        .join(client_key, client_key.c.client == client.c.id)
        .where(
            client_key.c.hash == key_hash,
            sa.or_(client_key.c.expires_at.is_(None), client_key.c.expires_at > db_now(connection)),
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
