"""`lienthong doctor`, the servers' part: PostgreSQL and RabbitMQ."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import aio_pika
from aio_pika.abc import AbstractConnection
from aiormq.exceptions import AMQPError

from gateway.retries.rabbit import Topology
from gateway.store import schema
from gateway.store.errors import StoreUnavailable
from gateway.store.postgres import PostgresStore

OLDEST_POSTGRES = 130000
OLDEST_RABBIT = (3, 10)
MOST_SKEW = 2000
CONSEQUENCE = {
    True: "what was answered survives the loss of the primary",
    False: "what was answered in the last moments may be lost with the primary",
}
Finding = tuple[bool, str]


async def database(dsn: str) -> list[Finding]:
    """Look at PostgreSQL: there, up to date, ours to write and to alter, in step, doubled."""
    store = PostgresStore(dsn)
    try:
        seen = await store.read(schema.look)
    except StoreUnavailable as error:
        return [(False, f"LIENTHONG_DATABASE cannot be reached: {error}")]
    finally:
        await store.close()
    lacking = ", ".join(seen.missing)
    skew = abs(seen.now - time.time() * 1000)
    covered = "covered" if seen.synchronous else "NOT covered"
    refused = ", ".join(seen.refused)
    return [
        (seen.version >= OLDEST_POSTGRES, f"PostgreSQL {seen.version // 10000}"),
        (not lacking, f"migrations: {'missing ' + lacking if lacking else 'complete'}"),
        (not seen.standby, f"takes writes: {'no, it is a standby' if seen.standby else 'yes'}"),
        (not refused, f"permissions: {'lacking ' + refused if refused else 'enough'}"),
        (
            True,
            "its user is a superuser: one with less is enough"
            if seen.superuser
            else "its user is no superuser",
        ),
        (skew < MOST_SKEW, f"its clock is {skew:.0f} ms from ours"),
        (
            True,
            f"failover is {covered} by synchronous replication: {CONSEQUENCE[seen.synchronous]}",
        ),
    ]


async def broker(url: str, queues: Topology) -> list[Finding]:
    """Look at RabbitMQ: there, new enough, its queues as ours are, nothing in a parking queue."""
    try:
        async with await aio_pika.connect(url, timeout=5) as connection:
            version = _version(connection)
            shown = ".".join(str(part) for part in version)
            return [
                (version >= OLDEST_RABBIT, f"RabbitMQ {shown}"),
                *await _queues(connection, queues),
            ]
    except (OSError, TimeoutError, AMQPError) as error:
        return [(False, f"LIENTHONG_AMQP cannot be reached: {type(error).__name__}")]


def _version(connection: AbstractConnection) -> tuple[int, ...]:
    """Read the version that the broker says it has."""
    transport: Any = connection.transport
    said = str(transport.connection.server_properties.get("version", "0"))
    return tuple(int(part) for part in said.split(".") if part.isdigit())


async def _queues(connection: AbstractConnection, queues: Topology) -> list[Finding]:
    found: list[Finding] = []
    missing = 0
    for name, arguments in queues.items():
        state = await _queue(connection, name, arguments)
        if state is None:
            missing += 1
        elif isinstance(state, str):
            found.append((False, f"queue {name}: {state}; see deploy/RABBITMQ.md"))
        elif state and name.endswith(".parked"):
            found.append((False, f"queue {name}: {state} wake-ups crashed every worker they met"))
    standing = len(queues) - missing
    return [*found, (True, f"{standing} of {len(queues)} queues stand; a worker declares the rest")]


async def _queue(
    connection: AbstractConnection, name: str, arguments: Mapping[str, Any]
) -> int | str | None:
    """Give the messages in a queue, what is wrong with it, or None where it does not stand."""
    looking = await connection.channel()
    try:
        standing = await looking.declare_queue(name, passive=True)
    except aio_pika.exceptions.ChannelNotFoundEntity:
        return None
    comparing = await connection.channel()
    try:
        await comparing.declare_queue(
            name, durable=True, arguments={"x-queue-type": "quorum", **arguments}
        )
    except aio_pika.exceptions.ChannelPreconditionFailed:
        return "it stands with other arguments"
    return standing.declaration_result.message_count or 0
