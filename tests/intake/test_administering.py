"""Clients, keys and the audit by the API: for those who have the right, and for nobody else."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from gateway.access.keys import KeyRing, make_key, prefix_of
from gateway.access.roles import TABLE, Reach, Right, Role
from gateway.access.sealing import Sealer
from gateway.main.bootstrap import open_store
from gateway.main.serving import build
from gateway.operations import client_keys
from gateway.operations.client_keys import By
from gateway.settings import Settings
from gateway.store import clients
from gateway.store.engine import Store
from gateway.store.seal import audit_key
from gateway.store.tables import audit, client, leadership

NEW = {"name": "ward", "environment": "live", "agencies": ["H99.1"]}
ROUTES: tuple[tuple[str, str, Right, str], ...] = (
    ("GET", "/v1/clients", Right.CLIENTS, "clients.list"),
    ("POST", "/v1/clients", Right.CLIENTS, "clients.add"),
    ("PATCH", "/v1/clients/admin", Right.CLIENTS, "clients.agencies"),
    ("POST", "/v1/clients/admin/keys", Right.CLIENTS, "clients.rotate"),
    ("DELETE", "/v1/clients/admin/keys/lt_live_x", Right.CLIENTS, "clients.revoke"),
    ("GET", "/v1/audit", Right.AUDIT, "audit.read"),
)


@dataclass
class House:
    """A gateway that serves, with one client of all roles that a test gives it."""

    app: FastAPI
    store: Store
    api: httpx.AsyncClient

    async def acts_as(self, *roles: Role, environment: str = "live") -> None:
        """Give the client these roles."""
        values = {"roles": [role.value for role in roles], "environment": environment}
        changed = client.update().where(client.c.name == "admin").values(**values)
        await self.store.write(lambda connection: connection.execute(changed))
        self.forget()

    def forget(self) -> None:
        """Let what is remembered of keys be over, as it is after some seconds."""
        self.app.state.keys._known.clear()

    async def lines(self, what: str) -> list[tuple[str, str, str, str]]:
        """Read the audit of one kind of act."""
        rows = sa.select(audit).where(audit.c.what == what).order_by(audit.c.id)
        found = await self.store.read(lambda connection: list(connection.execute(rows)))
        return [(row.who, row.object, row.reason, row.result) for row in found]

    async def knocks(self, key: str) -> int:
        """Say what a request under a key is answered."""
        headers = {"Authorization": f"Bearer {key}"}
        return (await self.api.get("/v1/dossiers", headers=headers)).status_code


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Serve a gateway whose administrator is a client."""
    settings = Settings(data=tmp_path)
    store = await open_store(settings)
    key, hashed = make_key("live")
    await store.write(lambda connection: clients.add(connection, "admin", "live", ["*"], hashed))
    app = await build(settings)
    headers = {"Authorization": f"Bearer {key}", "Accept-Language": "en"}
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://x", headers=headers) as api,
    ):
        made = House(app, store, api)
        await made.acts_as(Role.ADMINISTRATOR)
        yield made
    await store.close()


async def test_a_new_client_gets_its_key_this_once(house: House) -> None:
    """It works at once, no cache keeps it, and no list shows more than its first letters."""
    made = await house.api.post("/v1/clients", json=NEW | {"helps": ["H98"], "expires_days": 9})
    key = made.json()["key"]
    listed = (await house.api.get("/v1/clients")).json()["clients"]
    [ward] = [one for one in listed if one["name"] == "ward"]

    assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
    assert await house.knocks(key) == 200
    assert (ward["agencies"], ward["helps"]) == (["H99.1"], ["H98"])
    assert ward["keys"][0]["prefix"] == prefix_of(key)
    assert ward["keys"][0]["expires_at"] is not None
    assert key not in str(listed)


async def test_a_key_is_rotated_and_the_old_one_revoked(house: House) -> None:
    """Each by its route; what was revoked is refused, what was made works."""
    old = (await house.api.post("/v1/clients", json=NEW)).json()["key"]
    new = (await house.api.post("/v1/clients/ward/keys", json={"grace_hours": 5})).json()
    both = [await house.knocks(key) for key in (old, new["key"])]
    done = await house.api.delete(f"/v1/clients/ward/keys/{prefix_of(old)}")
    house.forget()

    assert (both, done.json()) == ([200, 200], {"revoked": [prefix_of(old)]})
    assert [await house.knocks(key) for key in (old, new["key"])] == [401, 200]
    assert new["prefix"] == prefix_of(new["key"])


