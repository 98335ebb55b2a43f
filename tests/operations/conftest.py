"""An office over an embedded database, with one system `a`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.main.bootstrap import find_systems, open_store, opened
from gateway.rules.gate import Gate
from gateway.settings import Settings, read_systems
from gateway.store.tables import system
from tests.store.work.test_operating import SYSTEMS, Office


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Give the settings of an installation with one system."""
    return Settings(data=tmp_path, systems=read_systems(SYSTEMS, {}))


@pytest.fixture
async def office(settings: Settings) -> AsyncIterator[Office]:
    """Open an office whose gate lets many pass."""
    await (await open_store(settings)).close()
    async with opened(settings) as store:
        made = Office(store, await find_systems(settings, store), [])
        await made.set(system, sa.true(), gate=Gate(window=64, good_at=1).row())
        yield made
