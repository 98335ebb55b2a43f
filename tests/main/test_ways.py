"""What opens the way to a system is known by a digest that gives nothing away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.dossiers.systems import Systems
from gateway.main.bootstrap import find_system
from gateway.main.ways import digests_of_ways
from gateway.settings import read_systems

KEY = b"k" * 32
TOKEN = "a-token-that-nobody-may-read"
OWN = {"base_url": "http://127.0.0.1:1", "token": TOKEN}


def digest(*, key: bytes | None = KEY, own: Mapping[str, Any] = OWN, **config: Any) -> str:
    """Give the digest of one system with these settings."""
    tables = {"systems": {"a": {"adapter": "echo", "settings": dict(own), **config}}}
    system = find_system(read_systems(tables, {})[0], 1)
    (found,) = digests_of_ways(replace(NONE, all=(system,)), key).values()
    return found


NONE = Systems(all=(), codes={})


def test_the_same_settings_have_the_same_digest() -> None:
    """In every process and at every start, or each start would be a probe."""
    assert digest() == digest()


@pytest.mark.parametrize(
    "change",
    [
        {"own": OWN | {"base_url": "http://127.0.0.1:2"}},
        {"own": OWN | {"token": "another"}},
        {"proxy": "http://127.0.0.1:3"},
    ],
    ids=["address", "credential", "proxy"],
)
def test_what_opens_the_way_makes_another(change: dict[str, Any]) -> None:
    """Law 14: A mended address, credential or proxy is worth a try."""
    assert digest(**change) != digest()


def test_a_certificate_is_read(tmp_path: Path) -> None:
    """A file that was replaced under its old name counts."""
    file = tmp_path / "ca.pem"
    file.write_text("one")
    before = digest(ca_file=str(file))
    file.write_text("two")

    assert digest(ca_file=str(file)) != before


def test_without_a_key_no_secret_is_digested() -> None:
    """A short password could be guessed from its digest."""
    assert digest(key=None) == digest(key=None, own=OWN | {"token": "another"})
    assert TOKEN not in digest()
