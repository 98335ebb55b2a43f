"""Clients and their keys, as values; and what the audit says of each act."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.access.keys import KeyRing, prefix_of
from gateway.operations import client_keys
from gateway.operations.client_keys import By, KnownClient
from gateway.operations.refusals import Refusal
from gateway.settings import Settings
from gateway.store.engine import Store
from gateway.store.tables import audit, client_key
from tests.operations.begun import begun

BY = By(who="os:day", why="new ward")


@pytest.fixture
async def store(tmp_path: Path, database: dict[str, Any]) -> AsyncIterator[Store]:
    """Open an empty store."""
    async with begun(Settings(data=tmp_path, **database)) as made:
        yield made


async def added(store: Store, name: str = "xa", **more: Any) -> str:
    """Add a client, and give its key."""
    key = await client_keys.add(store, name, environment="sandbox", agencies=["H99"], by=BY, **more)
    assert isinstance(key, str)
    return key


async def lines(store: Store) -> list[tuple[str, ...]]:
    """Read the audit of what was done to clients."""
    chosen = sa.select(audit).where(audit.c.what.like("clients.%")).order_by(audit.c.id)
    rows = await store.read(lambda connection: list(connection.execute(chosen)))
    return [(row.who, row.what, row.object, row.reason, row.result) for row in rows]


async def known(store: Store, *keys: str) -> list[bool]:
    """Say which keys a process that has just started takes."""
    ring = KeyRing(store)
    return [await ring.find(key) is not None for key in keys]


async def test_a_key_that_was_given_opens(store: Store) -> None:
    """The key of a new client is found, and after a rotation the new one too."""
    keys = [await added(store), str(await client_keys.rotate(store, "xa", grace=1.0, by=BY))]

    assert await known(store, *keys) == [True, True]
    assert await client_keys.listed(store) == [
        KnownClient(name="xa", environment="sandbox", agencies=("H99",), keys=2)
    ]


async def test_names_are_unique_and_known(store: Store) -> None:
    """Neither a second client of a name, nor a new key for nobody."""
    await added(store)
    again = await client_keys.add(store, "xa", environment="live", agencies=["H98"], by=BY)
    nobody = await client_keys.rotate(store, "xb", grace=1.0, by=BY)

    assert (again, nobody) == (Refusal("name_taken", "xa"), Refusal("unknown_client", "xb"))


@pytest.mark.parametrize("name", ["system:igate", "person:x", "", " ", "a\nb", "x" * 101])
async def test_no_client_takes_the_name_of_a_system_or_a_person(store: Store, name: str) -> None:
    """Its key would become that system's."""
    refused = await client_keys.add(store, name, environment="live", agencies=["*"], by=BY)

    assert refused == Refusal("client_name", name)


async def test_people_tell_keys_apart_by_their_first_letters(store: Store) -> None:
    """Eight letters of the random part are shown, and nothing else of a key is kept."""
    key = await added(store)
    [(_, [found])] = await client_keys.with_keys(store, "xa")

    assert found.prefix == prefix_of(key) == key[: len("lt_sandbox_") + 8]
    assert (found.works, found.expires, found.used) == (True, None, None)


async def test_a_key_ends_on_its_day(store: Store) -> None:
    """What was given for some days is taken until then, and not after."""
    key = await added(store, days=1.0)
    lasting = await known(store, key)
    [(_, [found])] = await client_keys.with_keys(store, "xa")
    past = client_key.update().values(expires_at=client_key.c.created_at)
    await store.write(lambda connection: connection.execute(past))

    assert (lasting, await known(store, key)) == ([True], [False])
    assert found.expires == found.made + client_keys.DAY


async def test_one_key_is_revoked_and_the_other_works_on(store: Store) -> None:
    """By its prefix; a second time nothing of that name works."""
    old, new = await added(store), str(await client_keys.rotate(store, "xa", grace=9.0, by=BY))
    ended = [await client_keys.revoke(store, "xa", prefix_of(old), by=BY) for _ in range(2)]

    assert ended == [[prefix_of(old)], Refusal("unknown_key", prefix_of(old))]
    assert await known(store, old, new) == [False, True]


async def test_all_keys_are_revoked_at_once(store: Store) -> None:
    """The client stays, without a key."""
    keys = [await added(store), str(await client_keys.rotate(store, "xa", grace=9.0, by=BY))]
    ended = await client_keys.revoke(store, "xa", None, by=BY)

    assert ended == sorted(prefix_of(key) for key in keys)
    assert await known(store, *keys) == [False, False]


async def test_a_client_is_given_other_agencies(store: Store) -> None:
    """What is not said stays as it is."""
    key = await added(store, helps=["H98"])
    changed = await client_keys.assign(store, "xa", agencies=["H97", "H96"], by=BY)
    found = await KeyRing(store).find(key)

    assert isinstance(changed, KnownClient)
    assert (changed.agencies, changed.helps) == (("H97", "H96"), ("H98",))
    assert found is not None
    assert (found.agencies, found.helps) == (changed.agencies, changed.helps)


async def test_whoever_keeps_one_environment_knows_nobody_of_the_other(store: Store) -> None:
    """An administrator of the sandbox gives himself no live key."""
    await client_keys.add(store, "xl", environment="live", agencies=["*"], by=BY)
    here = By(who="client:admin", within="sandbox")
    tried = [
        await client_keys.rotate(store, "xl", grace=1.0, by=here),
        await client_keys.add(store, "xm", environment="live", agencies=["*"], by=here),
    ]

    assert tried == [Refusal("unknown_client", "xl"), Refusal("environment", "live")]
    assert await client_keys.with_keys(store, within="sandbox") == []


async def test_the_last_use_is_kept_to_the_hour(store: Store) -> None:
    """A key that was never used says so; one that is used is written once an hour."""
    key = await added(store)

    async def used() -> int | None:
        ring = KeyRing(store)
        await ring.find(key)
        await ring.note()
        [(_, [found])] = await client_keys.with_keys(store, "xa")
        return found.used

    first, again = await used(), await used()
    ago = client_key.update().values(last_used_at=client_key.c.last_used_at - 2 * client_keys.HOUR)
    await store.write(lambda connection: connection.execute(ago))

    assert first is not None
    assert (again, (await used() or 0) >= first) == (first, True)


async def test_every_act_is_in_the_audit(store: Store) -> None:
    """Who, what, whom, why and what came of it, also of what was refused; never a key."""
    key = await added(store)
    await client_keys.add(store, "xa", environment="live", agencies=["*"], by=BY)
    new = str(await client_keys.rotate(store, "xa", grace=1.0, by=BY))
    await client_keys.assign(store, "xa", helps=["H98"], by=BY)
    await client_keys.revoke(store, "xa", None, by=BY)
    await client_keys.revoke(store, "nobody", None, by=BY)

    found = await lines(store)
    both = " ".join(sorted([prefix_of(key), prefix_of(new)]))
    assert found == [
        ("os:day", f"clients.{what}", about, "new ward", result)
        for what, about, result in [
            ("add", f"xa {prefix_of(key)}", "done"),
            ("add", "xa", "name_taken"),
            ("rotate", f"xa {prefix_of(new)}", "done"),
            ("agencies", "xa helps: H98", "done"),
            ("revoke", f"xa {both}", "done"),
            ("revoke", "", "unknown_client"),
        ]
    ]
    assert not any(secret in str(found) for secret in (key, new))
