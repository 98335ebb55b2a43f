"""The long crash run: `python -m tests.crash.long --seed N --minutes M`.

Rounds of dossiers under a storm of faults from the seed, on real servers of its own; each round is
healed, settles, and ends in the audit. The run writes `reports/seed-N.json` after every round, and
ends with 1 when anything was found.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop

from gateway.workbench import reaper
from gateway.workbench.cluster import RabbitCluster
from gateway.workbench.machine import NoServer, install
from gateway.workbench.samples.generator import PORTAL
from tests.crash import faults_network, faults_processes, faults_servers, report
from tests.crash.findings import EVENTS, Findings, find
from tests.crash.gauge import Gauge
from tests.crash.ledger import cases
from tests.crash.load import FULL, Load
from tests.crash.operating import PARKED, STORMY, let_go
from tests.crash.pair import Pair
from tests.crash.plan import KINDS, LANES, Order, orders
from tests.crash.play import STATES, STYLES
from tests.crash.proxy import Front, Way
from tests.crash.scene import DOORS, ECHO, SIMULATED, Scene, faketime, scene
from tests.crash.storm import Storm

STYLES_LONG = STYLES | {ECHO: EVENTS}
FAULTS = faults_processes.FAULTS | faults_servers.FAULTS | faults_network.FAULTS
BACKLOG = 1500
"""Lanes with something to do above which the clients pause."""
PATIENCE = 120.0
"""Seconds in which everything must have settled after the last fault was healed."""
STUCK = 3600.0
"""Seconds after which a round that does not end is given up."""
QUICK = Path("/dev/shm")  # noqa: S108 - the witnesses are never killed: memory will do for them


@dataclass(frozen=True, slots=True)
class Terms:
    """What a run is asked for."""

    seed: int
    minutes: float
    dossiers: int
    rate: float
    kinds: Sequence[str]
    full: int
    faults: str
    calm: Mapping[str, float]
    asked: str
    reports: Path = report.REPORTS


@dataclass
class Servers:
    """What lives as long as the run: the database pair, the broker's nodes, and their ways."""

    pair: Pair
    cluster: RabbitCluster
    nodes: dict[str, Way]
    broker: Front
    lanes: dict[str, Iterator[Order]] = field(default_factory=dict)


@asynccontextmanager
async def servers() -> Any:
    """Start the servers; all are ended on the way out."""
    pair, cluster = Pair(), RabbitCluster()
    nodes = {f"rabbit-{n}": Way(f"rabbit-{n}", one.port) for n, one in enumerate(cluster.nodes)}
    broker = Front(list(nodes.values()))
    async with AsyncExitStack() as stack:
        stack.callback(cluster.stop)
        stack.push_async_callback(pair.close)
        stack.push_async_callback(broker.close)
        await pair.open()
        await broker.start()
        await asyncio.gather(asyncio.to_thread(pair.start), asyncio.to_thread(cluster.start))
        yield Servers(pair, cluster, nodes, broker)


async def run(terms: Terms) -> dict[str, Any]:
    """Play rounds until the time is over; give the report."""
    left_out = sorted(set(KINDS) - set(terms.kinds))
    told = report.begin(
        terms.seed,
        asked=terms.asked,
        left_out=left_out,
        full=terms.full,
        faults=terms.faults,
    )
    folder = _folder()
    async with servers() as on:
        on.lanes = {lane: orders(terms.seed, lane, terms.kinds) for lane in LANES}
        number = 0
        until = time.monotonic() + terms.minutes * 60
        while time.monotonic() < until:
            number += 1
            here = folder / f"round-{number}"
            one = await _round(here, terms, number, on, until)
            report.add(told, one)
            report.write(told, terms.reports)
            sys.stderr.write(report.line(told, one) + "\n")
            if one["bad"]:
                sys.stderr.write(f"kept: {here}\n")
                reaper.keep(folder)
            else:
                shutil.rmtree(here)
    with suppress(OSError):  # a round that found something is kept
        await asyncio.to_thread(folder.rmdir)
    return told


def _folder() -> Path:
    return reaper.folder("lienthong-", QUICK if QUICK.is_dir() else None)


async def _round(
    folder: Path, terms: Terms, number: int, on: Servers, until: float
) -> dict[str, Any]:
    """Play one round over a database of its own."""
    name, seed = f"round{number}", terms.seed * 1000 + number
    await asyncio.to_thread(on.pair.primary.database, name)
    environ = {
        "LIENTHONG_DATABASE": on.pair.dsn(name),
        "LIENTHONG_AMQP": f"amqp://guest:guest@127.0.0.1:{on.broker.port}/",
        "LIENTHONG_SEAL_KEY": base64.b64encode(bytes(32)).decode(),
    }
    clocks = "clock_jump" in terms.kinds
    by_themselves = "none" if terms.faults == "none" else "flaky"
    async with scene(folder, seed, environ, by_themselves, clocks=clocks) as at:
        if terms.faults == "heavy":
            await at.order(ECHO, "calm", {})
        address = f"http://127.0.0.1:{at.front(DOORS[0]).port}"
        load = Load(address, at.key, seed, terms.dossiers, terms.rate, until, terms.full)
        gauge = Gauge(on.pair, on.cluster, name)
        storm = Storm(at, on.pair, on.cluster, on.nodes, load, gauge, FAULTS, terms.calm)
        begun = time.monotonic()
        await _under_load(storm, on)
        seconds = time.monotonic() - begun
        settled = await _settle(storm)
        released = await _operate(storm) if settled is not None else 0
        if released and settled is not None:
            again = await _settle(storm)
            settled = None if again is None else settled + again
        straight = on.pair.straight(name)
        known = await cases(address, at.key, straight, load.posted, storm.jumps)
    found = find(known, folder / "witness", STYLES_LONG, storm.log, STATES)
    if not found.bad():
        await asyncio.to_thread(on.pair.primary.order, f"DROP DATABASE {name} WITH (FORCE)")
    told = _told(storm, found, seconds, settled) | {"released": released}
    return told | report.simulated(folder / "witness")


