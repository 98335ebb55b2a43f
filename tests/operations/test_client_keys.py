"""Clients and their keys, as values."""

from __future__ import annotations

from gateway.access.keys import KeyRing
from gateway.main.bootstrap import opened
from gateway.operations.client_keys import KnownClient, add, listed, rotate
from gateway.operations.refusals import Refusal
from gateway.settings import Settings


async def test_a_key_that_was_given_opens(settings: Settings) -> None:
    """The key of a new client is found, and after a rotation the new one too."""
    async with opened(settings) as store:
        keys = [
            await add(store, "xa", environment="sandbox", agencies=["H99"]),
            await rotate(store, "xa", grace=1.0),
        ]
        found = [await KeyRing(store).find(str(key)) for key in keys]
        known = await listed(store)

    assert [one and one.name for one in found] == ["xa", "xa"]
    assert known == [KnownClient(name="xa", environment="sandbox", agencies=("H99",), keys=2)]


async def test_names_are_unique_and_known(settings: Settings) -> None:
    """Neither a second client of a name, nor a new key for nobody."""
    async with opened(settings) as store:
        await add(store, "xa", environment="live", agencies=["H99"])
        again = await add(store, "xa", environment="live", agencies=["H98"])
        nobody = await rotate(store, "xb", grace=1.0)

    assert (again, nobody) == (Refusal("name_taken", "xa"), Refusal("unknown_client", "xb"))
