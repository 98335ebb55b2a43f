"""A database restored from a backup: what was told since stands in no ledger (laws 3 and 18)."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from gateway.admission.batcher import RequestBatcher
from gateway.admission.requests import Answer, RecordEvent, RegisterDossier
from gateway.intake.files import FileStore
from gateway.main.bootstrap import find_systems, open_store
from gateway.main.delivery import Delivery
from gateway.operations import hold, restoring
from gateway.settings import Settings, read_systems
from gateway.store import feed
from gateway.store.engine import Store
from gateway.store.ledger import queries
from gateway.store.work import operating
from gateway.workbench.faults import Faults
from gateway.workbench.servers import PrivatePostgres
from gateway.workbench.simulate import Host, hosted
from schemas.dossier import NewDossier
from schemas.event import NewEvent
from tests.delivery.test_delivery import CLIENT, VIEWER, dossier

DOSSIERS = 6
AT = "2026-10-05T09:00:00+07:00"
LOGIN = {"username": "a", "password": "b", "agency_code": "H99"}


@dataclass
class Running:
    """A gateway at work over one database."""

    store: Store
    delivery: Delivery
    batcher: RequestBatcher

    async def say(self, requests: Sequence[Request]) -> list[Answer]:
        """Post as a client does that posts everything again after a restore."""
        answers = []
        for one in requests:
            answer = await self.batcher.submit(one)
            assert isinstance(answer, Answer), answer
            answers.append(answer)
        return answers

    async def standing(self) -> operating.Standing:
        """Say how the portal stands."""
        seen = await self.store.read(lambda connection: operating.survey(connection, 0))
        return seen.systems[0]

    async def until_idle(self) -> None:
        """Wait until nothing remains to be told."""
        async with asyncio.timeout(60):
            while sum((await self.standing()).lanes.values()):
                await asyncio.sleep(0.02)

    async def ledger(self, name: UUID) -> dict[str, Any]:
        """Read a dossier's ledger."""
        found = await self.store.read(lambda c: queries.ledger(c, VIEWER, name))
        assert found is not None
        return found


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Running]:
    """Run a gateway, from its start to its end."""
    store = await open_store(settings)
    systems = await find_systems(settings, store)
    files = FileStore(settings.data / "files", settings.max_file_bytes)
    delivery = Delivery(store, systems, files, {}, settings)
    task = asyncio.create_task(delivery.run())
    yield Running(store, delivery, RequestBatcher(store, systems, delivery.wake))
    task.cancel()
    await asyncio.wait([task])
    await delivery.close()
    await store.close()


def opening(number: int) -> RegisterDossier:
    """File a dossier."""
    content = dossier(
        number, source={"ref": f"r-{number}"}, official_code=f"H99.14-260302-{number:04}"
    )
    model = NewDossier.model_validate(content)
    return RegisterDossier(client=CLIENT, content=model, digest=f"r-{number}".encode())


def line(name: str, ref: str, kind: str) -> RecordEvent:
    """Tell one more line of the portal's timeline."""
    event: dict[str, Any] = {
        "ref": ref,
        "kind": kind,
        "occurred_at": AT,
        "action": f"line {ref}",
    }
    if kind == "accepted":
        event |= {"received_at": AT, "due": {"at": "2026-12-31"}}
    model = NewEvent.model_validate(event)
    return RecordEvent(client=CLIENT, dossier=UUID(name), event=model, digest=ref.encode())


def sent(folder: Path) -> Counter[tuple[str, str]]:
    """Count what the portal's timelines hold, by code and text."""
    rows = (folder / "portal.effects.jsonl").read_text("utf-8").splitlines()
    found = (json.loads(row) for row in rows)
    return Counter((row["code"], row["text"]) for row in found if row["kind"] == "line")


Request = RegisterDossier | RecordEvent
Backup = Callable[[Settings], Callable[[], Settings]]


def _of_file(settings: Settings) -> Callable[[], Settings]:
    """Back an embedded database up while it is used."""
    kept = settings.data / "backup.sqlite3"
    with closing(sqlite3.connect(settings.database)) as now, closing(sqlite3.connect(kept)) as copy:
        now.backup(copy)

    def restore() -> Settings:
        for end in ("-wal", "-shm"):
            settings.database.with_name(settings.database.name + end).unlink(missing_ok=True)
        kept.replace(settings.database)
        return settings

    return restore


def _of_server(settings: Settings, make: Callable[[], str]) -> Callable[[], Settings]:
    """Dump a PostgreSQL database while it is used."""
    programs, kept = PrivatePostgres.find(), settings.data / "backup.dump"
    kept.parent.mkdir(parents=True, exist_ok=True)
    dump = [str(programs / "pg_dump"), "-Fc", "-f", str(kept), f"--dbname={settings.postgres}"]
    subprocess.run(dump, check=True)

    def restore() -> Settings:
        empty = make()
        again = [str(programs / "pg_restore"), "--no-owner", f"--dbname={empty}", str(kept)]
        subprocess.run(again, check=True)
        return replace(settings, postgres=empty)

    return restore


@pytest.fixture
def backup(request: pytest.FixtureRequest, database: dict[str, Any]) -> Backup:
    """Give how the database of this test is backed up."""
    if not database:
        return _of_file
    make = request.getfixturevalue("postgres")
    return lambda settings: _of_server(settings, make)


