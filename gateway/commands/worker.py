"""`lienthong worker`: delivery in processes of its own; needs a database server."""

from __future__ import annotations

import asyncio
import contextlib
import signal

import uvloop
from prometheus_client import start_http_server

from gateway.main.delivery import work
from gateway.settings import Settings, SettingsError, load
from gateway.watch import log
from gateway.watch.garbage import spare_what_stays


def worker() -> None:
    """Deliver in a process of its own, beside any number of others.

    That needs a database that several processes can share (LIENTHONG_DATABASE). The embedded
    database belongs to one process, which delivers by itself: `lienthong serve`. SIGTERM and
    Ctrl-C let conversations come to their end and give back what was not begun.
    """
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
        start_http_server(settings.metrics_port)
    spare_what_stays()
    running = asyncio.create_task(work(settings))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await running
