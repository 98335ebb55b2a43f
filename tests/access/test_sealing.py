"""Sealing: lines get a place and a MAC soon after they were written, in all processes together."""

from __future__ import annotations

import asyncio
import base64
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog

from gateway.access.audit import Entry, record
from gateway.access.sealing import AT_ONCE, OtherKey, Sealer
from gateway.main.bootstrap import open_store
from gateway.rules.audit_chain import Line
from gateway.settings import Settings, SettingsError
from gateway.store import audit as rows
from gateway.store.engine import Store
from gateway.store.seal import audit_key
from gateway.store.tables import audit, leadership
from tests.operations.begun import begun
from tests.rules.test_audit_chain import check

KEY = b"k" * 32
SEAL_KEY = base64.b64encode(b"s" * 32).decode()


@pytest.fixture
async def store(tmp_path: Path, database: dict[str, Any]) -> AsyncIterator[Store]:
    """Open an empty store."""
    async with begun(Settings(data=tmp_path, **database)) as made:
        yield made


async def write(store: Store, *objects: str) -> None:
    """Write lines."""
    entries = [Entry(who="os:day", what="try", object=name) for name in objects]
    await store.write(lambda connection: record(connection, *entries))


async def sealed(store: Store) -> list[Line]:
    """Read what is sealed, in its order."""
    return await store.read(lambda connection: rows.sealed_after(connection, 0, 10_000))


async def seal(store: Store, *, key: bytes = KEY, holder: str = "a") -> None:
    """Seal all there is."""
    sealer = Sealer(store, key, holder)
    while await sealer.seal():
        pass


async def give_up(store: Store) -> None:
    """Let the duty lapse, as that of a process that died does."""
    free = leadership.delete().where(leadership.c.name == "audit")
    await store.write(lambda connection: connection.execute(free))


async def test_lines_are_sealed_in_their_order(store: Store) -> None:
    """Each gets the next place, more than one transaction holds too; a second look changes none."""
    names = [str(number) for number in range(AT_ONCE + 5)]
    already = len(await sealed(store))
    await write(store, *names)
    await seal(store)
    first = await sealed(store)
    await seal(store)

    assert [line.object for line in first if line.what == "try"] == names
    assert [line.place for line in first] == list(range(1, len(first) + 1))
    assert (already, list(check(KEY, first)), await sealed(store)) == (0, [], first)


async def test_processes_take_turns(tmp_path: Path, postgres: Callable[[], str]) -> None:
    """Several that seal at the same time make one chain without a gap."""
    settings = Settings(data=tmp_path, postgres=postgres())
    stores = [await open_store(settings) for _ in range(3)]

    async def work(store: Store, holder: str) -> None:
        for number in range(10):
            await write(store, f"{holder} {number}")
            await seal(store, holder=holder)

    await asyncio.gather(*(work(one, str(number)) for number, one in enumerate(stores)))
    await give_up(stores[0])
    await seal(stores[0])
    found = await sealed(stores[0])
    for one in stores:
        await one.close()

    assert sum(line.what == "try" for line in found) == 30
    assert list(check(KEY, found)) == []


async def test_a_process_with_another_key_seals_nothing(store: Store) -> None:
    """Nor does it keep the duty from those that have the right one."""
    await write(store, "one")
    await seal(store)
    await write(store, "two")
    before = len(await sealed(store))
    await give_up(store)
    with pytest.raises(OtherKey):
        await seal(store, key=b"o" * 32, holder="b")
    held = await sealed(store)
    await seal(store)

    assert (len(held), len(await sealed(store))) == (before, before + 1)


async def test_the_head_goes_to_the_log(store: Store) -> None:
    """With its place and the first digits of its seal, and nothing of what the line says."""
    await write(store, "one")
    with structlog.testing.capture_logs() as said:
        running = asyncio.create_task(Sealer(store, KEY, "a").run())
        async with asyncio.timeout(10):
            while not any(line["event"] == "audit_head" for line in said):
                await asyncio.sleep(0.01)
        running.cancel()
    [line] = [line for line in said if line["event"] == "audit_head"]
    last = (await sealed(store))[-1]

    assert (line["place"], line["mac"]) == (last.place, (last.mac or b"").hex()[:16])


async def test_without_a_key_it_says_so_once_and_ends(store: Store) -> None:
    """On a database server a key must be given: nothing is sealed with one that anybody made."""
    await write(store, "one")
    with structlog.testing.capture_logs() as said:
        await Sealer(store, None, "a").run()

    assert ([line["event"] for line in said], await sealed(store)) == (["audit_unsealed"], [])


@pytest.mark.parametrize(
    "forged",
    [
        "UPDATE audit SET who = 'os:night'",
        "UPDATE audit SET place = place + 1",
        "UPDATE audit SET place = NULL, mac = NULL",
        "UPDATE audit SET at = 1 WHERE place IS NULL",
        "DELETE FROM audit",
        "INSERT INTO audit SELECT * FROM audit",
    ],
)
async def test_the_database_refuses_what_is_no_sealing(store: Store, forged: str) -> None:
    """Whoever has the gateway's own account changes no line, sealed or not."""
    await write(store, "one")
    await seal(store)
    await write(store, "two")
    everything = sa.select(audit).order_by(audit.c.id)
    before = await store.read(lambda connection: list(connection.execute(everything)))

    with pytest.raises(Exception, match=r"append-only|duplicate key"):
        await store.write(lambda connection: connection.execute(sa.text(forged)))

    assert await store.read(lambda connection: list(connection.execute(everything))) == before


def test_the_embedded_database_has_a_key_of_its_own(tmp_path: Path) -> None:
    """Made at first use, for its owner's eyes, and the same ever after; also beside a seal key."""
    settings = Settings(data=tmp_path)
    before = audit_key(settings, make=False)
    made = audit_key(settings, make=True)
    others = [Settings(data=tmp_path, seal_key=text) for text in (None, SEAL_KEY)]
    again = [audit_key(other, make=True) for other in others]

    assert before is None
    assert made is not None
    assert (len(made), again) == (32, [made, made])
    assert stat.S_IMODE((tmp_path / "audit.key").stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["audit.key"]


def test_a_key_that_is_set_wins(tmp_path: Path) -> None:
    """Before the one made of the seal key; on a server without either there is none."""
    own = base64.b64encode(b"a" * 40).decode()
    server: dict[str, Any] = {"data": tmp_path, "postgres": "postgresql://x"}
    derived = audit_key(Settings(**server, seal_key=SEAL_KEY), make=True)

    assert audit_key(Settings(**server, seal_key=SEAL_KEY, audit_key=own), make=True) == b"a" * 40
    assert audit_key(Settings(**server), make=True) is None
    assert derived is not None
    assert (len(derived), derived != b"s" * 32) == (32, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["short", base64.b64encode(b"a" * 31).decode(), "=" * 44])
def test_a_key_that_is_too_short_is_refused(tmp_path: Path, text: str) -> None:
    """In one line that names the setting and not its value."""
    with pytest.raises(SettingsError, match="LIENTHONG_AUDIT_KEY") as told:
        audit_key(Settings(data=tmp_path, audit_key=text), make=True)

    assert text not in str(told.value)
