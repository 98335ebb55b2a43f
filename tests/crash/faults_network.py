"""Faults of the ways between parts, and a portal that answers late."""

from __future__ import annotations

import asyncio

from gateway.workbench.samples.generator import PORTAL
from tests.crash.plan import Order
from tests.crash.proxy import Way
from tests.crash.storm import Doing, Storm

SLOW = 0.5


def _way(storm: Storm, order: Order) -> Way:
    named = {"postgres": storm.pair.way, "replication": storm.pair.feed}
    return {**named, **storm.nodes, **storm.on.ways}[order.target]


async def _busy(storm: Storm, way: Way) -> int:
    async def busy() -> int:
        return way.busy()

    return await storm.gauge.moment(busy)


async def cut_network(storm: Storm, order: Order) -> int:
    """Cut a way, or let it swallow everything, for a while."""
    way = _way(storm, order)
    hit = await _busy(storm, way)
    if order.hard:
        way.cut()
    else:
        way.hole()
    await asyncio.sleep(order.seconds)
    way.heal()
    return hit


async def slow_network(storm: Storm, order: Order) -> int:
    """Let a way be slow for a while."""
    way = _way(storm, order)
    hit = await _busy(storm, way)
    way.slow(0.05 + order.seconds / 10)
    await asyncio.sleep(order.seconds)
    way.heal()
    return hit


async def slow_portal(storm: Storm, order: Order) -> int:
    """Let the portal store at once and answer late, for a while."""
    hit = await _busy(storm, storm.on.ways[PORTAL])
    await storm.on.order(PORTAL, "slow", {"seconds": SLOW * (1 + order.hard)})
    await asyncio.sleep(order.seconds)
    await storm.on.order(PORTAL, "slow", {"seconds": 0})
    return hit


FAULTS: dict[str, Doing] = {
    "cut_network": cut_network,
    "slow_network": slow_network,
    "slow_portal": slow_portal,
}
