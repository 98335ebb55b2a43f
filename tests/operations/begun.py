"""A database as whoever runs a gateway opens it: set up where there is none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.main.bootstrap import open_store
from gateway.settings import Settings
from gateway.store.engine import Store


@asynccontextmanager
async def begun(settings: Settings) -> AsyncIterator[Store]:
    """Open a database for as long as a test works with it."""
    store = await open_store(settings)
    try:
        yield store
    finally:
        await store.close()
