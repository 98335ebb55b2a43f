"""A change of settings is in the audit at the next start: which part, and never what it says."""

from __future__ import annotations

import ast
import inspect
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from adapters.registry import find_adapters
from gateway import settings as module
from gateway.dossiers.systems import Systems
from gateway.main.bootstrap import find_system, find_systems
from gateway.main.settings_seen import OWN, SECRET, digests_of, note_settings
from gateway.settings import Settings, read_systems
from gateway.store.engine import Store
from gateway.store.tables import audit
from tests.operations.begun import begun

PASSWORD = "a-password-that-nobody-may-read"


def systems(**change: Any) -> tuple[Any, ...]:
    """Give two systems, one of them with changes to its own settings."""
    own = {"base_url": "http://127.0.0.1:1", "token": PASSWORD}
    tables = {
        "a": {"adapter": "echo", "settings": own | change},
        "b": {"adapter": "echo", "settings": own},
    }
    return read_systems({"systems": tables}, {})


@pytest.fixture
async def store(tmp_path: Path, database: dict[str, Any]) -> AsyncIterator[Store]:
    """Open an empty store."""
    async with begun(Settings(data=tmp_path, **database)) as made:
        yield made


async def start(store: Store, settings: Settings) -> None:
    """Do what a process does at its start."""
    await note_settings(store, settings, await find_systems(settings, store))


async def said(store: Store) -> list[tuple[str, str]]:
    """Read what the audit says of settings."""
    rows = sa.select(audit).where(audit.c.what.like("settings.%")).order_by(audit.c.id)
    found = await store.read(lambda connection: list(connection.execute(rows)))
    return [(row.what, row.object) for row in found]


async def test_what_changed_is_named(store: Store, tmp_path: Path) -> None:
    """At the first start all parts, then only those that differ, and nothing where none does."""
    first = Settings(data=tmp_path, systems=systems())
    for one in (
        first,
        first,
        replace(first, systems=systems(base_url="http://127.0.0.1:2")),
        replace(first, systems=systems()[1:], at_risk_hours=9.0),
    ):
        await start(store, one)
    found = await said(store)

    assert found[0][0] == "settings.seen"
    assert {"systems.a", "systems.b", "at_risk_hours"} <= set(found[0][1].split())
    assert found[1:] == [
        ("settings.changed", "systems.a"),
        ("settings.changed", "at_risk_hours systems.a"),
    ]


async def test_a_catalogue_that_was_exchanged_is_named(store: Store, tmp_path: Path) -> None:
    """Under the same path too: what is in the file counts."""
    table = tmp_path / "agencies.csv"
    head = "code,scheme,name,valid_from,valid_to,same_as,predecessors,commune\n"
    for row in ("", "H99,qd20,Tỉnh,,,,,\n"):
        table.write_text(head + row, "utf-8")
        await start(store, Settings(data=tmp_path, agencies=table))

    assert (await said(store))[1:] == [("settings.changed", "agencies")]


async def test_what_differs_between_processes_and_secrets_are_no_change(
    store: Store, tmp_path: Path
) -> None:
    """A worker and an API take turns in starting; a password is renewed. Nothing is kept of it."""
    first = Settings(data=tmp_path, systems=systems())
    renewed = systems(token="another")
    for one in (
        first,
        replace(first, port=9, log="debug", metrics_port=7),
        replace(first, systems=renewed, seal_key=PASSWORD, amqp=f"amqp://x:{PASSWORD}@h"),
    ):
        await start(store, one)
    everything = await store.read(lambda connection: list(connection.execute(sa.select(audit))))

    assert [what for what, _ in await said(store)] == ["settings.seen"]
    assert PASSWORD not in str(everything)


def mapping(communes: Path | None = None, **change: Any) -> str:
    """Give the mapping that would stand with every try."""
    return find_system(systems(**change)[0], 0, communes).tables


def test_a_mapping_is_the_tables_and_the_settings(tmp_path: Path) -> None:
    """Another setting or another table is another mapping; another secret is not."""
    table = tmp_path / "communes.csv"
    table.write_text("1", "utf-8")
    first, own = mapping(), mapping(table)
    table.write_text("2", "utf-8")

    assert mapping() == mapping(token="another") == first
    assert len({first, mapping(base_url="http://127.0.0.1:2"), own, mapping(table)}) == 4


EACH = {
    "echo": {"base_url": "http://127.0.0.1:1", "token": PASSWORD},
    "igate": {"base_url": "http://127.0.0.1:1", "client_id": "x", "client_secret": PASSWORD},
    "national_portal": {
        "base_url": "http://127.0.0.1:1",
        "username": "x",
        "password": PASSWORD,
        "agency_code": "H99",
    },
    "commune_files": {"folder": "/tmp/x"},  # noqa: S108 - nothing is written there
}
"""Settings of every adapter that ships."""
SAID = """
from tests.main.test_settings_seen import each
print(sorted(each().items()))
"""


def each() -> dict[str, int]:
    """Give the digests of an installation with a system of each adapter."""
    tables = {name: {"adapter": name, "settings": own} for name, own in EACH.items()}
    found = read_systems({"systems": tables}, {})
    ready = Systems(tuple(find_system(one, 0) for one in found), {})
    return digests_of(Settings(data=Path("x"), systems=found), ready)


def test_every_adapter_reads_the_same_in_every_process() -> None:
    """Else each start would be a change; no adapter's settings keep a process from starting."""
    said = {
        subprocess.run(
            [sys.executable, "-c", SAID],
            check=True,
            capture_output=True,
            cwd=Path(__file__).parents[2],
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }

    assert set(EACH) == set(find_adapters().adapters)
    assert said == {f"{sorted(each().items())}\n".encode()}


def test_every_secret_of_the_environment_is_left_out() -> None:
    """Whatever may be read from a file of its own is a secret; a new one joins the list."""
    calls = [
        keyword.arg
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if isinstance(keyword.value, ast.Call)
        and getattr(keyword.value.func, "id", "") == "_from_env"
    ]

    assert set(calls) == SECRET
    assert {one.name for one in fields(Settings)} >= SECRET | OWN
