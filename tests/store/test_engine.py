"""What the embedded store promises to whoever waits for it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.main.bootstrap import open_store
from gateway.settings import Settings
from gateway.store.engine import Connection


def runs_out(_connection: Connection) -> object:
    """Look for something where there is nothing."""
    return next(iter(()))


async def test_a_job_that_runs_out_of_something_holds_nobody_up(tmp_path: Path) -> None:
    """It ends with an error for its own caller, and the next job is done."""
    store = await open_store(Settings(data=tmp_path))
    try:
        async with asyncio.timeout(20):
            with pytest.raises(RuntimeError):
                await store.write(runs_out)
            with pytest.raises(RuntimeError):
                await store.read(runs_out)
            done = await store.write(lambda _: "done")
    finally:
        await store.close()

    assert done == "done"
