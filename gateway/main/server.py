"""The server that listens: uvicorn over an application."""

from __future__ import annotations

import resource

import uvicorn
from fastapi import FastAPI

from gateway.intake.connections import Connections, bounded
from gateway.settings import Settings

GRACE = 30
"""Seconds that open requests get to end before the process does."""
KEEP_ALIVE = 75
"""Seconds that an idle connection stays open: longer than most clients keep theirs, or a post may
meet one that is just being closed."""
SPARE = 256
"""Open files that are no connections of clients: databases, uploads, systems."""


def most_files() -> int:
    """Say how many files this process may open, after asking for all that it can have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return 1 << 20 if hard == resource.RLIM_INFINITY else hard


def make_server(app: FastAPI, settings: Settings, host: str, port: int) -> uvicorn.Server:
    """Put an application behind a server; port 0 is any free one."""
    guard = Connections(settings.bounds, settings.trusted_proxies, most_files() - SPARE)
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            lifespan="on",
            http=bounded(guard),
            ws="none",
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=list(settings.trusted_proxies),
            timeout_graceful_shutdown=GRACE,
            timeout_keep_alive=KEEP_ALIVE,
            server_header=False,
        )
    )