async def test_a_client_is_given_other_agencies(house: House) -> None:
    """What is absent stays; an empty list takes all away."""
    await house.api.post("/v1/clients", json=NEW | {"helps": ["H98"]})
    changed = await house.api.patch("/v1/clients/ward", json={"agencies": ["H97", "H96"]})
    emptied = await house.api.patch("/v1/clients/ward", json={"helps": []})

    assert changed.json()["agencies"] == ["H97", "H96"]
    assert (changed.json()["helps"], emptied.json()["helps"]) == (["H98"], [])


async def test_every_act_is_in_the_audit_with_its_reason(house: House) -> None:
    """Under the name of the client that asked, never with a key."""
    headers = {"X-Reason": quote("xã mới")}
    key = (await house.api.post("/v1/clients", json=NEW, headers=headers)).json()["key"]
    await house.api.patch("/v1/clients/ward", json={"agencies": ["H97"]})
    await house.api.post("/v1/clients", json=NEW)

    assert await house.lines("clients.add") == [
        ("client:admin", f"ward {prefix_of(key)}", "xã mới", "done"),
        ("client:admin", "ward", "", "name_taken"),
    ]
    assert await house.lines("clients.agencies") == [
        ("client:admin", "ward agencies: H97", "", "done")
    ]


@pytest.mark.parametrize(("method", "path", "right", "what"), ROUTES)
async def test_only_roles_with_the_right_come_in(
    house: House, method: str, path: str, right: Right, what: str
) -> None:
    """Everybody else is told which right it lacks, and that it tried is kept."""
    answers, wanted = {}, {}
    for role in Role:
        await house.acts_as(role)
        answer = await house.api.request(method, path, json={})
        answers[role] = (answer.status_code == 403, answer.json().get("right"))
        may = TABLE[role].get(right) is Reach.ALL
        wanted[role] = (not may, None if may else right.value)

    assert answers == wanted
    denied = [line for line in await house.lines(what) if line[3] == "denied"]
    assert len(denied) == sum(refused for refused, _ in wanted.values())


async def test_whoever_keeps_the_sandbox_makes_no_live_key(house: House) -> None:
    """Live clients are none that it knows of."""
    await house.api.post("/v1/clients", json=NEW)
    await house.acts_as(Role.ADMINISTRATOR, environment="sandbox")
    answers = [
        await house.api.post("/v1/clients", json=NEW | {"name": "other"}),
        await house.api.post("/v1/clients/ward/keys", json={}),
        await house.api.patch("/v1/clients/ward", json={"agencies": ["*"]}),
        await house.api.delete("/v1/clients/ward/keys/x"),
    ]
    listed = (await house.api.get("/v1/clients")).json()["clients"]

    assert [one.status_code for one in answers] == [422, 404, 404, 404]
    assert [one["name"] for one in listed] == ["admin"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("POST", "/v1/clients", NEW | {"name": "system:x"}, 422, "/name"),
        ("POST", "/v1/clients", NEW | {"expires_days": 0}, 422, "/expires_days"),
        ("POST", "/v1/clients", NEW | {"environment": "x"}, 422, "/environment"),
        ("POST", "/v1/clients", NEW | {"roles": ["administrator"]}, 422, "/roles"),
        ("POST", "/v1/clients", NEW | {"name": "admin"}, 409, "client_name_taken"),
        ("POST", "/v1/clients/nobody/keys", {}, 404, "no_such_client"),
        ("PATCH", "/v1/clients/nobody", {}, 404, "no_such_client"),
        ("DELETE", "/v1/clients/admin/keys/x", {}, 404, "no_such_key"),
        ("GET", "/v1/audit?after=x&limit=0", {}, 422, "/after"),
        ("GET", f"/v1/audit?after={'9' * 30}", {}, 422, "/after"),
    ],
)
async def test_what_cannot_be_is_a_problem(
    house: House, method: str, path: str, body: Any, status: int, said: str
) -> None:
    """It names the field or the kind; nothing was done."""
    answer = await house.api.request(method, path, json=body)

    assert (answer.status_code, said in answer.text) == (status, True), answer.text


