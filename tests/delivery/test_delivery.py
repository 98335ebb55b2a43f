"""Delivery against hosted simulators: codes, shadow, hold, sessions, corrections."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from gateway.access.principals import Principal
from gateway.admission.batcher import RequestBatcher
from gateway.admission.requests import Answer, RecordEvent, RegisterDossier
from gateway.intake.files import FileStore
from gateway.main.bootstrap import find_systems, open_store
from gateway.main.delivery import Delivery
from gateway.settings import Settings, read_systems
from gateway.store.engine import Store
from gateway.store.ledger import queries
from gateway.store.work import claims, systems
from gateway.workbench.faults import Faults
from gateway.workbench.samples.generator import sample
from gateway.workbench.simulate import Host, hosted
from schemas.dossier import NewDossier
from schemas.event import NewEvent

CLIENT = Principal(id=1, name="x", environment="sandbox", agencies=("*",))
VIEWER = queries.Viewer(CLIENT.id, CLIENT.environment, CLIENT.agencies)


@dataclass
class House:
    """A gateway at work over hosted simulators."""

    store: Store
    batcher: RequestBatcher
    hosts: dict[str, Host]
    folder: Path

    async def post(self, content: dict[str, Any]) -> Answer:
        """Store a dossier."""
        model = NewDossier.model_validate(content)
        digest = json.dumps(content, sort_keys=True).encode()[:32]
        answer = await self.batcher.submit(
            RegisterDossier(client=CLIENT, content=model, digest=digest)
        )
        assert isinstance(answer, Answer)
        return answer

    async def event(self, name: str, event: dict[str, Any]) -> Answer:
        """Store an event."""
        answer = await self.batcher.submit(
            RecordEvent(
                client=CLIENT,
                dossier=UUID(name),
                event=NewEvent.model_validate(event),
                digest=event["ref"].encode(),
            )
        )
        assert isinstance(answer, Answer), answer
        return answer

    async def ledger(self, name: str) -> dict[str, Any]:
        """Read a dossier's ledger."""
        found = await self.store.read(
            lambda connection: queries.ledger(connection, VIEWER, UUID(name))
        )
        assert found is not None
        return found

    async def until(self, name: str, done: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until the ledger says so."""
        async with asyncio.timeout(40):
            while not done(found := await self.ledger(name)):
                await asyncio.sleep(0.02)
            return found

    def effects(self, system: str) -> list[dict[str, Any]]:
        """Read what a simulator stored."""
        text = (self.folder / f"{system}.effects.jsonl").read_text("utf-8")
        return [json.loads(line) for line in text.splitlines()]


class Drawn(Faults):
    """Faults in an order that a test has drawn."""

    def __init__(self, kinds: Iterator[str | None]) -> None:
        super().__init__(flaky=False, seed=1)
        self.kinds = kinds

    def next(self) -> str | None:
        """Give the fault of the next call."""
        return next(self.kinds, None)


@asynccontextmanager
async def house(
    folder: Path,
    wanted: dict[str, dict[str, Any]],
    codes: dict[str, str] | None = None,
    **more: Any,
) -> AsyncIterator[House]:
    """Run a gateway with these systems, each hosted in this process; more: settings."""
    async with AsyncExitStack() as stack:
        hosts, tables = {}, {}
        for name, given in wanted.items():
            host = Host(
                name,
                given["adapter"],
                folder,
                given.pop("faults", None) or Faults(flaky=False, seed=1),
                given.pop("switches", {}),
            )
            hosts[name] = host
            port = await stack.enter_async_context(hosted(host))
            own = {"base_url": f"http://127.0.0.1:{port}", **given.pop("settings", {})}
            tables[name] = {"environment": "sandbox", "settings": own, **given}
        settings = Settings(
            data=folder / "data",
            codes=codes or {},
            systems=read_systems({"systems": tables}, {}),
            **{"time_scale": 0.002} | more,
        )
        store = await open_store(settings)
        systems = await find_systems(settings, store)
        files = FileStore(settings.data / "files", settings.max_file_bytes)
        delivery = Delivery(store, systems, files, {}, settings)
        running = asyncio.create_task(delivery.run())
        yield House(store, RequestBatcher(store, systems, delivery.wake), hosts, folder)
        running.cancel()
        await asyncio.wait([running])
        await delivery.close()
        await store.close()


def dossier(number: int = 1, **change: Any) -> dict[str, Any]:
    """Write a walk-in dossier."""
    made = dict(sample(number, 1).requests[0].body) | change
    made.pop("origin", None)
    return made


def idle(found: dict[str, Any]) -> bool:
    """Say whether nothing remains to be done."""
    return all(lane["state"] is None for lane in found["lanes"])


PORTAL = {
    "adapter": "national_portal",
    "settings": {"username": "a", "password": "b", "agency_code": "H99"},
}


ACCEPTED = {
    "ref": "nhận",
    "kind": "accepted",
    "occurred_at": "2026-10-05T09:00:00+07:00",
    "received_at": "2026-10-05T09:00:00+07:00",
    "due": {"at": "2026-12-31"},
    "action": "Tiếp nhận",
}


@asynccontextmanager
async def uncoded(folder: Path) -> AsyncIterator[tuple[House, str]]:
    """Post a dossier without a code, which the province is to allocate."""
    echo = {"adapter": "echo", "switches": {"assign": True}}
    wanted = {"province": echo, "portal": dict(PORTAL)}
    async with house(folder, wanted, {"H99": "system:province"}) as at:
        without = dossier()
        del without["official_code"]
        yield at, (await at.post(without)).body["id"]


async def test_a_code_that_a_system_allocates_reaches_the_others(tmp_path: Path) -> None:
    """The allocating system is told first; the code comes back and frees the portal's lane."""
    async with uncoded(tmp_path) as (at, name):
        await at.until(name, lambda found: found["version"] == 2 and idle(found))

        assert {"E-000001"} == {one["code"] for one in at.effects("portal")}


async def test_whoever_waited_for_a_code_is_told_as_soon_as_it_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others do not wait for their own look at the outbox."""
    monkeypatch.setattr(claims, "LOOK_AGAIN", 60_000)
    async with uncoded(tmp_path) as (at, name):
        await at.until(name, idle)

        assert len(at.effects("portal")) > 0


async def test_shadow_keeps_the_request_and_sends_nothing(tmp_path: Path) -> None:
    """Law 12: In shadow the exact request stands in the ledger and the system hears nothing."""
    async with house(tmp_path, {"shade": {"adapter": "echo", "mode": "shadow"}}) as at:
        name = (await at.post(dossier())).body["id"]
        found = await at.until(name, idle)
        (line,) = found["attempts"]

        assert (at.hosts["shade"].calls, line["outcome"], line["detail"]["request"]["method"]) == (
            0,
            "shadowed",
            "PUT",
        )


async def test_held_means_nothing_is_sent(tmp_path: Path) -> None:
    """While a system is held intake goes on and nothing is sent; released, it goes."""
    async with house(tmp_path, {"a": {"adapter": "echo"}}) as at:
        await at.store.write(lambda connection: systems.hold(connection, ["a"], "me", "test"))
        name = (await at.post(dossier())).body["id"]
        await asyncio.sleep(0.3)
        before = at.hosts["a"].calls
        await at.store.write(lambda connection: systems.release(connection, ["a"]))
        await at.until(name, idle)

        assert (before, at.hosts["a"].calls) == (0, 1)


async def test_one_login_for_many_conversations(tmp_path: Path) -> None:
    """Ten dossiers at once share one session."""
    async with house(tmp_path, {"portal": dict(PORTAL)}) as at:
        names = [(await at.post(dossier(number))).body["id"] for number in (1, 3, 5, 7)]
        for name in names:
            await at.until(name, idle)

        assert at.hosts["portal"].simulator.logins == 1  # type: ignore[attr-defined]


async def test_a_session_that_dies_is_renewed(tmp_path: Path) -> None:
    """A portal that forgets its sessions costs a login, and no dossier."""
    async with house(tmp_path, {"portal": dict(PORTAL)}) as at:
        first = (await at.post(dossier(1))).body["id"]
        await at.until(first, idle)
        at.hosts["portal"].simulator.sessions.clear()  # type: ignore[attr-defined]
        second = (await at.post(dossier(3))).body["id"]
        await at.until(second, idle)

        assert at.hosts["portal"].simulator.logins == 2  # type: ignore[attr-defined]


async def test_a_correction_frees_what_was_parked(tmp_path: Path) -> None:
    """What the portal cannot be told is parked for the officer; corrected, it is delivered."""
    async with house(tmp_path, {"portal": dict(PORTAL)}) as at:
        name = (await at.post(dossier(notes="dài " * 1000))).body["id"]
        parked = await at.until(name, lambda found: found["lanes"][0]["reason"] is not None)
        await at.event(
            name,
            {
                "ref": "sua",
                "kind": "corrected",
                "occurred_at": "2026-06-14T10:00:00",
                "reason": "Ghi chú quá dài",
                "supersedes": "registered",
                "patch": {"notes": "ngắn"},
            },
        )
        await at.until(name, idle)
        lines = [one["text"] for one in at.effects("portal") if one["kind"] == "line"]

        assert (
            parked["lanes"][0]["parked_for"],
            parked["lanes"][0]["detail"][0]["pointer"],
            lines,
        ) == (
            "officer",
            "/notes",
            ["Đính chính hồ sơ. Thay cho bước đã ghi trước đó. Lý do: Ghi chú quá dài"],
        )


async def test_an_append_without_an_answer_is_parked_if_so_set(tmp_path: Path) -> None:
    """Law 5: With `park`, a line whose answer was lost stands at most once."""
    park = dict(PORTAL) | {"limits": {"on_uncertain": "park"}}
    async with house(tmp_path, {"portal": park}) as at:
        answers = iter([None, None, "drop_after"])  # login, snapshot, lines

        at.hosts["portal"].faults = Drawn(answers)
        name = (await at.post(dossier())).body["id"]
        found = await at.until(name, lambda found: found["lanes"][0]["reason"] is not None)
        lines = [one for one in at.effects("portal") if one["kind"] == "line"]

        assert (found["lanes"][0]["reason"], found["lanes"][0]["parked_for"], len(lines)) == (
            "may_stand_once",
            "operator",
            1,
        )


async def test_a_line_that_was_sent_again_stays_marked(tmp_path: Path) -> None:
    """Law 5: With `resend` the ledger names the line that may stand twice, and no other."""
    async with house(tmp_path, {"portal": dict(PORTAL)}) as at:
        answers = iter([None, None, "drop_after"])  # login, snapshot, lines

        at.hosts["portal"].faults = Drawn(answers)
        name = (await at.post(dossier())).body["id"]
        told = await at.until(name, idle)
        await at.event(name, ACCEPTED)
        found = await at.until(name, lambda found: found["version"] == 2 and idle(found))
        lines = Counter(one["text"] for one in at.effects("portal") if one["kind"] == "line")

        assert sorted(lines.values()) == [1, 2]
        assert [one["lanes"][0]["doubled"] for one in (told, found)] == [[[1, 1]], [[1, 1]]]


async def test_another_system_that_reaches_it_keeps_us_out(tmp_path: Path) -> None:
    """Law 12: Where the province reports to the portal, the ledger says `via`; we are silent."""
    echo = {"adapter": "echo", "reaches": ["portal"]}
    async with house(tmp_path, {"province": echo, "portal": dict(PORTAL)}) as at:
        name = (await at.post(dossier())).body["id"]
        found = await at.until(name, idle)
        via = {lane["name"]: lane["via"] for lane in found["lanes"]}

        assert (at.hosts["portal"].calls, via) == (0, {"portal": "province", "province": None})


@pytest.mark.parametrize("kept", [5, 9])
async def test_an_outage_is_only_a_delay(tmp_path: Path, kept: int) -> None:
    """Law 3: A system that is gone for a moment gets everything afterwards, in order."""
    async with house(tmp_path, {"a": {"adapter": "echo", "settings": {"style": "events"}}}) as at:
        at.hosts["a"].faults.gone_until = time.monotonic() + 0.5
        names = [
            (await at.post(dossier(number))).body["id"]
            for number in range(1, kept)
            if sample(number, 1).story == "plain"
        ]
        for name in names:
            await at.until(name, idle)

        assert sorted(names) == sorted(one["dossier"] for one in at.effects("a"))


async def test_a_system_that_comes_back_is_not_stampeded(tmp_path: Path) -> None:
    """Law 5: After an outage one lane goes first, then two, four, eight: never all that waited."""
    answering = 0.1
    wanted = {"e": {"adapter": "echo", "limits": {"at_once": 16}}}
    async with house(tmp_path, wanted) as at:
        host, arrivals = at.hosts["e"], []
        host.faults.gone_until = time.monotonic() + 1.0
        handle = host.simulator.handle

        def noted(*request: Any) -> Any:
            arrivals.append(time.monotonic())
            return handle(*request)

        host.simulator.handle = noted  # type: ignore[method-assign, assignment]
        host.delay = answering
        names = [(await at.post(sample(n, 3).requests[0].body)).body["id"] for n in range(40)]
        for name in names:
            await at.until(name, lambda found: found["lanes"][0]["state"] is None)

    begun = arrivals[0]
    for number, arrived in enumerate(arrivals, start=1):
        rounds = int((arrived - begun) / answering) + 1
        assert number <= sum(min(2**n, 16) for n in range(rounds)) * 2  # echo: two calls a lane


async def test_a_system_with_one_place_is_told_without_pauses(tmp_path: Path) -> None:
    """What ends makes its place free at once: forty lanes do not wait for forty looks."""
    async with house(tmp_path, {"e": {"adapter": "echo", "limits": {"at_once": 1}}}) as at:
        bodies = [
            dossier(1, source={"ref": f"r-{n}"}, official_code=f"H99.14-260302-{n:04d}")
            for n in range(40)
        ]
        names = [a.body["id"] for a in await asyncio.gather(*(at.post(one) for one in bodies))]
        async with asyncio.timeout(20):  # a look comes once a second
            for name in names:
                await at.until(name, idle)

    assert len(at.effects("e")) == 40
