"""Logs: JSON lines for machines, readable lines on a terminal; ids and counts, nothing personal."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog
from pydantic_core import to_json


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
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.getLogger().handlers = [_Libraries(logging.WARNING)]


class _Libraries(logging.Handler):
    """Passes on what libraries log, without the values: those may name a citizen or a password."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say the first line as its author wrote it, and of an error its kind."""
        kind = record.exc_info[0] if record.exc_info else None
        more = {} if kind is None else {"error": kind.__name__}
        line = str(record.msg).partition("\n")[0][:200]
        structlog.get_logger().log(record.levelno, "library", logger=record.name, said=line, **more)


def _json(line: Any, **_more: Any) -> str:
    """Write a line; what JSON does not know is written as Python shows it."""
    return to_json(line, fallback=repr).decode()
