"""A gateway in which everything goes wrong that prints something; `python -m` this file serves."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import threading
import traceback
import warnings

from gateway.commands.app import run
from gateway.main import delivery, serving
from gateway.watch.loop import watch_loop

NAME = "Lò Thị Bí Mật"
"""What no line may say."""


class Broken:
    """Fails where nobody can catch it."""

    def __del__(self) -> None:
        """Fail."""
        raise ValueError(NAME)


def fail() -> None:
    """Fail as code of ours may."""
    raise ValueError(NAME)


async def fail_later() -> None:
    """Fail in a task that nobody waits for."""
    fail()


async def noise() -> None:
    """Make every noise once, then do what this stands in for."""
    loop = asyncio.get_running_loop()
    loop.call_soon(fail)
    forgotten = asyncio.create_task(fail_later())
    await asyncio.sleep(0.01)
    del forgotten
    made = Broken()
    del made
    gc.collect()
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    warnings.warn(f"{NAME} is odd", stacklevel=1)
    for library in ("uvicorn.error", "sqlalchemy.pool", "aio_pika.robust", "aiormq.connection"):
        logging.getLogger(library).error("it failed for %s\nand more", NAME)
    try:
        fail()
    except ValueError:
        logging.getLogger("somebody").exception("it failed")
        traceback.print_exc()
    sys.stdout.write(f"{NAME}\n")
    print(NAME, NAME)  # noqa: T201 - that is what somebody may do
    await watch_loop()


if __name__ == "__main__":
    serving.watch_loop = noise  # type: ignore[attr-defined]
    delivery.watch_loop = noise  # type: ignore[attr-defined]
    run()
