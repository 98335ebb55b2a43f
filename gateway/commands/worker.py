"""`lienthong worker`: delivery in processes of its own; needs a database server."""

from __future__ import annotations

import asyncio
import contextlib

import uvloop
from prometheus_client import start_http_server

from gateway.commands import stopping
from gateway.main.delivery import work
from gateway.settings import Settings, SettingsError, load
from gateway.watch import log
from gateway.watch.garbage import spare_what_stays


def worker() -> None:
    """Deliver in a process of its own, beside any number of others.

    That needs a database that several processes can share (LIENTHONG_DATABASE). The embedded
    database belongs to one process, which delivers by itself: `lienthong serve`. SIGTERM and
    Ctrl-C let conversations come to their end and give back what was not begun, then end with 0.
    Before it delivers they end it within a second, with 143 and 130.
    """
    log.configure()
    log.own_the_process()
    settings = load()
    if settings.postgres is None:
        raise SettingsError(
            f"worker: {settings.database} is an embedded database, which belongs to one process; "
            "`lienthong serve` delivers too"
        )
    log.configure(settings.log)
    uvloop.run(_work(settings))


async def _work(settings: Settings) -> None:
    if settings.metrics_port is not None:
        start_http_server(settings.metrics_port, settings.metrics_host)
    spare_what_stays()
    loop = asyncio.get_running_loop()

    def begun() -> None:
        for number in stopping.SIGNALS:
            loop.add_signal_handler(number, running.cancel)

    stopping.while_opening(loop)
    running = asyncio.create_task(work(settings, begun))
    with contextlib.suppress(asyncio.CancelledError):
        await running
