"""A gateway in this process between a strict portal and a strict province, and what came of it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from gateway.access.principals import Principal
from gateway.admission.batcher import RequestBatcher
from gateway.admission.requests import Answer, Command, RecordEvent, RecordSnapshot, RegisterDossier
from gateway.intake.files import FileStore
from gateway.main.bootstrap import find_systems, open_store
from gateway.main.delivery import Delivery, accounts
from gateway.settings import Settings, read_systems
from gateway.store.engine import Store
from gateway.store.ledger import queries
from gateway.workbench.samples.generator import PORTAL, Sample, generate
from schemas.dossier import Content, NewDossier
from schemas.event import NewEvent
from tests.strict import igate, portal
from tests.strict.faults import SHARES, Family
from tests.strict.record import Held, Record
from tests.strict.wire import served

CLIENT = Principal(id=1, name="x", environment="sandbox", agencies=("*",))
VIEWER = queries.Viewer(CLIENT.id, CLIENT.environment, CLIENT.agencies)
NUMBERS = {
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
"""The province's own numbers of states, as the gateway is told them."""
RESTING = {"parked", "untold"}
IDLE = 4.0
"""Seconds without a call to anybody after which nothing more is expected."""
LONGEST = 30.0


@dataclass(frozen=True, slots=True)
class Told:
    """One dossier when all was over: its events, its ledger, and where it came from."""

    sample: Sample
    dossier: Mapping[str, Any]
    ledger: Mapping[str, Any]

    def lane(self, system: str) -> Mapping[str, Any]:
        """Give the ledger's line about a system."""
        found: Mapping[str, Any] = next(
            one for one in self.ledger["lanes"] if one["name"] == system
        )
        return found


@dataclass(slots=True)
class Result:
    """Everything that a test compares."""

    told: list[Told] = field(default_factory=list)
    records: dict[str, Record] = field(default_factory=dict)
    seconds: float = 0.0

    def held(self, system: str, one: Told) -> Held | None:
        """Give what a system truly holds of a dossier."""
        return self.records[system].dossiers.get(one.sample.code)

    def met(self, system: str, one: Told, family: str) -> list[str]:
        """List the faults of a family that a dossier met."""
        met = self.records[system].faults.get(one.sample.code, ())
        return [kind for kind in met if kind.startswith(family)]


@dataclass(frozen=True, slots=True)
class Setting:
    """What a scene is played with."""

    seed: int
    dossiers: int
    portal: portal.Switches = field(default_factory=portal.Switches)
    province: igate.Switches = field(default_factory=igate.Switches)
    shares: Mapping[Family, float] = field(default_factory=lambda: SHARES)
    """Of all requests, how many meet which family of faults."""
    kinds: frozenset[str] = frozenset()
    """Only these faults; none: all."""
    each: bool = False
    """Every verdict in its turn, and nothing else."""
    forbidden: int = 0
    """Of how many dossiers both systems say that they are not permitted."""


def _tables(urls: Mapping[str, str], at: Setting) -> dict[str, Any]:
    own: dict[str, Any] = {"agency_code": at.portal.account, "own_name": PORTAL}
    if at.portal.bare:
        own |= {
            "framing": "bare",
            "create_path": "/api/DongBoHoSoMC",
            "update_path": "/api/DongBoHoSoMC",
            "progress_path": "/api/CapNhatTienDoHoSoMC",
        }
    else:
        own |= {"username": at.portal.account, "password": at.portal.password}
    theirs: dict[str, Any] = {
        "client_id": at.province.client_id,
        "username": "canbo",
        "password": at.province.password,
        "link_only_files": "skip",
        "status_ids": NUMBERS,
        "status_map": {str(number): word for word, number in NUMBERS.items()},
    }
    return {
        PORTAL: {
            "adapter": "national_portal",
            "environment": "sandbox",
            "settings": own | {"base_url": urls[PORTAL]},
            "limits": {"exchange": 5.0, "conversation": 60.0},
        },
        "province": {
            "adapter": "igate",
            "environment": "sandbox",
            "settings": theirs | {"base_url": urls["province"]},
            "inbox": {"agencies": ["H99"]},
            "limits": {"exchange": 5.0, "conversation": 60.0, "poll_every": 1e6},
        },
    }