async def test_the_audit_is_read_page_by_page(house: House, tmp_path: Path) -> None:
    """Sealed lines in their order, each once, until there is no further page."""
    for number in range(5):
        await house.api.post("/v1/clients", json=NEW | {"name": f"w{number}"})
    await house.store.write(lambda connection: connection.execute(leadership.delete()))
    key = audit_key(Settings(data=tmp_path), make=False)
    await Sealer(house.store, key, "test").seal()
    found, after = [], 0
    while after is not None:
        page = (await house.api.get("/v1/audit", params={"after": after, "limit": 2})).json()
        found += page["lines"]
        after = page.get("next")

    assert [line["place"] for line in found] == list(range(1, len(found) + 1))
    assert sum(line["what"] == "clients.add" for line in found) == 5
    assert all(line["mac"] for line in found)


async def test_a_revoked_key_ends_in_every_process_within_five_seconds(tmp_path: Path) -> None:
    """Two processes that have just used it are not told; both refuse it in time."""
    store = await open_store(Settings(data=tmp_path))
    key = await client_keys.add(
        store, "ward", environment="live", agencies=["*"], by=By(who="os:day")
    )
    assert isinstance(key, str)
    rings = [KeyRing(store), KeyRing(store)]
    before = [await ring.find(key) is not None for ring in rings]
    await client_keys.revoke(store, "ward", None, by=By(who="os:day"))
    begun = time.monotonic()
    while any([await ring.find(key) is not None for ring in rings]):
        time.sleep(0.05)  # noqa: ASYNC251 - nothing else runs here
    took = time.monotonic() - begun
    await store.close()

    assert (before, took < 5) == ([True, True], True)


async def test_no_whole_key_and_no_free_text_is_in_the_audit(house: House) -> None:
    """Whatever somebody types into a path: a key, a citizen's name, a client that is not there."""
    _, keyed = await house.api.post("/v1/clients", json=NEW), "lt_live_abcdefgh" + "i" * 35
    paths = [f"/v1/clients/ward/keys/{keyed}", "/v1/clients/Vang A 001399000000/keys/x"]
    await house.api.delete(paths[0])
    await house.api.post(f"/v1/clients/{keyed}/hand-over", json={"to": "ward", "reason": keyed})
    await house.acts_as(Role.AUDITOR)
    denied = [(await house.api.delete(path)).status_code for path in paths]
    everything = await house.store.read(
        lambda connection: [str(row) for row in connection.execute(sa.select(audit))]
    )

    assert denied == [403, 403]
    assert [one for one in everything if keyed in one or "001399000000" in one] == []
    assert ("client:admin", "ward", "", "denied") in await house.lines("clients.revoke")


async def test_a_line_names_its_request(house: House) -> None:
    """The id that the answer carries stands in the audit too."""
    answer = await house.api.post("/v1/clients", json=NEW)
    rows = await house.store.read(
        lambda connection: list(
            connection.execute(sa.select(audit.c.request).where(audit.c.what == "clients.add"))
        )
    )

    assert answer.headers["x-request-id"] in {row.request for row in rows}


async def test_a_hand_over_leaves_lines(house: House) -> None:
    """Denied, done, and the keys that ended with it."""
    for name in ("ward", "other"):
        await house.api.post("/v1/clients", json=NEW | {"name": name})
    order = {"to": "other", "reason": "merged", "dry_run": False, "end_keys": True}
    await house.api.post("/v1/clients/ward/hand-over", json=order)
    await house.acts_as(Role.OFFICER)
    await house.api.post("/v1/clients/ward/hand-over", json=order)
    found = await house.lines("clients.hand_over")

    assert [(one[1], one[3]) for one in found] == [
        ("ward > other; 0 dossiers; agencies: all", "done"),
        ("ward", "denied"),
    ]
    assert ("client:admin", "ward; all keys: 1", "merged", "done") in await house.lines(
        "clients.revoke"
    )
