"""The server that listens: uvicorn over an application."""

from __future__ import annotations

import uvicorn
from fastapi import FastAPI

from gateway.settings import Settings

GRACE = 30
"""Seconds that open requests get to end before the process does."""
KEEP_ALIVE = 75
"""Seconds that an idle connection stays open: longer than most clients keep theirs, or a post may
meet one that is just being closed."""


def make_server(app: FastAPI, settings: Settings, host: str, port: int) -> uvicorn.Server:
    """Put an application behind a server; port 0 is any free one."""
    del settings
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            lifespan="on",
            http="httptools",
            timeout_graceful_shutdown=GRACE,
            timeout_keep_alive=KEEP_ALIVE,
            server_header=False,
        )
    )