@asynccontextmanager
async def _gateway(settings: Settings) -> AsyncIterator[tuple[Store, RequestBatcher]]:
    store = await open_store(settings)
    systems = await find_systems(settings, store)
    files = FileStore(settings.data / "files", settings.max_file_bytes)
    delivery = Delivery(store, systems, files, accounts(systems), settings)
    running = asyncio.create_task(delivery.run())
    try:
        yield store, RequestBatcher(store, systems, delivery.wake)
    finally:
        running.cancel()
        await asyncio.wait([running])
        await delivery.close()
        await store.close()


def _command(path: str, body: Mapping[str, Any], name: str) -> Command:
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).digest()
    if path.endswith("/events"):
        event = NewEvent.model_validate(body)
        return RecordEvent(client=CLIENT, dossier=UUID(name), event=event, digest=digest)
    if path.endswith("/snapshots"):
        return RecordSnapshot(client=CLIENT, content=Content.model_validate(body), digest=digest)
    return RegisterDossier(client=CLIENT, content=NewDossier.model_validate(body), digest=digest)


async def _post(batcher: RequestBatcher, sample: Sample) -> str:
    """Post a story in two parts, so that the second meets what was told; give the dossier's id."""
    name = ""
    for place, request in enumerate(sample.requests):
        if place == len(sample.requests) // 2:
            await asyncio.sleep(0.1)
        answer = await batcher.submit(_command(request.path, request.body, name))
        assert isinstance(answer, Answer), answer
        name = name or str(answer.body["id"])
    return name


async def _together(batcher: RequestBatcher, samples: Sequence[Sample]) -> list[str]:
    return await asyncio.gather(*(_post(batcher, one) for one in samples))


async def _barred(records: Iterable[Record], codes: Iterable[str]) -> None:
    """Wait until each of these met its no, so that others pass after it."""
    async with asyncio.timeout(LONGEST):
        while any(code not in record.faults for record in records for code in codes):
            await asyncio.sleep(0.02)


async def _rest(store: Store, records: Iterable[Record]) -> None:
    """Wait until nothing moves any more: a dossier meets few faults, so they end by themselves."""
    began = last = time.monotonic()
    calls = 0
    while (now := time.monotonic()) - began < LONGEST and now - last < IDLE:
        left = await store.read(queries.counts)
        if all(state in RESTING for _, state, _, _ in left):
            return
        seen = sum(record.calls for record in records)
        calls, last = seen, last if seen == calls else now
        await asyncio.sleep(0.05)


async def _play(folder: Path, at: Setting) -> Result:
    samples = list(generate(at.dossiers, at.seed))
    barred = [one.code for one in samples if one.story == "plain"][: at.forbidden]
    desk = portal.StrictPortal(at.seed, at.portal, frozenset(barred))
    gate = igate.StrictIgate(at.seed + 1, at.province, frozenset(barred))
    result = Result(records={PORTAL: desk.record, "province": gate.record})
    for one in samples:
        if one.born == "portal" or one.story == "takeover":
            desk.record.hold(one.code, {"MaHoSo": one.code}, born_there=True)
    for plan in (desk.plan, gate.plan):
        plan.shares, plan.kinds, plan.each = at.shares, at.kinds, at.each
    began = time.monotonic()
    async with served(desk) as first, served(gate) as second:
        urls = {PORTAL: first, "province": second}
        settings = Settings(
            data=folder / "data",
            systems=read_systems({"systems": _tables(urls, at)}, {}),
            time_scale=0.002,
        )
        async with _gateway(settings) as (store, batcher):
            samples.sort(key=lambda one: one.code not in barred)
            early = await _together(batcher, samples[: len(barred)])
            await _barred(result.records.values(), barred)
            names = [*early, *await _together(batcher, samples[len(barred) :])]
            await _rest(store, result.records.values())
            for sample, name in zip(samples, names, strict=True):
                result.told.append(await _told(store, sample, UUID(name)))
    result.seconds = time.monotonic() - began
    return result


async def _told(store: Store, sample: Sample, name: UUID) -> Told:
    dossier = await store.read(lambda at: queries.find_dossier(at, VIEWER, name))
    ledger = await store.read(lambda at: queries.ledger(at, VIEWER, name))
    assert dossier is not None
    assert ledger is not None
    return Told(sample, dossier, ledger)


def play(folder: Path, at: Setting) -> Result:
    """Play a scene to its end."""
    return asyncio.run(_play(folder, at))
