"""Logs: JSON lines for machines, readable lines on a terminal; ids and counts, nothing personal."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

import structlog
from pydantic_core import to_json

from gateway.watch.outages import Repeats

REPEATED = 600.0
"""Seconds in which a line of a library that says the same again is only counted."""
FRAMES = 12
"""Places of a traceback that are said: the last ones."""
QUIET_STREAMS = ("stdout", "stderr")


def configure(level: str = "info") -> None:
    """Set logging up for this process; `level`: debug, info, warning or error."""
    terminal = sys.stderr.isatty()
    renderer: Any = (
        structlog.dev.ConsoleRenderer()
        if terminal
        else structlog.processors.JSONRenderer(serializer=_json)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(_true(sys.stderr)),
        cache_logger_on_first_use=True,
    )
    logging.getLogger().handlers = [_Libraries(logging.WARNING)]


def own_the_process() -> None:
    """Let whatever this process prints be lines of its log: for servers, which nobody else shares.

    Warnings, errors that nobody caught, in threads too, and what anybody prints in passing. None of
    them says a value: those may name a citizen.
    """
    warnings.showwarning = _warning
    sys.excepthook = lambda _kind, error, _trace: crashed(error)
    threading.excepthook = lambda met: _uncaught(met.exc_value, "thread")
    sys.unraisablehook = lambda met: _uncaught(met.exc_value, "destructor")
    for name in QUIET_STREAMS:
        setattr(sys, name, _Stray(_true(getattr(sys, name))))


def crashed(error: BaseException) -> None:
    """Say of what this process ends."""
    structlog.get_logger().critical("crashed", **described(error))


def ended(why: str) -> None:
    """Say why this process cannot go on, where that is for whoever set it up to mend."""
    structlog.get_logger().error("ended", why=why)


def described(error: BaseException) -> dict[str, Any]:
    """Say what an error is and where it came from, and nothing of what it was about."""
    leaves = list(_leaves(error))
    causes = [type(one).__name__ for one in _causes(leaves[0])]
    return {
        "error": ", ".join(sorted({type(one).__name__ for one in leaves})),
        "trace": _places(leaves[0].__traceback__),
        **({"causes": causes} if causes else {}),
    }


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _leaves(one)
    else:
        yield error


def _causes(error: BaseException) -> Iterator[BaseException]:
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield before
        yield from _causes(before)


def _places(trace: TracebackType | None) -> list[str]:
    found = traceback.extract_tb(trace)[-FRAMES:]
    return [f"{_short(one.filename)}:{one.lineno} {one.name}" for one in found]


def _short(file: str) -> str:
    """Name a file by its folder and itself: where it is installed is nobody's business."""
    return "/".join(Path(file).parts[-2:])


def _uncaught(error: BaseException | None, where: str) -> None:
    more = {} if error is None else described(error)
    structlog.get_logger().error("uncaught", where=where, **more)


def _warning(
    message: Warning | str,  # noqa: ARG001 - it may quote a value
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,  # noqa: ARG001 - to us
    line: str | None = None,  # noqa: ARG001 - nobody reads it here
) -> None:
    place = f"{_short(filename)}:{lineno}"
    structlog.get_logger().warning("warned", kind=category.__name__, place=place)


class _Libraries(logging.Handler):
    """Passes on what libraries log, without the values: those may name a citizen or a password.

    What one of them says again and again, while a server is away for instance, is only counted.
    """

    def __init__(self, level: int) -> None:
        super().__init__(level)
        self._repeats = Repeats(REPEATED)

    def emit(self, record: logging.LogRecord) -> None:
        """Say the first line as its author wrote it, and of an error its kind and its place."""
        line = _first_line(str(record.msg))
        error = record.exc_info[1] if record.exc_info else None
        kind = "" if error is None else type(error).__name__
        held = self._repeats.through(record.name, line, kind)
        if held is None:
            return
        more: dict[str, Any] = {} if error is None else described(error)
        if held:
            more["not_said"] = held
        structlog.get_logger().log(record.levelno, "library", logger=record.name, said=line, **more)


def _first_line(text: str) -> str:
    """Give the first line, or the error's name where a whole traceback is the text."""
    if text.startswith("Traceback "):
        return text.strip().rpartition("\n")[2].partition(":")[0][:200]
    return text.partition("\n")[0][:200]


class _Stray:
    """Stands where anybody may print: says who printed, and how much, but not what."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self._repeats = Repeats(REPEATED)

    def write(self, text: str) -> int:
        """Say it as a line of the log."""
        caller = sys._getframe(1)  # noqa: SLF001 - the documented way to whoever prints
        place = f"{_short(caller.f_code.co_filename)}:{caller.f_lineno}"
        if text.strip() and (held := self._repeats.through(place)) is not None:
            more = {"not_said": held} if held else {}
            structlog.get_logger().warning("printed", place=place, letters=len(text), **more)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def _true(stream: TextIO) -> TextIO:
    """Give the stream that is really written to."""
    return stream.stream if isinstance(stream, _Stray) else stream


def _json(line: Any, **_more: Any) -> str:
    """Write a line; what JSON does not know is written as Python shows it."""
    return to_json(line, fallback=repr).decode()
