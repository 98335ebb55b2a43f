"""Faults of PostgreSQL and RabbitMQ: killed, failed over, full, robbed of sessions and queues."""

from __future__ import annotations

import asyncio
from collections import Counter

import aio_pika
import asyncpg

from gateway.workbench.cluster import ClusterNode
from tests.crash.gauge import AWAY, queues
from tests.crash.plan import Order
from tests.crash.storm import Doing, Storm


async def kill_postgres(storm: Storm, _order: Order) -> int:
    """End the primary without a word, and start it again."""
    hit = await storm.gauge.moment(storm.gauge.leases)
    await asyncio.to_thread(storm.pair.primary.kill)
    await asyncio.sleep(0.5)
    await asyncio.to_thread(storm.pair.restart, storm.pair.lead)
    return hit


async def failover_postgres(storm: Storm, _order: Order) -> int:
    """Kill the primary, let its standby take over, and make a new standby."""
    hit = await storm.gauge.moment(storm.gauge.leases)
    await asyncio.to_thread(storm.pair.fail_over)
    storm.rebuilt.append(await asyncio.to_thread(storm.pair.follow))
    return hit


async def full_disk(storm: Storm, order: Order) -> int:
    """Fill the primary's disk for a while; a server that gives up is started again after."""
    hit = await storm.gauge.moment(storm.gauge.leases)
    ballast = await asyncio.to_thread(storm.pair.fill)
    await asyncio.sleep(order.seconds)
    await asyncio.to_thread(ballast.unlink)
    await asyncio.sleep(0.5)
    if not storm.pair.lives(storm.pair.lead):
        await asyncio.to_thread(storm.pair.restart, storm.pair.lead)
    return hit


async def cut_connections(storm: Storm, _order: Order) -> int:
    """Let the primary end every session, and reset every connection to the broker."""
    hit = await storm.gauge.moment(storm.gauge.leases)
    try:
        connection = await asyncpg.connect(storm.gauge.pair.straight("postgres"), timeout=2)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'lienthong'"
        )
        connection.terminate()
    except AWAY:
        return 0
    for way in storm.nodes.values():
        way.cut()
        way.heal()
    return hit


async def _down(storm: Storm, nodes: list[ClusterNode], order: Order) -> int:
    """Kill nodes, leave them down for a while, start them and wait for the whole cluster."""
    for node in nodes:
        await asyncio.to_thread(node.kill)
    await asyncio.sleep(order.seconds)
    for node in nodes:
        await asyncio.to_thread(node.launch)
    for node in storm.cluster.nodes:
        await asyncio.to_thread(node.wait)
    return 1


async def kill_rabbit(storm: Storm, order: Order) -> int:
    """End one node without a word."""
    hit = await storm.gauge.moment(storm.gauge.depth)
    nodes = storm.cluster.nodes
    await _down(storm, [nodes[order.which % len(nodes)]], order)
    return hit


async def rabbit_leader(storm: Storm, order: Order) -> int:
    """End the node that leads most of the queues."""
    leaders = Counter((await asyncio.to_thread(storm.cluster.leaders)).values())
    hit = await storm.gauge.moment(storm.gauge.depth)
    name = leaders.most_common(1)[0][0] if leaders else ""
    nodes = [node for node in storm.cluster.nodes if node.name == name]
    await _down(storm, nodes, order)
    return hit if nodes else 0


async def rabbit_quorum(storm: Storm, order: Order) -> int:
    """End two of three nodes: nobody may lead a queue for a while."""
    hit = await storm.gauge.moment(storm.gauge.depth)
    stays = order.which % len(storm.cluster.nodes)
    await _down(storm, storm.cluster.nodes[:stays] + storm.cluster.nodes[stays + 1 :], order)
    return hit


async def freeze_rabbit(storm: Storm, order: Order) -> int:
    """Stop a node for a while, with its connections open."""
    hit = await storm.gauge.moment(storm.gauge.depth)
    node = storm.cluster.nodes[order.which % len(storm.cluster.nodes)]
    node.pause()
    await asyncio.sleep(order.seconds + 1)
    node.resume()
    return hit


async def _delete(storm: Storm, part: str) -> int:
    """Delete queues as by hand, where a node that answers can be found."""
    hit = await storm.gauge.moment(storm.gauge.depth)
    for node in storm.cluster.nodes:
        try:
            async with asyncio.timeout(10), await aio_pika.connect(node.url) as connection:
                channel = await connection.channel()
                for name in [name for name, of in queues().items() if of == part]:
                    await channel.queue_delete(name)
        except (aio_pika.exceptions.AMQPError, OSError, TimeoutError):
            continue
        return hit
    return 0


async def delete_waits(storm: Storm, _order: Order) -> int:
    """Delete the queues in which retries wait."""
    return await _delete(storm, "wait")


async def delete_work(storm: Storm, _order: Order) -> int:
    """Delete the queues that retries come out to."""
    return await _delete(storm, "ready")


FAULTS: dict[str, Doing] = {
    "kill_postgres": kill_postgres,
    "failover_postgres": failover_postgres,
    "full_disk": full_disk,
    "cut_connections": cut_connections,
    "kill_rabbit": kill_rabbit,
    "rabbit_leader": rabbit_leader,
    "rabbit_quorum": rabbit_quorum,
    "freeze_rabbit": freeze_rabbit,
    "delete_waits": delete_waits,
    "delete_work": delete_work,
}
