"""Connections to PostgreSQL: how they are made, and what says that there is none to be had."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import asyncpg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

WAIT_SECONDS = 15.0
"""For a connection of the pool."""
IDLE_MILLIS = 5_000
"""A process that was frozen in the middle of a transaction loses it, and its locks, after this."""
POOL = 10
AWAY = ("08", "53", "57", "58", "25006", "XX")
"""SQLSTATEs (or their classes) of a server that cannot serve now: connection, resources, shutdown,
disk, a standby that takes no writes, a server's own failure."""


NO_ANSWER = (OSError, TimeoutError, asyncpg.PostgresError, sa.exc.TimeoutError)
"""What is raised by a server that is away, starts or ends before there is a connection to it."""


def is_away(state: str | None) -> bool:
    """Say whether an error means that the server is away; one without a state never reached it."""
    return state is None or state.startswith(AWAY)


def connect(dsn: str, warned: Callable[[Any], None]) -> AsyncEngine:
    """Open PostgreSQL by a DSN as of libpq: several hosts, `target_session_attrs`, … are its own.

    Nothing connects yet. warned: called with the connection on which the server gave a warning
    """

    async def creator() -> Any:
        made = await asyncpg.connect(
            dsn,
            timeout=5,
            server_settings={
                "application_name": "lienthong",
                "jit": "off",
                # A plan made on a small table would go on reading all of it when it has grown;
                # ours are asked once for many rows, so planning each time costs little.
                "plan_cache_mode": "force_custom_plan",
                "idle_in_transaction_session_timeout": str(IDLE_MILLIS),
            },
        )
        made.add_log_listener(lambda where, note: _pass_on(where, note, warned))
        return made

    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=creator,
        pool_size=POOL,
        max_overflow=POOL,
        pool_timeout=WAIT_SECONDS,
        hide_parameters=True,  # an error's text must name no citizen
    )
    sa.event.listen(engine.sync_engine, "checkout", _still_open)
    return engine


def _still_open(dbapi: Any, _record: Any, _proxy: Any) -> None:
    """Give out no connection that the server has ended; asking it each time would be a question."""
    if dbapi.driver_connection.is_closed():
        raise sa.exc.DisconnectionError


def _pass_on(where: Any, note: Any, warned: Callable[[Any], None]) -> None:
    """Pass a warning on; notices and lower are nobody's business."""
    if getattr(note, "severity_en", None) == "WARNING":
        warned(where)
