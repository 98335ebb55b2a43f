"""Single questions about a queue, each within a bounded time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel

from gateway.retries.deadlines import within

log = structlog.get_logger()

STEP = 10.0
"""Seconds for one step of setting up; a queue that took longer stands the next time."""


async def declare(channel: AbstractChannel, name: str, more: Mapping[str, Any]) -> None:
    """Declare a queue; one that stands with other arguments is named in one line."""
    arguments = {"x-queue-type": "quorum", **more}
    try:
        await within(STEP, channel.declare_queue(name, durable=True, arguments=arguments))
    except aio_pika.exceptions.ChannelPreconditionFailed as error:
        log.warning(
            "queue_differs",
            queue=name,
            why=str(error)[:200],
            do="see deploy/RABBITMQ.md; until then the sweeper brings the retries",
        )
        raise


async def depth(channel: AbstractChannel, name: str) -> int | None:
    """Count what is ready in a queue; None: there is no such queue, and the channel is gone."""
    try:
        queue = await within(STEP, channel.declare_queue(name, passive=True))
    except aio_pika.exceptions.ChannelNotFoundEntity:
        return None
    return queue.declaration_result.message_count or 0
