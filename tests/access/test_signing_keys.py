"""The keys of an identity provider: how often it is asked, and which keys are taken."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from joserfc.jwk import OctKey

from gateway.access.issuer import IssuerUnavailable
from tests.access.issuing import EC, RSA, URL, FakeIssuer


async def test_many_at_once_are_one_question() -> None:
    """Everybody who waits for the keys waits for the same answer."""
    world = FakeIssuer()
    keys = world.signing_keys()

    found = await asyncio.gather(*(keys.find("rsa") for _ in range(50)))

    assert (all(found), len(world.fetched)) == (True, 2)


async def test_invented_keys_are_no_storm_at_the_issuer() -> None:
    """An unknown id makes us look once in half a minute."""
    world = FakeIssuer()
    keys = world.signing_keys()
    for number in range(100):
        await keys.find(f"invented-{number}")
    at_once = len(world.fetched)
    world.ticks = 30.0
    await keys.find("invented")

    assert (at_once, len(world.fetched)) == (2, 4)


async def test_a_key_that_was_given_up_ends() -> None:
    """Old keys are looked at again after ten minutes, and nobody waits for it."""
    world = FakeIssuer()
    keys = world.signing_keys()
    await keys.find("rsa")
    world.keys, world.ticks = [EC], 601.0

    last = await keys.find("rsa")
    await asyncio.sleep(0.01)

    assert (last is not None, await keys.find("rsa")) == (True, None)


async def test_an_issuer_that_was_away_is_asked_again_soon() -> None:
    """Without a key the next look is after five seconds, and until then nobody waits."""
    world = FakeIssuer(away=True)
    keys = world.signing_keys()
    for _ in range(2):
        with pytest.raises(IssuerUnavailable):
            await keys.find("rsa")
    asked, world.away, world.ticks = len(world.fetched), False, 5.0

    assert (asked, await keys.find("rsa") is not None) == (1, True)


@pytest.mark.parametrize(
    "about",
    [
        {"issuer": "https://evil.example"},
        {"jwks_uri": "http://id.example/jwks"},
        {"jwks_uri": None},
        {"jwks_uri": 7},
    ],
)
async def test_a_strange_description_gives_no_key(about: dict[str, Any]) -> None:
    """Keys come from whoever the settings name, and over TLS."""
    with pytest.raises(IssuerUnavailable):
        await FakeIssuer(about=about).signing_keys().find("rsa")


async def test_only_keys_that_verify_are_taken() -> None:
    """Shared secrets, keys to encrypt, short and broken ones are passed over; the rest serves."""
    secret = OctKey.generate_key(256, {"kid": "secret"}).as_dict(private=True)
    public = RSA.as_dict(private=False)
    world = FakeIssuer(
        more_keys=[
            dict(secret),
            {**public, "kid": "enc", "use": "enc"},
            {**public, "kid": "short", "n": str(public["n"])[:171]},
            {"kty": "RSA", "kid": "broken"},
            {"kty": "AKP", "kid": "newer"},
        ]
    )
    keys = world.signing_keys()

    found = [await keys.find(name) for name in ("secret", "enc", "short", "broken", "newer")]

    assert (found, await keys.find("rsa") is not None) == ([None] * 5, True)


async def test_a_document_that_cannot_be_read_leaves_the_known_keys() -> None:
    """A mistake at the issuer locks nobody out."""
    world = FakeIssuer()
    keys = world.signing_keys()
    await keys.find("rsa")
    world.keys, world.ticks = [], 601.0
    await keys.find("rsa")
    await asyncio.sleep(0.01)

    assert await keys.find("rsa") is not None
    assert world.fetched[-1] == f"{URL}/jwks"
