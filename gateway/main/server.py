"""The server that listens: uvicorn over an application."""

from __future__ import annotations

import asyncio
import resource
import socket

import uvicorn
from fastapi import FastAPI

from gateway.intake.connections import BoundedProtocol, Connections, bounded
from gateway.settings import Settings, SettingsError

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


PROBING = 64
"""Connections to the port of the probes, apart from those of clients."""


class Server(uvicorn.Server):
    """uvicorn, which also listens for those who look after the gateway."""

    def __init__(self, config: uvicorn.Config, settings: Settings) -> None:
        super().__init__(config)
        self._where = settings.metrics_host, settings.metrics_port
        self._guard = Connections(settings.bounds, (), PROBING)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen on both ports, or not at all."""
        await super().startup(sockets)
        host, port = self._where
        if port is None:
            return
        self.started = False
        try:
            self.servers.append(
                await asyncio.get_running_loop().create_server(self._probed, host, port)
            )
        except OSError as error:
            await self.shutdown()
            raise SettingsError(f"LIENTHONG_METRICS_PORT: {host}:{port}: {error}") from None
        self.started = True

    def _probed(self) -> BoundedProtocol:
        return bounded(self._guard)(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )


def make_server(app: FastAPI, settings: Settings, host: str, port: int) -> Server:
    """Put an application behind a server; port 0 is any free one."""
    if port == settings.metrics_port:
        raise SettingsError(f"LIENTHONG_METRICS_PORT: {port} is the port of the clients")
    guard = Connections(settings.bounds, settings.trusted_proxies, most_files() - SPARE)
    return Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            log_level="error",  # what is refused is counted: a line for each would fill the disk
            access_log=False,
            lifespan="on",
            http=bounded(guard),
            ws="none",
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=list(settings.trusted_proxies),
            timeout_graceful_shutdown=GRACE,
            timeout_keep_alive=KEEP_ALIVE,
            server_header=False,
        ),
        settings,
    )
