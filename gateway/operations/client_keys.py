"""Who may post dossiers, and their keys: a key is given once, when it is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.access.keys import make_key
from gateway.access.principals import Environment
from gateway.operations.refusals import Refusal
from gateway.store import clients
from gateway.store.engine import Store

HOUR = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownClient:
    """A client as an operator sees it; keys: how many of its keys still work."""

    name: str
    environment: str
    agencies: tuple[str, ...]
    keys: int


def environment_of(text: str) -> Environment | Refusal:
    """Read the environment in which a client is to be."""
    if text == "live":
        return "live"
    return "sandbox" if text == "sandbox" else Refusal("environment", text)


async def add(
    store: Store, name: str, *, environment: Environment, agencies: Sequence[str]
) -> str | Refusal:
    """Add a client that speaks for the subtrees of these agencies; give its key."""
    key, hashed = make_key(environment)
    added = await store.write(
        lambda connection: clients.add(connection, name, environment, list(agencies), hashed)
    )
    return key if added else Refusal("name_taken", name)


async def rotate(store: Store, name: str, *, grace: float) -> str | Refusal:
    """Give a client a new key, and give it; the old ones end after so many hours."""
    environment = await store.read(lambda connection: clients.environment_of(connection, name))
    if environment is None:
        return Refusal("unknown_client", name)
    key, hashed = make_key(environment)
    await store.write(
        lambda connection: clients.rotate(connection, name, hashed, int(grace * HOUR))
    )
    return key


async def listed(store: Store) -> list[KnownClient]:
    """List the clients by name."""
    return [
        KnownClient(
            name=row.name,
            environment=row.environment,
            agencies=tuple(row.agencies),
            keys=row.keys,
        )
        for row in await store.read(clients.listed)
    ]