@asynccontextmanager
async def portal(folder: Path, database: dict[str, Any], **limits: Any) -> AsyncIterator[Settings]:
    """Host a portal, and give the settings of a gateway that speaks to it."""
    host = Host("portal", "national_portal", folder, Faults(flaky=False, seed=1), {})
    async with hosted(host) as port:
        own = {"base_url": f"http://127.0.0.1:{port}", **LOGIN}
        table = {
            "adapter": "national_portal",
            "environment": "sandbox",
            "settings": own,
            "limits": limits,
        }
        yield Settings(
            data=folder / "data",
            state=folder / "state",
            systems=read_systems({"systems": {"portal": table}}, {}),
            time_scale=0.002,
            **database,
        )


async def filed(at: Running) -> list[Request]:
    """File dossiers, each with a line of its own, and give all that was posted."""
    first: list[Request] = [opening(number) for number in range(1, DOSSIERS + 1)]
    answers = await at.say(first)
    lines: list[Request] = [
        line(one.body["id"], f"a-{n}", "accepted") for n, one in enumerate(answers)
    ]
    await at.say(lines)
    return [*first, *lines]


async def lost(at: Running, known: list[Request]) -> list[Request]:
    """Post what the backup does not know: a line for each dossier."""
    lines: list[Request] = [
        line(str(one.dossier), f"b-{n}", "progress")
        for n, one in enumerate(one for one in known if isinstance(one, RecordEvent))
    ]
    await at.say(lines)
    return lines


async def test_after_a_restore_nothing_is_added_twice_unmarked(
    tmp_path: Path, database: dict[str, Any], backup: Backup
) -> None:
    """Dumped under load, drained, restored: held until released, and each repeat is marked."""
    async with portal(tmp_path, database) as settings:
        async with running(settings) as at:
            known = await filed(at)
            restore = backup(settings)
            later = await lost(at, known)
            await at.until_idle()
        told = sent(tmp_path)
        async with running(restore()) as at:
            await at.say([*known, *later])
            await asyncio.sleep(0.5)
            standing = await at.standing()
            quiet = sent(tmp_path) == told
            listed = await restoring.doubtful(at.store, "portal")
            await hold.release(at.store, settings, ["portal"], by="os:test")
            await at.until_idle()
            twice = {key for key, many in sent(tmp_path).items() if many > 1}
            marked = set()
            for one in listed:
                ledger = await at.ledger(one.dossier)
                if any(lane["doubled"] for lane in ledger["lanes"]):
                    marked.add(one.code)

        assert standing.held_by == "lienthong"
        assert quiet
        assert {one.code for one in listed if one.ahead} >= {code for code, _ in twice}
        assert {code for code, _ in twice} <= marked


async def test_without_a_witness_nothing_is_held(
    tmp_path: Path, database: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody can know of such a restore: one line says so, and delivery goes on."""
    async with portal(tmp_path, database) as settings:
        async with running(settings) as at:
            await filed(at)
            await at.until_idle()
        (tmp_path / "state").rename(tmp_path / "elsewhere")
        capsys.readouterr()
        async with running(settings) as at:
            async with asyncio.timeout(30):
                while not (tmp_path / "state").exists():  # left anew after a look
                    await asyncio.sleep(0.02)
            standing = await at.standing()

        assert standing.held_by is None
        assert capsys.readouterr().out.count("no_witness") == 1


async def test_a_person_may_say_that_the_database_was_restored(
    tmp_path: Path, database: dict[str, Any], backup: Backup
) -> None:
    """What no witness saw is held and doubted by hand, and whoever follows the feed is told."""
    async with portal(tmp_path, database) as settings:
        async with running(settings) as at:
            await hold.hold(at.store, settings, ["portal"], by="os:test", why="")
            await filed(at)
            before = await at.store.read(feed.horizon)
            found = await restoring.declare(
                at.store, at.delivery.systems, by="os:test", why="whole disk"
            )
            after = await at.store.read(feed.horizon)
            listed = await restoring.doubtful(at.store, None)

        assert found.held == ("portal",)
        assert len([one for one in listed if one.ahead]) == DOSSIERS
        assert after.epoch > before.epoch


async def test_a_wake_up_of_another_life_is_a_witness(
    tmp_path: Path, database: dict[str, Any]
) -> None:
    """One that carries a higher fence than the database has given says that it was restored."""
    async with portal(tmp_path, database) as settings, running(settings) as at:
        await filed(at)
        await at.until_idle()
        at.delivery.restores.note(10**6)
        async with asyncio.timeout(30):
            while (await at.standing()).held_by is None:
                await asyncio.sleep(0.05)

        assert (await at.standing()).held_by == "lienthong"


async def test_what_is_posted_again_one_by_one_after_the_release_is_marked(
    tmp_path: Path, database: dict[str, Any], backup: Backup
) -> None:
    """A client waits for nobody: what comes while its lane is being told is doubted too."""
    async with portal(tmp_path, database) as settings:
        async with running(settings) as at:
            await at.say([])
            restore = backup(settings)
            known = await filed(at)
            later = await lost(at, known)
            await at.until_idle()
        async with running(restore()) as at:
            while (await at.standing()).held_by is None:
                await asyncio.sleep(0.05)
            await hold.release(at.store, settings, ["portal"], by="os:test")
            first = [one for one in known if isinstance(one, RegisterDossier)]
            names = [one.body["id"] for one in await at.say(first)]
            refs = [one for one in (*known, *later) if isinstance(one, RecordEvent)]
            again = [replace(one, dossier=UUID(names[n % DOSSIERS])) for n, one in enumerate(refs)]
            await at.say([*again])
            await at.until_idle()
            ledgers = [await at.ledger(UUID(name)) for name in names]
            twice = {code for (code, _), many in sent(tmp_path).items() if many > 1}
            marks = [lane["doubled"] for one in ledgers for lane in one["lanes"]]

        assert len(twice) == DOSSIERS
        assert marks == [[[1, 3]]] * DOSSIERS
