"""The gateway on a real socket of the loopback, as `lienthong serve` opens it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from gateway.main.server import make_server
from gateway.settings import Settings


@asynccontextmanager
async def listening(app: FastAPI, settings: Settings) -> AsyncIterator[str]:
    """Serve an application on a free port; give its address."""
    server = make_server(app, settings, "127.0.0.1", 0)
    running = asyncio.create_task(server.serve())
    while not server.started:
        if running.done():
            await running
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await running
