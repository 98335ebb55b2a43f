"""Who opens a body, and what is kept of it: roles, reasons, the audit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa

from gateway.access.keys import make_key
from gateway.access.roles import Role
from gateway.main.serving import build
from gateway.rules.lane_states import PARKED
from gateway.settings import Settings
from gateway.store import clients
from gateway.store.engine import Store
from gateway.store.tables import attempt, audit, client, lane, outbox, system
from gateway.workbench.samples.generator import sample

ABSENT = "019a0000-0000-7000-8000-000000000001"
WHY = {"X-Reason": "Khi%E1%BA%BFu n%E1%BA%A1i s%E1%BB%91 12"}


@dataclass
class Counter:
    """A gateway with people and software in several roles, each with a key of its own."""

    store: Store
    own: str = ""
    who: dict[str, httpx.AsyncClient] = field(default_factory=dict)

    async def get(self, who: str, path: str, **headers: str) -> httpx.Response:
        """Read something as somebody."""
        return await self.who[who].get(path, headers=headers)

    async def kept(self) -> list[tuple[str, str, str, str]]:
        """Give the lines of the audit that are of readings."""
        rows = await self.store.read(
            lambda connection: connection.execute(
                sa.select(audit.c.who, audit.c.what, audit.c.object, audit.c.reason).order_by(
                    audit.c.id
                )
            ).all()
        )
        return [
            (row.who, row.what, row.object, row.reason)
            for row in rows
            if row.what.endswith(".read")
        ]


PEOPLE: dict[str, tuple[str, list[str], list[Role]]] = {
    "software": ("client", ["H99"], [Role.SUBMITTER]),
    "officer": ("person", ["H99"], [Role.OFFICER]),
    "far officer": ("person", ["H98"], [Role.OFFICER]),
    "auditor": ("person", [], [Role.AUDITOR]),
    "both": ("person", ["H99"], [Role.OFFICER, Role.AUDITOR]),
    "far both": ("person", ["H98"], [Role.OFFICER, Role.AUDITOR]),
    "integrator": ("person", [], [Role.INTEGRATOR]),
    "nobody": ("person", ["H99"], []),
}


async def enter(store: Store, name: str) -> str:
    """Write somebody down, and give the key."""
    sort, agencies, roles = PEOPLE[name]
    key, hashed = make_key("sandbox")

    def job(connection: Any) -> None:
        clients.add(connection, name, "sandbox", agencies, hashed)
        row = {"sort": sort, "roles": [str(role) for role in roles]}
        connection.execute(client.update().where(client.c.name == name).values(**row))

    await store.write(job)
    return key


@pytest.fixture
async def counter(tmp_path: Path, database: dict[str, Any]) -> AsyncIterator[Counter]:
    """Serve a gateway in which the software of H99 has filed one dossier."""
    app = await build(Settings(data=tmp_path, **database))
    way = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with AsyncExitStack() as opened:
        await opened.enter_async_context(app.router.lifespan_context(app))
        made = Counter(app.state.parts.store)
        for name in PEOPLE:
            headers = {"Authorization": f"Bearer {await enter(made.store, name)}"}
            browser = httpx.AsyncClient(transport=way, base_url="http://x", headers=headers)
            made.who[name] = await opened.enter_async_context(browser)
        content = sample(1, 1).requests[0].body
        answer = await made.who["software"].post("/v1/dossiers", json=content)
        made.own = answer.json()["id"]
        yield made


async def test_each_role_opens_what_it_may(counter: Counter) -> None:
    """Nobody reads a citizen by a role that does not reach there, nor learns that there is one."""
    path = f"/v1/dossiers/{counter.own}"
    plain = {who: (await counter.get(who, path)).status_code for who in PEOPLE}
    why = {who: (await counter.get(who, path, **WHY)).status_code for who in PEOPLE}

    assert plain == {
        "software": 200,
        "officer": 200,
        "far officer": 404,
        "auditor": 403,
        "both": 200,
        "far both": 403,
        "integrator": 403,
        "nobody": 403,
    }
    assert {who for who in PEOPLE if why[who] != plain[who]} == {"auditor", "far both"}
    assert {why["auditor"], why["far both"]} == {200}


@pytest.mark.parametrize("who", PEOPLE)
async def test_absent_and_foreign_are_the_same(counter: Counter, who: str) -> None:
    """Whoever may not know of a dossier is answered as if it were not there."""
    if (await counter.get(who, f"/v1/dossiers/{counter.own}")).status_code == 200:
        return
    for end in ("", "/ledger"):
        seen = await counter.get(who, f"/v1/dossiers/{counter.own}{end}")
        absent = await counter.get(who, f"/v1/dossiers/{ABSENT}{end}")

        assert seen.status_code == 200 or (seen.status_code, seen.json()) == (
            absent.status_code,
            absent.json(),
        )


async def test_what_a_person_reads_is_kept(counter: Counter) -> None:
    """Readings of people are in the audit, with the reason; software reads its own in silence."""
    path = f"/v1/dossiers/{counter.own}"
    await counter.get("software", path)
    await counter.get("officer", path)
    await counter.get("auditor", path, **WHY)
    await counter.get("auditor", f"{path}/ledger", **WHY)
    await counter.get("auditor", f"/v1/dossiers/{ABSENT}", **WHY)

    assert await counter.kept() == [
        ("person:officer", "bodies.read", counter.own, ""),
        ("person:auditor", "bodies.read", counter.own, "Khiếu nại số 12"),
        ("person:auditor", "ledger.read", counter.own, "Khiếu nại số 12"),
    ]


@pytest.mark.parametrize("reason", ["", "   ", "%20", "x" * 501, "a%00b"])
async def test_a_reason_that_says_nothing_is_none(counter: Counter, reason: str) -> None:
    """It must be something that can be kept and read."""
    answer = await counter.get("auditor", f"/v1/dossiers/{counter.own}", **{"X-Reason": reason})

    assert (answer.status_code, answer.json()["type"]) == (
        403,
        "urn:lienthong:problem:reason_needed",
    )
    assert await counter.kept() == []


async def test_the_list_goes_by_the_same_reach(counter: Counter) -> None:
    """Metadata of all for those who look after the gateway, of their agencies for officers."""
    seen = {}
    for who in PEOPLE:
        answer = await counter.get(who, "/v1/dossiers")
        seen[who] = len(answer.json()["dossiers"]) if answer.status_code == 200 else None

    assert seen == {
        "software": 1,
        "officer": 1,
        "far officer": 0,
        "auditor": 1,
        "both": 1,
        "far both": 1,
        "integrator": 1,
        "nobody": None,
    }


async def test_the_right_that_lacks_is_named(counter: Counter) -> None:
    """Whoever sets roles up learns which one is missing."""
    content = sample(2, 1).requests[0].body
    answer = await counter.who["auditor"].post("/v1/dossiers", json=content)

    assert (answer.status_code, answer.json()["right"]) == (403, "file")


async def test_details_of_tries_are_a_body(counter: Counter) -> None:
    """What a system said of a citizen is not in the ledger of whoever sees all without a reason."""

    def job(connection: Any) -> None:
        number = {"dossier_id": UUID(counter.own), "system": 1}
        connection.execute(system.insert().values(id=1, name="portal", gate={}))
        connection.execute(lane.insert().values(**number, remote={}))
        connection.execute(
            outbox.insert().values(
                **number, state=PARKED, rank=0, head_seq=1, since=0, detail=[{"detail": "canary"}]
            )
        )
        times = {"started_at": 0, "ended_at": 0, "from_seq": 1, "to_seq": 1, "fence": 1}
        texts = {"worker": "w", "outcome": "refused", "adapter": "a", "detail": {"x": "canary"}}
        connection.execute(attempt.insert().values(id=uuid4(), **number, **times, **texts))

    await counter.store.write(job)
    path = f"/v1/dossiers/{counter.own}/ledger"
    seen = {who: (await counter.get(who, path)).text.count("canary") for who in PEOPLE}
    with_reason = {
        who: (await counter.get(who, path, **WHY)).text.count("canary")
        for who in ("auditor", "integrator", "far officer")
    }

    assert seen == dict.fromkeys(PEOPLE, 0) | {"software": 2, "officer": 2, "both": 2}
    assert with_reason == {"auditor": 2, "integrator": 0, "far officer": 0}
