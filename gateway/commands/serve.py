"""`lienthong serve`: the gateway; embedded, unless servers are named."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
import uvloop

from gateway.commands import stopping
from gateway.main.server import make_server
from gateway.main.serving import build
from gateway.settings import Settings, load
from gateway.watch import log
from gateway.watch.garbage import spare_what_stays


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Take dossiers in and deliver them: API and delivery in one process over SQLite.

    Settings come from the environment (LIENTHONG_DATA, LIENTHONG_SYSTEMS, LIENTHONG_HOST,
    LIENTHONG_PORT, …). SIGTERM and Ctrl-C stop taking requests, let conversations come to their
    end, give back what was not begun, and then end the process with 0. Before it listens there is
    nothing to bring to an end: they end it within a second, with 143 and 130, and a migration that
    was under way is undone as a whole.
    """
    log.configure()
    log.own_the_process()
    settings = load()
    log.configure(settings.log)
    uvloop.run(_serve(settings, host or settings.host, port or settings.port))


async def _serve(settings: Settings, host: str, port: int) -> None:
    stopping.while_opening(asyncio.get_running_loop())
    app = await build(settings)
    spare_what_stays()
    server = make_server(app, settings, host, port)

    def end() -> None:
        server.should_exit = True

    # uvicorn listens to signals by itself, and repeats the one it was stopped by afterwards.
    stopping.orderly(end)
    await server.serve()
