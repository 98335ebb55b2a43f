"""Faults of the gateway's own processes: killed, frozen, upgraded, with a wrong clock."""

from __future__ import annotations

import asyncio
import os
import signal
import time

from tests.crash.nemesis import LEASE
from tests.crash.plan import Order
from tests.crash.scene import VERSIONS, Member
from tests.crash.storm import Doing, Jump, Storm

LONGEST = 45.0
"""Seconds that a process gets to end after it was asked to."""


def _worker(storm: Storm, order: Order) -> Member:
    return storm.on.workers[order.which % len(storm.on.workers)]


async def kill_api(storm: Storm, order: Order) -> int:
    """End the API without a word, and start it again."""
    hit = await storm.gauge.moment(storm.waiting)
    await _replace_api(storm, signal.SIGKILL, None)
    return hit


async def _replace_api(storm: Storm, by: signal.Signals, version: str | None) -> None:
    old, storm.on.api = storm.on.api, None
    if old is None:  # it is just being started
        return
    if by is signal.SIGKILL:
        old.process.kill()
        await old.process.wait()
        await storm.on.open_api(version or old.version)
        return
    await storm.on.open_api(version or old.version)  # the next one first: clients go over
    await _end(storm, old)


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
    member = _worker(storm, order)
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
    member = _worker(storm, order)
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
    api = storm.on.api
    member = api if api is not None and order.which % 3 == 0 else _worker(storm, order)
    pid = member.pid
    measure = storm.waiting if member is api else lambda: storm.gauge.leases_of(pid)
    hit = await storm.gauge.moment(measure)
    begin = time.time()
    member.jump(order.offset)
    await asyncio.sleep(order.seconds + 2.0)
    member.jump(0)
    storm.jumps.append(Jump(str(pid), begin, time.time() + 1.5, order.offset))
    return hit


async def rolling_upgrade(storm: Storm, order: Order) -> int:
    """Replace one process after the other, at each order one, by the other version."""
    members = [*([storm.on.api] if storm.on.api is not None else []), *storm.on.workers]
    old = members[order.which % len(members)]
    version = VERSIONS[1 - VERSIONS.index(old.version)]
    if old is storm.on.api:
        hit = await storm.gauge.moment(storm.waiting)
        await _replace_api(storm, signal.SIGTERM, version)
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