async def _under_load(storm: Storm, on: Servers) -> None:
    """Drive the clients while every lane of faults is at work."""
    load, at = storm.load, storm.on
    samples = load.samples()
    born = [one.code for one in samples if one.born == "portal" or one.story == "takeover"]
    await at.order(PORTAL, "seed", {"codes": born})
    lanes = [asyncio.create_task(storm.lane(*line)) for line in on.lanes.items()]
    pacing = asyncio.create_task(_pace(storm))
    driving = asyncio.create_task(load.drive(samples))
    driving.add_done_callback(lambda _: storm.over.set())
    try:
        async with asyncio.timeout(STUCK):
            await asyncio.wait([driving, *lanes], return_when=asyncio.FIRST_EXCEPTION)
    finally:
        storm.over.set()
        driving.cancel()
        with suppress(asyncio.CancelledError):
            await driving
        await asyncio.gather(*lanes)
        pacing.cancel()


async def _pace(storm: Storm) -> None:
    """Let the clients pause while too much remains to be done."""
    while True:
        remaining = await storm.gauge.remaining()
        if remaining is not None and remaining > BACKLOG:
            storm.load.hold.clear()
        else:
            storm.load.hold.set()
        await asyncio.sleep(1.0)


async def _settle(storm: Storm) -> float | None:
    """Heal the simulators and wait until nothing is left to do but for humans."""
    for system in SIMULATED:
        await storm.on.order(system, "calm", {})
    begun = time.monotonic()
    while time.monotonic() < begun + PATIENCE:
        if await storm.gauge.remaining() == 0 and storm.on.apis:
            return time.monotonic() - begun
        await asyncio.sleep(0.2)
    return None


async def _operate(storm: Storm) -> int:
    """Let go again what the storm itself parked, as an operator would; give how many lanes."""
    many = await storm.gauge.count(PARKED, list(STORMY))
    if many:
        await let_go(storm.on.environ)
    return many


def _told(storm: Storm, found: Findings, seconds: float, settled: float | None) -> dict[str, Any]:
    """Write down one round."""
    return {
        "dossiers": len(storm.load.posted),
        "events": found.events,
        "seconds": seconds,
        "settled": settled,
        "done": dict(storm.done),
        "effective": dict(storm.effective),
        "bad": found.bad(),
        "findings": found,
        "answers": dict(storm.load.answers),
        "refused": list(storm.load.refused),
        "ended": dict(storm.on.ends),
        "stubborn": storm.stubborn,
        "rebuilt": list(storm.rebuilt),
    }


async def _stoppable(terms: Terms) -> dict[str, Any]:
    """End the servers also when the run is told to end."""
    running = asyncio.create_task(run(terms))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    return await running


def _calm(text: str) -> tuple[str, float]:
    """Read how many times longer the pauses of a lane are."""
    lane, _, factor = text.partition("=")
    if lane not in LANES:
        raise argparse.ArgumentTypeError(f"{lane}: not one of {', '.join(LANES)}")
    return lane, float(factor)


def main() -> None:
    """Read what is asked for, run it, and end with 1 when something was found."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seed", type=int, required=True)
    asked.add_argument("--minutes", type=float, default=10.0)
    asked.add_argument("--dossiers", type=int, default=4000, help="of each round")
    asked.add_argument("--rate", type=float, default=100.0, help="new dossiers a second at most")
    asked.add_argument("--full", type=int, default=FULL, help="every so manieth, a full story")
    asked.add_argument(
        "--faults", choices=tuple(report.BY_THEMSELVES), default="flaky", help="of simulators"
    )
    asked.add_argument(
        "--calm", nargs="*", type=_calm, default=[], help="LANE=FACTOR: longer pauses"
    )
    asked.add_argument("--kinds", nargs="*", choices=KINDS, default=list(KINDS))
    asked.add_argument("--reports", type=Path, default=report.REPORTS, help="where to write it")
    given = asked.parse_args()
    with suppress(NoServer):  # without it the kind is left out, and the report says so
        if faketime() is None:
            install("faketime")
    kinds = [one for one in given.kinds if one != "clock_jump" or faketime() is not None]
    calm = dict(given.calm)
    terms = Terms(
        given.seed,
        given.minutes,
        given.dossiers,
        given.rate,
        kinds,
        given.full,
        given.faults,
        calm,
        " ".join(sys.argv[1:]),
        given.reports,
    )
    os.environ.update(reaper.mark())
    told = uvloop.run(_stoppable(terms))
    sys.exit(0 if report.clean(told) else 1)


__all__ = ["Scene", "main"]

if __name__ == "__main__":
    main()
