"""Tokens of the identity provider: only its own, for us, for now; and what they give."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.access.issuer import IssuerUnavailable, read_issuer
from gateway.access.roles import Role
from tests.access.issuing import (
    EC,
    NOW,
    OKP,
    RSA,
    STRANGER,
    TABLE,
    URL,
    FakeIssuer,
    claims,
    forged,
    signed,
)

PUBLIC = RSA.as_pem(private=False)


@pytest.mark.parametrize(
    ("key", "alg"),
    [(RSA, "RS256"), (RSA, "PS256"), (EC, "ES256"), (OKP, "EdDSA"), (OKP, "Ed25519")],
)
async def test_a_token_of_the_issuer_names_a_person(key: Any, alg: str) -> None:
    """Under each allowed algorithm it says who it is, with the roles and agencies of the groups."""
    world = FakeIssuer()

    found = await world.people().find(signed(claims(), key, alg))

    assert found is not None
    assert (found.name, found.sort, found.environment) == (
        "person:u-17@id.example/realms/ward",
        "person",
        "live",
    )
    assert (found.roles, found.agencies) == (frozenset({Role.OFFICER}), ("H99.14",))


WRONG: dict[str, str] = {
    "another issuer": signed(claims(iss="https://evil.example")),
    "no issuer": signed(claims(iss=None)),
    "another audience": signed(claims(aud="another")),
    "no audience": signed(claims(aud=None)),
    "other audiences": signed(claims(aud=["another", "third"])),
    "expired": signed(claims(exp=NOW - 60)),
    "no end": signed(claims(exp=None)),
    "an end that is no number": signed(claims(exp="tomorrow")),
    "an end that is true": signed(claims(exp=True)),
    "an endless end": signed(claims(exp=float("inf"))),
    "not yet": signed(claims(nbf=NOW + 61)),
    "made in the future": signed(claims(iat=NOW + 61)),
    "nobody": signed(claims(sub=None)),
    "an empty name": signed(claims(sub="")),
    "a name that steers a terminal": signed(claims(sub="\x1b[2J")),
    "an endless name": signed(claims(sub="u" * 256)),
    "no signature": forged(claims(), "none"),
    "no signature, spelt otherwise": forged(claims(), "nOnE"),
    "the public key as a secret": forged(claims(), "HS256", PUBLIC),
    "a public key as a secret under RS256": forged(claims(), "RS256", PUBLIC),
    "a stranger's key under a known name": signed(claims(), STRANGER),
    "a key of another kind": signed(claims(), EC, "ES256", kid="rsa"),
    "an unknown key": signed(claims(), STRANGER, kid="other"),
    "which of several keys": signed(claims(), RSA, kid=None),
    "a token of another type": signed(claims(), typ="logout+jwt"),
    "a longer signature than any": signed(claims()) + "A" * 20_000,
    "not a token": "abc",
    "nothing in it": "..",
}


@pytest.mark.parametrize("why", WRONG)
async def test_what_proves_nothing_names_nobody(why: str) -> None:
    """Whatever is wrong with a token, it is refused, and nobody is written down."""
    world = FakeIssuer()

    found = await world.people().find(WRONG[why])

    assert (found, world.registered) == (None, [])


@pytest.mark.parametrize(
    "change",
    [
        {"exp": NOW - 59},
        {"nbf": NOW + 60},
        {"iat": NOW + 60},
        {"aud": ["another", "lienthong"]},
        {"iat": None},
    ],
)
async def test_clocks_may_differ_by_a_minute(change: dict[str, Any]) -> None:
    """An honest token is not refused for a clock that is a little off, nor for what is optional."""
    assert await FakeIssuer().people().find(signed(claims(**change))) is not None


@pytest.mark.parametrize("groups", ["officers", {"officers": True}, 7, None, [["officers"], 1]])
async def test_groups_that_are_no_list_give_no_role(groups: Any) -> None:
    """What cannot be read gives no right; who it is stands all the same."""
    found = await FakeIssuer().people().find(signed(claims(groups=groups)))

    assert found is not None
    assert (found.roles, found.agencies) == (frozenset(), ())


async def test_roles_are_those_of_the_token_at_hand() -> None:
    """Whoever leaves a group loses its role with the next token; the row is written once."""
    world = FakeIssuer()
    people = world.people()

    first = await people.find(signed(claims(groups=["auditors", "choir"])))
    second = await people.find(signed(claims(groups=[])))

    assert first is not None
    assert second is not None
    assert (first.roles, second.roles) == (frozenset({Role.AUDITOR}), frozenset())
    assert (first.id == second.id, len(world.registered)) == (True, 1)


async def test_the_issuer_may_name_agencies_but_not_all_at_once() -> None:
    """A claim adds agencies; every agency at once is given by the settings alone."""
    stated = ["H99.15", "*", "", "000.00.00.000", 7]

    found = await FakeIssuer().people().find(signed(claims(agencies=stated)))

    assert found is not None
    assert found.agencies == ("H99.14", "H99.15")


async def test_groups_may_lie_inside_of_a_claim() -> None:
    """Some issuers keep roles one level down: `realm_access.roles`."""
    issuer = read_issuer(TABLE | {"groups_claim": "realm_access.roles"})

    found = (
        await FakeIssuer().people(issuer).find(signed(claims(realm_access={"roles": ["auditors"]})))
    )

    assert found is not None
    assert found.roles == frozenset({Role.AUDITOR})


async def test_a_new_key_of_the_issuer_opens_at_once() -> None:
    """After a rotation the first token under the new key makes us look."""
    world = FakeIssuer(keys=[RSA])
    people = world.people()
    before = await people.find(signed(claims()))
    world.keys, world.ticks = [EC], 31.0

    after = await people.find(signed(claims(), EC, "ES256"))
    old = await people.find(signed(claims()))

    assert (before is not None, after is not None, old) == (True, True, None)


async def test_people_go_on_while_the_issuer_is_away() -> None:
    """Known keys are kept; only who could not be judged at all is told to come again."""
    world = FakeIssuer()
    people = world.people()
    await people.find(signed(claims()))
    world.away, world.ticks = True, 86_400.0

    known = await people.find(signed(claims()))
    strange = await people.find(signed(claims(), STRANGER, kid="other"))

    assert (known is not None, strange) == (True, None)


async def test_without_any_key_nobody_is_judged() -> None:
    """An issuer that was never reached is no reason to call a token wrong."""
    with pytest.raises(IssuerUnavailable):
        await FakeIssuer(away=True).people().find(signed(claims()))


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")))
async def test_any_text_is_only_refused(text: str) -> None:
    """Nothing that stands where a token should makes more of it than a refusal."""
    assert await FakeIssuer().people().find(f"{text}.{text}.{text}") is None


def test_the_name_of_the_issuer_is_part_of_the_person() -> None:
    """The same subject of another issuer is somebody else."""
    one, other = (read_issuer(TABLE | {"issuer": url}) for url in (URL, "https://x.example/"))

    assert (one.name_of("a"), other.name_of("a")) == (
        "person:a@id.example/realms/ward",
        "person:a@x.example",
    )
