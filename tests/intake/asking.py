"""A gateway that is asked with any bytes, as by a server that looks at none of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from fastapi import FastAPI

from gateway.access.keys import make_key
from gateway.access.roles import Role
from gateway.bounds import Bounds
from gateway.intake.app import Application
from gateway.main.bootstrap import open_store
from gateway.main.serving import build
from gateway.settings import Settings, read_systems
from gateway.store import clients
from gateway.store.tables import client as client_table
from gateway.workbench.samples.generator import sample

SYSTEMS: dict[str, Any] = {
    "systems": {
        "portal": {
            "adapter": "national_portal",
            "inbox": {"agencies": ["H99"], "token": "a-secret-of-the-portal"},
            "settings": {
                "base_url": "http://127.0.0.1:1",
                "agency_code": "H99",
                "username": "x",
                "password": "x",
            },
        }
    }
}


@dataclass
class Told:
    """An answer."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def json(self) -> dict[str, Any]:
        """Read it."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def pointers(self) -> list[str]:
        """Say what it names."""
        return [one["pointer"] for one in self.json.get("errors", [])]


@dataclass
class Served:
    """A gateway as its server calls it, and a key of all roles."""

    app: FastAPI
    loop: asyncio.Runner
    key: str

    def ask(
        self,
        method: str,
        target: str,
        *headers: tuple[str, bytes],
        body: bytes = b"",
        key: bool = True,
    ) -> Told:
        """Ask with these very bytes, as a server that parses nothing would."""
        path, _, query = target.partition("?")
        own = {b"authorization": f"Bearer {self.key}".encode()} if key else {}
        sent = own | {name.lower().encode(): value for name, value in headers}
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": list(sent.items()),
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        return self.loop.run(self._ask(scope, body))

    async def _ask(self, scope: dict[str, Any], body: bytes) -> Told:
        told, asked = Told(0, b""), iter([{"type": "http.request", "body": body}])

        async def receive() -> Any:
            return next(asked, None) or await asyncio.Event().wait()

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                told.status = message["status"]
                told.headers = {
                    name.decode().lower(): value.decode("latin-1")
                    for name, value in message["headers"]
                }
            else:
                told.body += message.get("body", b"")

        assert isinstance(self.app, Application)
        await self.app(scope, receive, send)
        return told

    def post(self, ref: str) -> str:
        """Post a dossier under a ref; give its id."""
        content = sample(1, 1).requests[0].body | {"source": {"ref": ref}}
        kind = ("Content-Type", b"application/json")
        made = self.ask("POST", "/v1/dossiers", kind, body=json.dumps(content).encode())
        assert made.status == 201, made.body
        return str(made.json["id"])


def served(data: Path, database: dict[str, Any]) -> Iterator[Served]:
    """Serve a gateway whose one client has all roles."""
    set_ = Settings(
        data=data,
        **database,
        systems=read_systems(SYSTEMS, {}),
        bounds=Bounds(wrong_keys=1_000_000),
    )
    key, hashed = make_key("live")
    roles = client_table.update().values(roles=[role.value for role in Role])

    async def start(stack: AsyncExitStack) -> FastAPI:
        store = await open_store(set_)
        await store.write(lambda connection: clients.add(connection, "x", "live", ["*"], hashed))
        await store.write(lambda connection: connection.execute(roles))
        await store.close()
        app = await build(set_)
        await stack.enter_async_context(app.router.lifespan_context(app))
        return app

    stack = AsyncExitStack()
    with asyncio.Runner() as loop:
        yield Served(loop.run(start(stack)), loop, key)
        loop.run(stack.aclose())
