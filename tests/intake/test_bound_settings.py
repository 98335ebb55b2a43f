"""Bounds and proxies are read from the environment, and nonsense is said in one line."""

from __future__ import annotations

import pytest

from gateway.bounds import Bounds
from gateway.settings import SettingsError, load


def test_each_bound_has_its_own_name() -> None:
    """What is set is taken, what is empty or not there keeps its default."""
    bounds = load({"LIENTHONG_HEAD_SECONDS": "2.5", "LIENTHONG_UPLOADS": ""}).bounds

    assert bounds == Bounds(head_seconds=2.5)


def test_proxies_are_addresses_and_networks() -> None:
    """Separated by commas, of either protocol."""
    said = {"LIENTHONG_TRUSTED_PROXIES": "10.0.0.0/24, 127.0.0.1,2001:db8::/32"}

    assert load(said).trusted_proxies == ("10.0.0.0/24", "127.0.0.1", "2001:db8::/32")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LIENTHONG_HEAD_SECONDS", "soon"),
        ("LIENTHONG_HEAD_SECONDS", "0"),
        ("LIENTHONG_CONNECTIONS", "-1"),
        ("LIENTHONG_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("LIENTHONG_TRUSTED_PROXIES", "*"),
    ],
)
def test_nonsense_is_named(name: str, value: str) -> None:
    """A bound of nothing would refuse everything; whoever trusts all believes every claim."""
    with pytest.raises(SettingsError, match=name):
        load({name: value})
