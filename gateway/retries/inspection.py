"""Looking at the broker without changing it: its version, and how our queues stand there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection

from gateway.retries.deadlines import FAILURES, connected, within
from gateway.retries.queues import depth
from gateway.retries.topology import Topology

PATIENCE = 5
"""Seconds after which a broker that does not answer is away."""


@dataclass(frozen=True, slots=True)
class BrokerSeen:
    """What a look found: the version it says it has, and those of our queues that stand.

    queues: by name the messages in each; None: it stands with other arguments than ours
    others: those of the other names that stand
    """

    version: tuple[int, ...]
    queues: Mapping[str, int | None]
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BrokerAway:
    """Nothing could be looked at; error: the name of what kept us away."""

    error: str


async def look(url: str, queues: Topology, others: Sequence[str] = ()) -> BrokerSeen | BrokerAway:
    """Look at the broker, at these queues, and for others; declares none that does not stand."""
    try:
        return await within(None, _seen(url, queues, others))
    except FAILURES as error:
        return BrokerAway(type(error).__name__)


async def _seen(url: str, queues: Topology, others: Sequence[str]) -> BrokerSeen:
    async with connected(url, PATIENCE) as connection:
        version, found, standing = _version(connection), {}, []
        channel = await within(PATIENCE, connection.channel())
        for name, arguments in queues.items():
            if await depth(channel, name) is not None:
                found[name] = await _messages(channel, name, arguments)
            if channel.is_closed:  # as the broker does when it says no
                channel = await within(PATIENCE, connection.channel())
        for name in others:
            if await depth(channel, name) is not None:
                standing.append(name)
            else:
                channel = await within(PATIENCE, connection.channel())
        return BrokerSeen(version, found, tuple(standing))


def _version(connection: AbstractConnection) -> tuple[int, ...]:
    """Read the version that the broker says it has."""
    transport: Any = connection.transport
    said = str(transport.connection.server_properties.get("version", "0"))
    return tuple(int(part) for part in said.split(".") if part.isdigit())


async def _messages(
    channel: AbstractChannel, name: str, arguments: Mapping[str, Any]
) -> int | None:
    """Count what is in a queue that stands; None: its arguments are others."""
    given = {"x-queue-type": "quorum", **arguments}
    try:
        queue = await within(PATIENCE, channel.declare_queue(name, durable=True, arguments=given))
    except aio_pika.exceptions.ChannelPreconditionFailed:
        return None
    return queue.declaration_result.message_count or 0
