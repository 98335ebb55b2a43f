"""Faults of the gateway's own processes: killed, frozen, upgraded, with a wrong clock."""

from __future__ import annotations

import asyncio
import os
import signal
import time

from tests.crash.nemesis import LEASE
from tests.crash.plan import Order
from tests.crash.scene import VERSIONS, Member
from tests.crash.storm import Doing, Storm
from tests.crash.tries import Jump

LONGEST = 45.0
"""Seconds that a process gets to end after it was asked to."""


async def _worker(storm: Storm, order: Order) -> Member:
    while not storm.on.workers:  # all are just being started again
        await asyncio.sleep(0.1)
    return storm.on.workers[order.which % len(storm.on.workers)]


async def kill_api(storm: Storm, order: Order) -> int:
    """End the API without a word, and start it again."""
    hit = await storm.gauge.moment(storm.waiting)
    if storm.on.apis:
        old = storm.on.apis.pop(order.which % len(storm.on.apis))
        if old.process.returncode is None:
            old.process.kill()
            await old.process.wait()
        await storm.on.open_api(old.version, old.door)
    return hit


async def _end(storm: Storm, member: Member) -> None:
    """Ask a process to end; one that does not is counted."""
    if member.process.returncode is None:
        member.process.terminate()
    try:
        async with asyncio.timeout(LONGEST):
            await member.process.wait()
    except TimeoutError:
        storm.stubborn += 1
        member.process.kill()
        await member.process.wait()


async def kill_worker(storm: Storm, order: Order) -> int:
    """End a worker that talks without a word, and start another."""
    member = await _worker(storm, order)
    hit = await storm.gauge.moment(lambda: storm.gauge.leases_of(member.pid))
    if member in storm.on.workers:
        storm.on.workers.remove(member)
        if member.process.returncode is None:
            member.process.kill()
            await member.process.wait()
        storm.on.workers.append(await storm.on.spawn("worker", member.version))
    return hit


async def freeze_worker(storm: Storm, order: Order) -> int:
    """Stop a worker that talks, for less or more than its leases last."""
    member = await _worker(storm, order)
    hit = await storm.gauge.moment(lambda: storm.gauge.leases_of(member.pid))
    if member.process.returncode is not None:
        return 0
    os.kill(member.pid, signal.SIGSTOP)
    await asyncio.sleep(order.seconds + (LEASE if order.hard else 0))
    if member.process.returncode is None:
        os.kill(member.pid, signal.SIGCONT)
    return hit


async def clock_jump(storm: Storm, order: Order) -> int:
    """Let the clock of a worker, or of the API, be wrong for a while."""
    await _worker(storm, order)
    members = [*storm.on.apis, *storm.on.workers]
    member = members[order.which % len(members)]
    pid = member.pid
    measure = storm.waiting if member.door else lambda: storm.gauge.leases_of(pid)
    hit = await storm.gauge.moment(measure)
    begin = time.time()
    member.jump(order.offset)
    await asyncio.sleep(order.seconds + 2.0)
    member.jump(0)
    storm.jumps.append(Jump(str(pid), begin, time.time() + 1.5, order.offset))
    return hit


async def rolling_upgrade(storm: Storm, order: Order) -> int:
    """Replace one process after the other, at each order one, by the other version."""
    await _worker(storm, order)
    members = [*storm.on.apis, *storm.on.workers]
    old = members[order.which % len(members)]
    version = VERSIONS[1 - VERSIONS.index(old.version)]
    if old in storm.on.apis:
        hit = await storm.gauge.moment(storm.waiting)
        await storm.on.open_api(version, old.door)  # the next one first: clients go over
        if old in storm.on.apis:
            storm.on.apis.remove(old)
        await _end(storm, old)
        return hit
    hit = await storm.gauge.moment(lambda: storm.gauge.leases_of(old.pid))
    if old in storm.on.workers:
        storm.on.workers.remove(old)
        await _end(storm, old)
        storm.on.workers.append(await storm.on.spawn("worker", version))
    return hit


FAULTS: dict[str, Doing] = {
    "kill_api": kill_api,
    "kill_worker": kill_worker,
    "freeze_worker": freeze_worker,
    "clock_jump": clock_jump,
    "rolling_upgrade": rolling_upgrade,
}
