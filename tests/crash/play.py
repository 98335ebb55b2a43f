"""One crash run: a stage under load, a nemesis with a plan, healing, and the audit."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from gateway.demo.audit import Followed
from gateway.demo.client import EXPORTED, Progress, drive
from gateway.demo.environment import PROGRAM, SYSTEMS, Environment, control, demo_environment
from gateway.workbench.machine import free_port
from gateway.workbench.samples.generator import PORTAL, Sample, generate
from gateway.workbench.samples.tables import PROCEDURES
from gateway.workbench.servers import PrivatePostgres, PrivateRabbit
from tests.crash.findings import EVENTS, LINES, Case, Fault, Findings, Try, find
from tests.crash.nemesis import LEASE, Nemesis
from tests.crash.operating import PARKED, STORMY, let_go
from tests.crash.tries import read

STYLES = {PORTAL: LINES, "province": EVENTS, "commune": EVENTS}
LIMITS = {
    "portal": f"exchange = 1.5, exchanges = 3, conversation = 5.0, lease = {LEASE}",
    "province": "exchange = 0.9, exchanges = 10, conversation = 9.0, lease = 10.0",
    "commune": f"exchange = 1.0, conversation = 5.0, lease = {LEASE}",
}
SHADOW = "echo"
"""A system in shadow mode, beside those of the demonstration."""
SHADOWED = frozenset(one.code for one in PROCEDURES[:3])
"""The procedures that it would be told."""
SHADOW_TABLE = f"""
[systems.{SHADOW}]
adapter = "echo"
mode = "shadow"
environment = "sandbox"
simulator = true
limits = {{{{ {LIMITS["commune"]} }}}}
[systems.{SHADOW}.settings]
base_url = "{{{SHADOW}}}"
style = "events"
[systems.{SHADOW}.route]
procedures = {sorted(SHADOWED)}
"""
STATES = {
    "submitted": 0,
    "accepted": 1,
    "refused": 6,
    "processing": 2,
    "awaiting_supplement": 3,
    "awaiting_payment": 5,
    "withdrawal_requested": 8,
    "stopped": 9,
    "finished": 4,
    "returned": 10,
}
REMAINING = "SELECT count(*) FROM outbox WHERE state <> 3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is done to a run: faults in order with pauses between them, on a gateway.

    Such as fall together are joined by a `+`.
    """

    faults: Sequence[str]
    pause: float
    dossiers: int
    seed: int
    flaky: bool = True
    patience: float = 60.0
    wave: int = 6
    """Dossiers that are driven together."""
    program: tuple[str, ...] = PROGRAM


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a run; `settled`: seconds until nothing was left to do, None: it never was."""

    findings: Findings
    faults: list[Fault]
    settled: float | None


async def play(folder: Path, plan: Plan, database: PrivatePostgres, broker: PrivateRabbit) -> Ran:
    """Play one run on these servers, over a database of its own."""
    dsn = await asyncio.to_thread(database.database, f"crash{time.time_ns()}")
    servers = {
        "LIENTHONG_DATABASE": dsn,
        "LIENTHONG_AMQP": broker.url,
        "LIENTHONG_SEAL_KEY": base64.b64encode(bytes(32)).decode(),
    }
    async with demo_environment(
        folder,
        port=free_port(),
        faults="flaky" if plan.flaky else "none",
        seed=plan.seed,
        servers=servers,
        workers=2,
        switches=[f"{PORTAL}.single_session=true"],
        limits=LIMITS,
        program=plan.program,
        systems=SYSTEMS | {SHADOW: "echo"},
        more=SHADOW_TABLE,
    ) as on:
        nemesis = Nemesis(on, database, broker, dsn)
        posted = await _under_load(on, plan, nemesis)
        for system in (PORTAL, "province"):
            await control(on, system, "calm", {})
        settled = await _settle(dsn, plan.patience)
        if settled is not None and await _parked(dsn):
            await let_go(on.environ)
            again = await _settle(dsn, plan.patience)
            settled = None if again is None else settled + again
        cases = await _cases(on, dsn, posted, nemesis.barred)
    styles, shadows = STYLES | {SHADOW: EVENTS}, frozenset({SHADOW})
    found = find(cases, folder / "witness", styles, nemesis.log, STATES, shadows)
    return Ran(found, nemesis.log, settled)


async def _under_load(on: Environment, plan: Plan, nemesis: Nemesis) -> list[dict[str, Any]]:
    """Drive dossiers in waves for as long as the nemesis is at work."""
    samples = [
        one
        for one in generate(plan.dossiers, plan.seed, datetime.now(UTC))
        if one.story != EXPORTED
    ]
    born = [one.code for one in samples if one.born == "portal" or one.story == "takeover"]
    await control(on, PORTAL, "seed", {"codes": born})
    waves: list[list[Sample]] = [
        samples[n : n + plan.wave] for n in range(0, len(samples), plan.wave)
    ]
    posted: list[dict[str, Any]] = []
    breaking: asyncio.Task[None] | None = None
    for number, wave in enumerate(waves):
        begun = time.monotonic()
        later = [one.code for more in waves[number + 1 :] for one in more if not one.parks]
        nemesis.coming = later[0] if later else nemesis.coming
        breaking = breaking or asyncio.create_task(_break(plan, nemesis))
        posted += await drive(on, wave, Progress())
        if breaking.done():
            break
        await asyncio.sleep(max(0.0, 0.8 - (time.monotonic() - begun)))
    if breaking is not None:
        await breaking
    return posted


async def _break(plan: Plan, nemesis: Nemesis) -> None:
    for name in plan.faults:
        await asyncio.sleep(plan.pause)
        await asyncio.gather(*(nemesis.do(one) for one in name.split("+")))


async def _settle(dsn: str, patience: float) -> float | None:
    """Wait until nothing is left to do but for humans."""
    begun = time.monotonic()
    connection = await asyncpg.connect(dsn)
    try:
        while time.monotonic() < begun + patience:
            if not await connection.fetchval(REMAINING):
                return time.monotonic() - begun
            await asyncio.sleep(0.1)
    finally:
        await connection.close()
    return None


async def _parked(dsn: str) -> int:
    """Count lanes that the run itself parked: two kills and a lost database may hit the same."""
    connection = await asyncpg.connect(dsn)
    try:
        return int(await connection.fetchval(PARKED, list(STORMY)))
    finally:
        await connection.close()


async def _cases(
    on: Environment, dsn: str, posted: Sequence[dict[str, Any]], barred: Mapping[str, str]
) -> list[Case]:
    """Bring together what was promised, what the gateway says, and what its ledger holds."""
    lanes, tries = await read(dsn)
    headers = {"Authorization": f"Bearer {on.key}"}
    cases = []
    async with httpx.AsyncClient(base_url=on.address, headers=headers, trust_env=False) as client:
        for one in posted:
            answer = await client.get(f"/v1/dossiers/{one['id']}") if one["id"] else None
            there = answer is not None and answer.status_code == 200
            content = json.loads(answer.text) if answer is not None and there else {}
            code = content.get("procedure", {}).get("code")
            owed = frozenset({SHADOW} if code in SHADOWED else ())
            by = {name for of, name in barred.items() if of == one["sample"].code}
            known = case(one, content, lanes, tries, owed)
            cases.append(replace(known, barred=frozenset(by)))
    return cases


def case(
    one: dict[str, Any],
    content: dict[str, Any],
    lanes: dict[UUID, dict[str, dict[str, Any]]],
    tries: dict[UUID, list[Try]],
    owed: frozenset[str] = frozenset(),
) -> Case:
    """Bring together what is known of one dossier."""
    sample: Sample = one["sample"]
    name = UUID(one["id"]) if content else None
    known = sample.requests[0].body.get("known_in", ())
    return Case(
        of=Followed(
            id=one["id"] if content else "",
            code=sample.code,
            promised=frozenset(one["promised"]),
            events=tuple(content.get("events", ())),
            lanes=lanes.get(name, {}) if name else {},
            attempts=(),
            known_until={row["system"]: datetime.fromisoformat(row["as_of"]) for row in known},
        ),
        content=content,
        tries=tries.get(name, []) if name else [],
        parks=frozenset(sample.parks),
        owed=owed,
    )
