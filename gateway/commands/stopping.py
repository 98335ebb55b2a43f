"""How SIGTERM and Ctrl-C end a process: at once while it starts, in good order once it works.

Each way follows the one before without a moment that loses a signal. None raises an exception into
whatever happens to run: what is loaded then may swallow it, or make another of it.
"""

from __future__ import annotations

import atexit
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # loading it takes longer than the rest of this file
    from asyncio import AbstractEventLoop

SIGNALS = (signal.SIGTERM, signal.SIGINT)
TIDY = 0.5
"""Seconds that a process gets to let go of its database, which may not answer either."""


def while_loading() -> None:
    """End the process where it stands, with 128 and the number of the signal: it has nothing yet.

    Said aloud, because the first process of a container and one whose parent ignored Ctrl-C would
    be ended by nobody else.
    """
    for number in SIGNALS:
        signal.signal(number, _end)


def while_opening(loop: AbstractEventLoop) -> None:
    """Let go of the database first, so that the server stops what it does for us.

    Whatever that is, a migration too, is undone as a whole: all that is pending is one transaction.
    """
    for number in SIGNALS:
        signal.signal(number, lambda number, _: loop.call_soon_threadsafe(_leave, number))


def orderly(stop: Callable[[], object]) -> None:
    """Call `stop` from now on."""
    for number in SIGNALS:
        signal.signal(number, lambda *_: stop())


def _leave(number: int) -> None:
    while_loading()
    late = threading.Timer(TIDY, _end, (number,))
    late.daemon = True
    late.start()
    atexit.register(_end, number)  # all that was loaded is let go by the end itself
    raise SystemExit(128 + number)


def _end(number: int, _frame: FrameType | None = None) -> None:
    os._exit(128 + number)
