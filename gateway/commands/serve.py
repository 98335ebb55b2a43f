"""`lienthong serve`: the gateway; embedded, unless servers are named."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Annotated

import typer
import uvicorn
import uvloop

from gateway.main.serving import build
from gateway.settings import Settings, load
from gateway.watch import log
from gateway.watch.garbage import spare_what_stays

GRACE = 30
"""Seconds that open requests get to end before the process does."""
KEEP_ALIVE = 75
"""Seconds that an idle connection stays open: longer than most clients keep theirs, or a post may
meet one that is just being closed."""


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Take dossiers in and deliver them: API and delivery in one process over SQLite.

    Settings come from the environment (LIENTHONG_DATA, LIENTHONG_SYSTEMS, LIENTHONG_HOST,
    LIENTHONG_PORT, …). SIGTERM and Ctrl-C stop taking requests, let conversations come to their
    end, give back what was not begun, and then end the process.
    """
    settings = load()
    log.configure(settings.log)
    # uvicorn repeats the signal it was stopped by; by then everything is in order.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _already_stopped)
    uvloop.run(_serve(settings, host or settings.host, port or settings.port))


def _already_stopped(_number: int, _frame: FrameType | None) -> None:
    return


async def _serve(settings: Settings, host: str, port: int) -> None:
    app = await build(settings)
    spare_what_stays()
    config = uvicorn.Config(
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
    await uvicorn.Server(config).serve()
