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


def _json(line: Any, **_more: Any) -> str:
    """Write a line; what JSON does not know is written as Python shows it."""
    return to_json(line, fallback=repr).decode()
