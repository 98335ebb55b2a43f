"""The batcher: who shares a transaction, and who is told that there is work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway.access.principals import Principal
from gateway.admission import batcher as desks
from gateway.admission.batcher import RequestBatcher
from gateway.admission.requests import Answer, Denied, RegisterDossier
from gateway.main.bootstrap import find_systems, open_store
from gateway.settings import Settings, read_systems
from gateway.workbench.samples.generator import sample
from schemas.dossier import NewDossier

CLIENT = Principal(id=1, name="x", environment="sandbox", agencies=("*",))
ECHO = {"adapter": "echo", "environment": "sandbox", "settings": {"base_url": "http://x"}}
SYSTEMS = {"here": ECHO, "elsewhere": ECHO | {"route": {"agencies": ["K01"]}}}


@dataclass
class Office:
    """A batcher over a real store; `told`: the names of the systems with work, by transaction."""

    batcher: RequestBatcher
    told: list[set[str]] = field(default_factory=list)

    def come(self, number: int) -> asyncio.Task[Answer | Denied]:
        """Hand in a dossier."""
        body = sample(1, 1).requests[0].body | {"source": {"ref": f"r-{number}"}}
        body |= {"official_code": None, "agency_code": None}
        content = NewDossier.model_validate(
            {key: value for key, value in body.items() if value is not None}
        )
        command = RegisterDossier(client=CLIENT, content=content, digest=bytes([number]))
        return asyncio.create_task(self.batcher.submit(command))


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """Open a batcher beside two systems, of which one has to do with the dossiers that come."""
    settings = Settings(data=tmp_path, systems=read_systems({"systems": SYSTEMS}, {}))
    store = await open_store(settings)
    systems = await find_systems(settings, store)
    names = {system.id: system.name for system in systems.all}
    told: list[set[str]] = []

    def wake(systems: Collection[int]) -> None:
        told.append({names[one] for one in systems})

    yield Office(RequestBatcher(store, systems, wake), told)
    await store.close()


async def test_who_comes_alone_waits_for_nobody(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One after the other, each is answered at once."""
    monkeypatch.setattr(desks, "SPACING", 60.0)

    async with asyncio.timeout(20):
        for number in range(3):
            await office.come(number)

    assert len(office.told) == 3


async def test_as_many_as_last_time_share_a_transaction(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three came together; of the next, two wait for the third."""
    monkeypatch.setattr(desks, "SPACING", 60.0)
    async with asyncio.timeout(20):
        await asyncio.gather(*(office.come(number) for number in range(3)))
        first = [office.come(number) for number in (3, 4)]
        await asyncio.sleep(0.3)
        waiting = [not one.done() for one in first]
        await asyncio.gather(*first, office.come(5))

    assert waiting == [True, True]
    assert len(office.told) == 2


async def test_nobody_waits_for_long(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where fewer come than last time, they are answered too."""
    monkeypatch.setattr(desks, "SPACING", 0.2)

    async with asyncio.timeout(20):
        await asyncio.gather(*(office.come(number) for number in range(3)))
        await office.come(3)

    assert len(office.told) == 2


async def test_only_who_has_something_new_to_be_told_is_woken(office: Office) -> None:
    """Not a system that the dossier does not concern, and nobody for what is known already."""
    await office.come(1)
    await office.come(1)

    assert office.told == [{"here"}, set()]
