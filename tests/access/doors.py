"""A gateway with somebody of each role, for the table of rights: who asks, and of what."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from gateway.access.keys import make_key
from gateway.access.roles import TABLE, Reach, Right, Role
from gateway.intake.specification import EXAMPLES
from gateway.main.serving import build
from gateway.settings import Settings
from gateway.store import clients
from gateway.store.engine import Connection, Store
from gateway.store.tables import client

OWN, SERVED, FOREIGN, ABSENT = "own", "served", "foreign", "absent"
OBJECTS = (OWN, SERVED, FOREIGN, ABSENT)
"""Filed by the asker; by another for an agency of the asker; by another elsewhere; not there."""
NONE, ANYBODY = "no role", "nobody at all"
NOBODY = UUID("019a0000-0000-7000-8000-000000000001")
WHY = {"X-Reason": "kiem tra"}
PLACES = {True: "H99.14.05", False: "H98.01.02"}
NUMBERS = itertools.count(1)


def text_of(who: str) -> bytes:
    """Write the file that somebody uploads."""
    return f"a file of {who}".encode()


def hash_of(who: str) -> str:
    """Name that file."""
    return hashlib.sha256(text_of(who)).hexdigest()


def of_file(who: str) -> dict[str, Any]:
    """Write a paper of a dossier with that file."""
    file = {"id": "f", "name": "a.pdf", "sha256": hash_of(who), "size": len(text_of(who))}
    return {"id": "c", "name": "Tờ khai", "files": [file]}


def body(*, near: bool, part: Any = None, **change: Any) -> dict[str, Any]:
    """Write a dossier of a new citizen in an agency near or far."""
    number = next(NUMBERS)
    made: dict[str, Any] = {**EXAMPLES["postDossier"], "source": {"ref": f"r-{number}"}, **change}
    del made["official_code"]
    made |= {} if part is None else {"components": [part]}
    made["agencies"] = {"competent": {"code": PLACES[near], "name": "UBND xã Bản Thử"}}
    identity = {"kind": "personal_number", "number": f"{number:012}"}
    made["owner"] = {"kind": "citizen", "name": "Lò Thị Mẫu Thử", "identities": [identity]}
    return made


@dataclass
class Hall:
    """A gateway with somebody of each role, and software near and far that has filed."""

    who: dict[str, httpx.AsyncClient] = field(default_factory=dict)

    async def filed(self, who: str, *, near: bool) -> str:
        """File a dossier, and give its id."""
        await self.who[who].post("/v1/files", content=text_of(who))
        answer = await self.who[who].post("/v1/dossiers", json=body(near=near, part=of_file(who)))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def objects(self, role: str) -> dict[str, str]:
        """Give the ids of one object of each kind; who may not file has none of its own."""
        files = role in set(Role) and TABLE[Role(role)].get(Right.FILE, Reach.NONE) > Reach.NONE
        return {
            OWN: await self.filed(role if files else "near", near=True),
            SERVED: await self.filed("near", near=True),
            FOREIGN: await self.filed("far", near=False),
            ABSENT: str(NOBODY),
        }

    async def ask(
        self, role: str, method: str, path: str, what: str, found: Mapping[str, str]
    ) -> httpx.Response:
        """Ask for one cell of the table as somebody of a role."""
        near = what in {OWN, SERVED}
        name = "giver" if what != ABSENT else "nobody"
        sha = hash_of({OWN: role, SERVED: "near", FOREIGN: "far"}.get(what, what))
        address = path.format(dossier_id=found[what], sha256=sha, name=name, prefix="lt_x")
        sent: dict[str, Any] = {"headers": WHY}
        if path in {"/v1/dossiers", "/v1/snapshots"} and method == "POST":
            as_of = {"ref": f"s-{next(NUMBERS)}", "as_of": "2026-03-02T08:15:00+07:00"}
            sent["json"] = body(near=near, **({"source": as_of} if "snap" in path else {}))
        elif path.endswith("/events"):
            event: dict[str, Any] = EXAMPLES["postEvent"]
            sent["json"] = event | {"ref": f"e-{next(NUMBERS)}"}
        elif path.endswith("/merge"):
            twin = await self.filed("near", near=True) if what == SERVED else str(NOBODY)
            by = {"name": "Lan"}
            sent["json"] = {"duplicate": twin, "reason": "một", "by": by}
        elif path.endswith("/sources"):
            by = {"name": "Lan"}
            sent["json"] = {"source": "client:999", "same": True, "reason": "một", "by": by}
        elif path.endswith("/hand-over"):
            sent["json"] = {"to": "near", "reason": "đổi phần mềm"}
        elif path == "/v1/clients" and method == "POST":
            new = {"environment": "sandbox", "agencies": ["H99"]}
            sent["json"] = new | {"name": f"n-{next(NUMBERS)}"}
        elif path.startswith("/v1/clients/") and method in {"POST", "PATCH"}:
            sent["json"] = {}
        elif path == "/v1/files":
            sent["content"] = text_of(role)
        return await self.who[role].request(method, address, **sent)


async def enter(store: Store, name: str, roles: list[Role], agency: str) -> str:
    """Write somebody down, and give the key."""
    key, hashed = make_key("sandbox")
    sort = "client" if roles == [Role.SUBMITTER] else "person"

    def job(connection: Connection) -> None:
        clients.add(connection, name, "sandbox", [agency], hashed)
        row = {"roles": [str(role) for role in roles], "sort": sort}
        connection.execute(client.update().where(client.c.name == name).values(**row))

    await store.write(job)
    return key


@asynccontextmanager
async def open_hall(settings: Settings) -> AsyncIterator[Hall]:
    """Serve a gateway; everybody serves H99.14, only the far software H98."""
    app = await build(settings)
    made = Hall()
    way = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    people: dict[str, list[Role]] = {str(role): [role] for role in Role}
    people |= {name: [Role.SUBMITTER] for name in ("near", "far", "giver")} | {NONE: []}
    async with AsyncExitStack() as opened:
        await opened.enter_async_context(app.router.lifespan_context(app))
        for name, roles in people.items():
            place = "H98" if name == "far" else "H99.14"
            key = await enter(app.state.parts.store, name, roles, place)
            headers = {"Authorization": f"Bearer {key}"}
            browser = httpx.AsyncClient(transport=way, base_url="http://x", headers=headers)
            made.who[name] = await opened.enter_async_context(browser)
        stranger = httpx.AsyncClient(transport=way, base_url="http://x")
        made.who[ANYBODY] = await opened.enter_async_context(stranger)
        yield made
