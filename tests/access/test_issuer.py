"""The table `[oidc]`: what cannot be right is refused at the start, by its name."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.access.issuer import read_issuer
from gateway.access.roles import Role
from gateway.settings import SettingsError
from tests.access.issuing import TABLE


def test_a_whole_table_is_read() -> None:
    """Roles and agencies stand by group."""
    issuer = read_issuer(TABLE)

    assert (issuer.roles["officers"], issuer.agencies["officers"]) == (
        frozenset({Role.OFFICER}),
        ("H99.14",),
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"isuer": "x"}, "oidc: unknown setting 'isuer'"),
        ({"issuer": None}, "oidc: `issuer` is missing"),
        ({"audience": None}, "oidc: `audience` is missing"),
        ({"audience": 7}, "oidc.audience: must be a text"),
        ({"issuer": "http://id.example"}, "is not an https address"),
        ({"issuer": "https://id.example?x=1"}, "is not an https address"),
        ({"environment": "test"}, "oidc.environment: 'test' is neither live nor sandbox"),
        ({"roles": {"g": ["boss"]}}, "oidc.roles.g: 'boss' is none of submitter, officer"),
        ({"roles": {"g": "officer"}}, "oidc.roles.g: must be a list of texts"),
        ({"roles": ["officer"]}, "oidc.roles: must be a table"),
        ({"agencies": {"g": [7]}}, "oidc.agencies.g: must be a list of texts"),
    ],
)
def test_what_cannot_be_right_is_named(change: dict[str, Any], said: str) -> None:
    """One clear line, with the place in the systems file."""
    table = {name: value for name, value in (TABLE | change).items() if value is not None}

    with pytest.raises(SettingsError) as refused:
        read_issuer(table)

    assert said in str(refused.value)


def test_an_issuer_on_this_machine_needs_no_tls() -> None:
    """For trying out, and beside a proxy."""
    assert read_issuer(TABLE | {"issuer": "http://127.0.0.1:9000"}).place == "127.0.0.1:9000"
