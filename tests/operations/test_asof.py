"""As of when a source's newest row speaks, put right by an operator: no clock freezes a dossier."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from typer.testing import CliRunner

from gateway.access.keys import make_key
from gateway.commands.app import program
from gateway.main.serving import build
from gateway.operations.asof import Order, PutRight, ahead, put_right
from gateway.operations.doctor import examine
from gateway.operations.refusals import Code, Refusal
from gateway.settings import Settings, SettingsError
from gateway.store import clients
from gateway.store.engine import Connection
from gateway.store.tables import audit, dossier, joined
from gateway.workbench.samples.generator import sample
from tests.operations.begun import begun

WRONG = int(datetime(2040, 1, 1, tzinfo=UTC).timestamp() * 1000)
BY = "os:day"
COUNT = iter(range(1, 1000))


@dataclass
class Desk:
    """A gateway, two clients that send it rows, and an operator."""

    settings: Settings
    clients: dict[str, httpx.AsyncClient]

    async def row(self, who: str, ref: str, day: int, **change: Any) -> dict[str, Any]:
        """Send a row as of 18:00 of a day of June 2026; give the answer."""
        source = {"ref": ref, "as_of": f"2026-06-{day}T18:00:00+07:00"}
        made = sample(12, 1).requests[0].body | {"source": source} | change
        answer = await self.clients[who].post("/v1/snapshots", json=made)
        assert answer.is_success, answer.text
        return dict(answer.json())

    async def derail(self, id_: str) -> None:
        """Let the newest rows of a dossier be of a time that has not come yet."""

        def change(connection: Connection) -> None:
            for table, key in ((dossier, dossier.c.id), (joined, joined.c.dossier_id)):
                where = sa.update(table).where(key == UUID(id_), table.c.as_of.is_not(None))
                connection.execute(where.values(as_of=WRONG))

        async with begun(self.settings) as store:
            await store.write(change)

    async def put(self, ref: str, time: str, **more: Any) -> PutRight | Refusal:
        """Put it right."""
        order = Order(ref=ref, time=time, by=BY, **{"reason": "their clock"} | more)
        async with begun(self.settings) as store:
            return await put_right(store, order)


def add(connection: Connection) -> dict[str, str]:
    """Let two clients in; give their keys."""
    keys = {}
    for name in ("one", "two"):
        keys[name], hashed = make_key("sandbox")
        clients.add(connection, name, "sandbox", ["H99"], hashed)
    return keys


@asynccontextmanager
async def desk(settings: Settings) -> AsyncIterator[Desk]:
    """Serve a gateway for two clients."""
    async with begun(settings) as store:
        keys = await store.write(add)
    app = await build(settings)
    way = httpx.ASGITransport(app=app)
    async with app.router.lifespan_context(app):
        yield Desk(
            settings,
            {
                name: httpx.AsyncClient(
                    transport=way, base_url="http://x", headers={"Authorization": f"Bearer {key}"}
                )
                for name, key in keys.items()
            },
        )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def at(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """Serve one gateway for all of these tests: each has dossiers of its own."""
    async with desk(Settings(data=Path(tmp_path_factory.mktemp("asof")))) as made:
        yield made


pytestmark = pytest.mark.asyncio(loop_scope="module")


def names() -> dict[str, Any]:
    """Give a ref and a code that no other test has."""
    number = next(COUNT)
    return {"ref": f"r-{number}", "official_code": f"H99.14.05-260302-{number:04}"}


async def test_the_next_newer_row_is_taken_again(tmp_path: Path, database: dict[str, Any]) -> None:
    """A dossier frozen by a row of 2040 moves as soon as its true time was said."""
    async with desk(Settings(data=tmp_path, **database)) as at:
        made = await at.row("one", "r", 10)
        await at.derail(made["id"])
        frozen = await at.row("one", "r", 12, status="accepted")
        done = await at.put("r", "2026-06-11")
        moved = await at.row("one", "r", 13, status="accepted", summary="mới")

    assert isinstance(done, PutRight)
    assert (done.before.as_of, frozen["stale"], moved["stale"]) == (WRONG, True, False)
    assert moved["events"] != []


async def test_steps_that_the_wrong_row_told_hold_up_nothing(at: Desk) -> None:
    """Its steps stand in the ledger under the wrong time; what the next row shows comes on top."""
    said = names()
    made = await at.row("one", said["ref"], 10, official_code=said["official_code"])
    code = {"official_code": said["official_code"]}
    await at.row("one", said["ref"], 25, status="accepted", summary="sai giờ", **code)
    frozen = await at.row("one", said["ref"], 13, status="processing", **code)
    await at.put(made["id"], "2026-06-11")
    moved = await at.row("one", said["ref"], 14, status="processing", summary="mới", **code)

    assert (frozen["stale"], moved["stale"]) == (True, False)
    assert (moved["status"], moved["events"] != []) == ("processing", True)


async def test_a_row_older_than_the_time_said_stays_stale(at: Desk) -> None:
    """What was put right orders the rows as any other time does."""
    said = names()
    made = await at.row("one", said["ref"], 10, official_code=said["official_code"])
    await at.derail(made["id"])
    await at.put(made["id"], "2026-06-15T12:00:00")
    older = await at.row("one", said["ref"], 14, official_code=said["official_code"])

    assert older["stale"] is True


async def test_a_further_source_is_put_right_by_its_own_ref(at: Desk) -> None:
    """The first source keeps what stands for it."""
    said = names()
    code = said["official_code"]
    made = await at.row("one", said["ref"], 10, official_code=code)
    await at.row("two", f"two-{said['ref']}", 10, official_code=code)
    await at.derail(made["id"])
    done = await at.put(f"two-{said['ref']}", "2026-06-11")
    theirs = await at.row("two", f"two-{said['ref']}", 12, official_code=code)
    ours = await at.row("one", said["ref"], 12, official_code=code)

    assert isinstance(done, PutRight)
    assert (done.before.client, theirs["stale"], ours["stale"]) == ("two", False, True)


async def test_where_several_are_meant_they_are_named(at: Desk) -> None:
    """A code that two sources tell by rows: the refusal names both, and --client chooses."""
    said = names()
    code = said["official_code"]
    made = await at.row("one", said["ref"], 10, official_code=code)
    await at.row("two", said["ref"], 10, official_code=code)
    by_code, by_ref = await at.put(code, "2026-06-11"), await at.put(said["ref"], "2026-06-11")
    chosen = await at.put(code, "2026-06-11", client="two")

    both = (f"one ({made['id']})", f"two ({made['id']})")
    assert by_code == Refusal("asof_several", code, both)
    assert by_ref == Refusal("asof_several", said["ref"], both)
    assert isinstance(chosen, PutRight)
    assert chosen.before.client == "two"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"ref": "nobody's"}, "asof_ref"),
        ({"client": "three"}, "asof_client"),
        ({"time": "soon"}, "asof_time"),
        ({"time": "2039-01-01"}, "asof_future"),
        ({"reason": " "}, "asof_reason"),
    ],
)
async def test_what_cannot_be_is_refused(at: Desk, change: dict[str, Any], code: Code) -> None:
    """Nothing is changed, and the refusal says what is wrong."""
    said = names()
    made = await at.row("one", said["ref"], 10, official_code=said["official_code"])
    refused = await at.put(**{"ref": made["id"], "time": "2026-06-11"} | change)
    later = await at.row("one", said["ref"], 10, official_code=said["official_code"])

    assert isinstance(refused, Refusal)
    assert (refused.code, later["stale"]) == (code, False)


async def test_the_present_day_is_not_in_the_future(at: Desk) -> None:
    """A day counts from its beginning, which has come."""
    said = names()
    made = await at.row("one", said["ref"], 10, official_code=said["official_code"])
    today = (datetime.now(UTC) + timedelta(hours=7)).date()
    tomorrow = today + timedelta(days=1)

    assert isinstance(await at.put(made["id"], today.isoformat()), PutRight)
    assert isinstance(await at.put(made["id"], tomorrow.isoformat()), Refusal)


async def test_a_dossier_without_rows_says_so(at: Desk) -> None:
    """One that was told by events alone has nothing to put right."""
    made = sample(1, 1).requests[0].body | {"source": {"ref": "events"}}
    for name in ("events", "official_code", "origin"):
        made.pop(name, None)
    posted = (await at.clients["one"].post("/v1/dossiers", json=made)).json()

    assert await at.put(posted["id"], "2026-06-11") == Refusal("asof_never", posted["id"])


async def test_who_puts_it_right_is_in_the_audit(at: Desk) -> None:
    """With the reason, and with what stood before and after; a refusal is no act."""
    said = names()
    made = await at.row("one", said["ref"], 10, official_code=said["official_code"])
    await at.put(made["id"], "2026-06-11", reason="clock of the counter")
    await at.put(made["id"], "2039-06-11", reason="clock of the counter")
    what = sa.select(audit).where(audit.c.what == "asof.set", audit.c.object.like(f"{made['id']}%"))
    async with begun(at.settings) as store:
        rows = await store.read(lambda connection: connection.execute(what).all())

    before, after = "2026-06-10T18:00:00+07:00", "2026-06-11T00:00:00+07:00"
    assert [(row.who, row.reason, row.object) for row in rows] == [
        (BY, "clock of the counter", f"{made['id']} one; {before} > {after}")
    ]


async def test_rows_that_lie_ahead_are_listed_and_a_finding(tmp_path: Path) -> None:
    """As long as one does; once it was put right, all is in order."""
    settings = Settings(data=tmp_path)
    async with desk(settings) as at:
        made = await at.row("one", "r", 10)
        await at.derail(made["id"])
        async with begun(settings) as store:
            listed = await ahead(store)
        wrong = await examine(settings, [], login=False)
        await at.put("r", "2026-06-10")
        right = await examine(settings, [], login=False)

    assert [(str(one.dossier), one.client, one.as_of) for one in listed] == [
        (made["id"], "one", WRONG)
    ]
    assert ["ahead of our clock: 1" in one.text for one in wrong if not one.good] == [True]
    assert [one for one in right if not one.good] == []


async def test_the_command_says_before_and_after(at: Desk) -> None:
    """So that whoever typed the wrong day sees it at once; --ahead then lists it no more."""
    said = names()
    made = await at.row("one", said["ref"], 10, official_code=said["official_code"])
    await at.derail(made["id"])
    runner = CliRunner(env={"LIENTHONG_DATA": str(at.settings.data)})
    done = [
        await asyncio.to_thread(runner.invoke, program("asof"), ["asof", *words])
        for words in (
            ["--ahead"],
            [said["ref"], "2026-06-11 08:00", "--reason", "wrong clock"],
            ["--ahead", "--json"],
            [said["ref"]],
        )
    ]

    assert (made["id"] in done[0].output, made["id"] in done[2].output) == (True, False)
    assert "as of 2040-01-01 07:00:00 -> 2026-06-11 08:00:00" in done[1].output
    assert isinstance(done[3].exception, SettingsError)


async def test_an_event_of_a_wrong_time_shuts_out_no_rows_once_it_is_superseded(at: Desk) -> None:
    """Rows are held against what was told and still stands."""
    said = names()
    made = await at.row("one", said["ref"], 10, status="processing")
    path, told = f"/v1/dossiers/{made['id']}/events", {"kind": "progress", "action": "Thẩm định"}
    wrong = {"ref": "w", "occurred_at": "2026-06-20T09:00:00+07:00"}
    right = {"ref": "v", "occurred_at": "2026-06-11T09:00:00+07:00", "supersedes": "w"}
    first = await at.clients["one"].post(path, json=told | wrong)
    stale = await at.row("one", said["ref"], 12, status="processing")
    second = await at.clients["one"].post(path, json=told | right)
    taken = await at.row("one", said["ref"], 13, status="processing")

    assert (first.status_code, second.status_code) == (201, 201)
    assert (stale["stale"], taken["stale"]) == (True, False)


async def test_an_event_between_what_was_handed_in_and_the_first_row_is_taken(at: Desk) -> None:
    """It is the newest in the history, and older than the state that was taken over."""
    said = names()
    code = {"official_code": said["official_code"]}
    made = await at.row("one", said["ref"], 25, status="processing", **code)
    event = {"ref": "e", "kind": "progress", "action": "Thẩm định"}
    event["occurred_at"] = "2026-06-12T09:00:00+07:00"
    told = await at.clients["one"].post(f"/v1/dossiers/{made['id']}/events", json=event)

    assert (told.status_code, told.json()["status"]) == (201, "processing")
