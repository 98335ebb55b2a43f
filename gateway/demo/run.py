"""The demonstration: a gateway, three simulated systems that fail on purpose, and an audit.

The gateway and the simulators are processes of their own; dossiers go in through the public API
and through the nightly exports of old commune software.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx

from gateway.demo.audit import Followed, audit, read_log
from gateway.demo.client import EXPORTED, Progress, drive, nights
from gateway.demo.environment import Environment, control
from gateway.workbench.samples.generator import PORTAL, generate

STYLES = {PORTAL: "lines", "province": "events", "commune": "events", "ward": "events"}
OUTAGE = 4.0
"""Seconds for which one system is gone, in the fault mode `outage`."""
PATIENCE = 120.0
"""Seconds to wait for the last delivery before the audit is made all the same."""


async def _watch(on: Environment, progress: Progress, show: Callable[[], None]) -> None:
    """Look at the gateway's and the simulators' word a few times a second, for whoever shows it."""
    headers = {"Authorization": f"Bearer {on.key}"}
    async with httpx.AsyncClient(base_url=on.address, headers=headers, trust_env=False) as client:
        while True:
            with contextlib.suppress(httpx.HTTPError, KeyError, ValueError):
                progress.systems = (await client.get("/v1/systems")).json()["systems"]
                progress.stored = {
                    name: len(read_log(on.folder / "witness" / f"{name}.effects.jsonl"))
                    for name in on.urls
                }
                show()
            await asyncio.sleep(0.2)


async def wait_for_the_last(on: Environment) -> None:
    """Wait until nothing waits any more."""
    headers = {"Authorization": f"Bearer {on.key}"}
    until = time.monotonic() + PATIENCE
    async with httpx.AsyncClient(base_url=on.address, headers=headers, trust_env=False) as client:
        while time.monotonic() < until:
            rows = (await client.get("/v1/systems")).json()["systems"]
            if not any(set(row["lanes"]) & {"ready", "waiting", "asked"} for row in rows):
                return
            await asyncio.sleep(0.1)


async def follow(on: Environment, posted: Sequence[dict[str, Any]]) -> list[Followed]:
    """Ask the gateway what it says of every dossier."""
    headers = {"Authorization": f"Bearer {on.key}"}
    found = []
    async with httpx.AsyncClient(base_url=on.address, headers=headers, trust_env=False) as client:
        for one in posted:
            if not one["id"] and not await _find(client, one):
                found.append(_nowhere(one))
                continue
            dossier = (await client.get(f"/v1/dossiers/{one['id']}")).json()
            ledger = (await client.get(f"/v1/dossiers/{one['id']}/ledger")).json()
            first = one["sample"].requests[0].body
            found.append(
                Followed(
                    id=one["id"],
                    code=one["sample"].code,
                    promised=frozenset(one["promised"]),
                    events=tuple(dossier["events"]),
                    lanes={lane["system"]: lane for lane in ledger["lanes"]},
                    attempts=tuple(ledger["attempts"]),
                    known_until={
                        known["system"]: datetime.fromisoformat(known["as_of"])
                        for known in first.get("known_in", ())
                    },
                )
            )
    return found


async def _find(client: httpx.AsyncClient, one: dict[str, Any]) -> bool:
    """Find a dossier that came by an export, whose events have no refs of ours."""
    rows = (await client.get("/v1/dossiers", params={"code": one["sample"].code})).json()
    if one["sample"].story != EXPORTED or not rows["dossiers"]:
        return False
    one["id"], one["promised"] = rows["dossiers"][0]["id"], set()
    return True


def _nowhere(one: dict[str, Any]) -> Followed:
    """Say that a dossier is not there at all: everything promised of it is lost."""
    promised = frozenset(one["promised"])
    return Followed("", one["sample"].code, promised, (), {}, ())


async def run_demo(
    on: Environment,
    *,
    dossiers: int,
    seed: int,
    faults: str,
    progress: Progress,
    show: Callable[[], None],
    between: Callable[[], Any] | None = None,
) -> dict[str, Any]:
    """Play the whole piece on a stage that is set; give the audited summary."""
    samples = list(generate(dossiers, seed, datetime.now(UTC)))
    born = [one.code for one in samples if one.born == "portal" or one.story == "takeover"]
    await control(on, PORTAL, "seed", {"codes": born})
    if faults == "outage":
        await control(on, PORTAL, "outage", {"seconds": OUTAGE})
    begun = time.monotonic()
    driving = asyncio.gather(drive(on, samples, progress), nights(on, samples, progress))
    watching = asyncio.create_task(_watch(on, progress, show))
    if between is not None:
        await between()
    posted = [one for part in await driving for one in part]
    await wait_for_the_last(on)
    await asyncio.sleep(0.3)
    watching.cancel()
    seconds = time.monotonic() - begun
    found = await follow(on, posted)
    return {
        "dossiers": len(samples),
        "events": sum(len(one.events) for one in found),
        "seconds": round(seconds, 2),
        "systems": audit(
            found,
            on.folder / "witness",
            {name: STYLES[name] for name in on.urls},
            killed=on.killed,
        ),
    }
