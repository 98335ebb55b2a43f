"""The table of rights at every door: route and command × role × own, foreign, absent object."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from fastapi import FastAPI
from starlette.routing import Mount
from typer.main import get_command
from typer.testing import CliRunner

from gateway.access.roles import TABLE, Reach, Right, Role
from gateway.commands.app import program
from gateway.main.bootstrap import opened
from gateway.main.serving import build
from gateway.settings import Settings
from gateway.store.tables import audit
from tests.access.doors import (
    ABSENT,
    ANYBODY,
    FOREIGN,
    NONE,
    OBJECTS,
    OWN,
    SERVED,
    open_hall,
)

OPEN = "open"
SESSION = "session"
ROUTES: Mapping[tuple[str, str], Right | str] = {
    ("POST", "/v1/dossiers"): Right.FILE,
    ("POST", "/v1/dossiers/{dossier_id}/events"): Right.FILE,
    ("POST", "/v1/snapshots"): Right.FILE,
    ("POST", "/v1/dossiers/{dossier_id}/merge"): Right.MERGE,
    ("POST", "/v1/dossiers/{dossier_id}/sources"): Right.MERGE,
    ("GET", "/v1/dossiers/{dossier_id}"): Right.BODIES,
    ("GET", "/v1/dossiers/{dossier_id}/ledger"): Right.METADATA,
    ("GET", "/v1/dossiers"): Right.METADATA,
    ("GET", "/v1/counts"): Right.METADATA,
    ("GET", "/v1/systems"): Right.METADATA,
    ("POST", "/v1/files"): Right.FILES,
    ("GET", "/v1/files/{sha256}"): Right.FILES,
    ("GET", "/v1/dossiers/{dossier_id}/files/{sha256}"): Right.FILES,
    ("POST", "/v1/clients/{name}/hand-over"): Right.HAND_OVER,
    ("GET", "/v1/clients"): Right.CLIENTS,
    ("POST", "/v1/clients"): Right.CLIENTS,
    ("PATCH", "/v1/clients/{name}"): Right.CLIENTS,
    ("POST", "/v1/clients/{name}/keys"): Right.CLIENTS,
    ("DELETE", "/v1/clients/{name}/keys/{prefix}"): Right.CLIENTS,
    ("GET", "/v1/audit"): Right.AUDIT,
    ("DELETE", "/v1/sandbox"): Right.FILE,
    ("POST", "/v1/session"): OPEN,
    ("PUT", "/v1/session/password"): SESSION,
    ("DELETE", "/v1/session"): SESSION,
    ("POST", "/hear/{system}/{path:path}"): OPEN,  # a system's own secret
    ("GET", "/hear/{system}/{path:path}"): OPEN,
    ("PUT", "/hear/{system}/{path:path}"): OPEN,
    ("GET", "/files/{sha256}/{proof}"): OPEN,  # the proof is the key
    ("GET", "/healthz"): OPEN,
    ("GET", "/readyz"): OPEN,
    ("GET", "/metrics"): OPEN,
    ("GET", "/docs"): OPEN,
    ("GET", "/openapi.json"): OPEN,
}
"""By route: the right that it asks for; `open`: none of a principal; `session`: one's own."""
LEAST: Mapping[tuple[str, str], Reach] = {
    route: Reach.ALL for route in ROUTES if route[1].startswith(("/v1/clients", "/v1/audit"))
}
"""Routes for which a right must reach so far to open them at all."""
SAYS, CHANGES = False, True
COMMANDS: Mapping[str, tuple[Right | str, bool]] = {
    "serve": (OPEN, SAYS),
    "worker": (OPEN, SAYS),
    "simulate": (OPEN, SAYS),
    "demo": (OPEN, SAYS),
    "charset": (OPEN, SAYS),
    "openapi": (OPEN, SAYS),
    "catalogue commune": (OPEN, SAYS),
    "catalogue agencies": (OPEN, SAYS),
    "procedures check": (OPEN, SAYS),
    "procedures import": (OPEN, SAYS),
    "procedures due": (OPEN, SAYS),
    "doctor": (Right.CONFIGURE, SAYS),
    "migrate": (Right.CONFIGURE, CHANGES),
    "outbox": (Right.OPERATE, CHANGES),
    "agenda": (Right.OPERATE, CHANGES),
    "hold": (Right.OPERATE, CHANGES),
    "release": (Right.OPERATE, CHANGES),
    "doubts": (Right.METADATA, SAYS),
    "status": (Right.METADATA, SAYS),
    "parked": (Right.METADATA, SAYS),
    "preview": (Right.METADATA, SAYS),
    "retry": (Right.REPLAY, CHANGES),
    "probe": (Right.OPERATE, CHANGES),
    "backfill": (Right.REPLAY, CHANGES),
    "resend": (Right.REPLAY, CHANGES),
    "settle": (Right.REPLAY, CHANGES),
    "plans list": (Right.METADATA, SAYS),
    "plans stop": (Right.REPLAY, CHANGES),
    "plans resume": (Right.REPLAY, CHANGES),
    "conflicts": (Right.METADATA, SAYS),
    "asof": (Right.OPERATE, CHANGES),
    "hand-over": (Right.HAND_OVER, CHANGES),
    "clients add": (Right.CLIENTS, CHANGES),
    "clients rotate": (Right.CLIENTS, CHANGES),
    "clients list": (Right.CLIENTS, SAYS),
    "clients keys": (Right.CLIENTS, SAYS),
    "clients revoke": (Right.CLIENTS, CHANGES),
    "clients agencies": (Right.CLIENTS, CHANGES),
    "audit verify": (Right.AUDIT, SAYS),
    "audit export": (Right.AUDIT, SAYS),
    "accounts add": (Right.CLIENTS, CHANGES),
    "accounts reset": (Right.CLIENTS, CHANGES),
    "accounts roles": (Right.CLIENTS, CHANGES),
    "accounts disable": (Right.CLIENTS, CHANGES),
    "accounts list": (Right.CLIENTS, SAYS),
}
"""By command: the right of an administrator that it stands for, and whether it changes anything."""
RUN: Mapping[str, list[str]] = {
    "accounts add": ["lan", "--role", "officer"],
    "accounts reset": ["lan"],
    "accounts roles": ["lan", "--role", "auditor"],
    "accounts disable": ["lan"],
}
"""Changing commands that are run here, in this order, each leaving a line in the audit."""


def routes_of(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Give method and path of everything that the application answers."""
    pending = list(app.routes)
    for route in pending:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            pending.extend(inner.routes)
        elif not isinstance(route, Mount):
            for method in getattr(route, "methods", None) or ():
                if method != "HEAD":
                    yield method, str(getattr(route, "path", ""))


def commands_of(command: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Give the full names of all commands."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield " ".join(path)
        return
    for name, one in inner.items():
        yield from commands_of(one, (*path, name))


def reaches(reach: Reach, what: str) -> bool:
    """Say whether somebody of this reach may know of an object."""
    least = {OWN: Reach.OWN, SERVED: Reach.AGENCY, FOREIGN: Reach.ALL_WITH_REASON}
    return what in least and reach >= least[what]


def expected(role: str, method: str, path: str, what: str) -> str:
    """Say what the table of roles and the map of routes promise for one cell."""
    right = ROUTES[method, path]
    if role == ANYBODY:
        return "401"
    reach = TABLE[Role(role)].get(Right(right), Reach.NONE) if role != NONE else Reach.NONE
    if reach < LEAST.get((method, path), Reach.OWN):
        return "403 forbidden"
    if path in {"/v1/dossiers", "/v1/snapshots"} and method == "POST":
        return "open" if what in {OWN, SERVED} else "403 forbidden_agency"
    if "{dossier_id}" in path:
        return "open" if reaches(reach, what) else "404"
    if "{sha256}" in path:
        return "open" if what == OWN else "404"
    if "{prefix}" in path:
        return "404"  # nobody has a key that begins so
    if "{name}" in path:
        return "404" if what == ABSENT else "open"
    return "open"


def said(answer: httpx.Response) -> str:
    """Put an answer into the words of the table."""
    status = answer.status_code
    assert status < 500, answer.text
    if status == 403:
        return f"403 {answer.json()['type'].rpartition(':')[2]}"
    return str(status) if status in {401, 404} else "open"


def same(one: httpx.Response, other: httpx.Response) -> bool:
    """Say whether two answers tell the same."""
    return (one.status_code, one.content) == (other.status_code, other.content)


async def test_every_cell_of_the_table(tmp_path: Path, database: dict[str, Any]) -> None:
    """Each route answers each role as the tables say; foreign and absent are one answer."""
    wrong, told = [], []
    async with open_hall(Settings(data=tmp_path, **database)) as hall:
        for role in [*map(str, Role), NONE, ANYBODY]:
            found = await hall.objects(role)
            for method, path in [one for one in ROUTES if ROUTES[one] not in {OPEN, SESSION}]:
                answers = {
                    what: await hall.ask(role, method, path, what, found) for what in OBJECTS
                }
                for what, answer in answers.items():
                    want, got = expected(role, method, path, what), said(answer)
                    if want != got:
                        wrong.append((role, method, path, what, want, got))
                shut = said(answers[FOREIGN]) != "open" and "{prefix}" not in path
                if shut and not same(answers[FOREIGN], answers[ABSENT]):
                    told.append((role, method, path))

    assert (wrong, told) == ([], [])


async def test_the_list_is_of_what_a_role_reaches(tmp_path: Path, database: dict[str, Any]) -> None:
    """A list shows each role exactly the dossiers that its right to metadata reaches."""
    wrong = []
    async with open_hall(Settings(data=tmp_path, **database)) as hall:
        for role in Role:
            found = await hall.objects(role)
            listed = await hall.who[role].get("/v1/dossiers", params={"limit": "200"})
            shown = {one["id"] for one in listed.json()["dossiers"]}
            reach = TABLE[role].get(Right.METADATA, Reach.NONE)
            wrong += [
                (role, what) for what in OBJECTS if (found[what] in shown) != reaches(reach, what)
            ]

    assert wrong == []


async def test_every_route_is_in_the_table(tmp_path: Path) -> None:
    """Whoever adds a route says which right it asks for."""
    app = await build(Settings(data=tmp_path))
    async with app.router.lifespan_context(app):
        there = set(routes_of(app))

    assert there == set(ROUTES)


def test_every_command_is_in_the_table() -> None:
    """Whoever adds a command says for which right of an administrator it stands."""
    assert set(commands_of(get_command(program()))) == set(COMMANDS)


def test_every_right_of_a_command_is_an_administrators() -> None:
    """The command line acts as administrator: it does nothing that this role may not."""
    rights = {right for right, _ in COMMANDS.values() if isinstance(right, Right)}

    assert {right for right in rights if right not in TABLE[Role.ADMINISTRATOR]} == set()


async def test_a_command_that_changes_something_is_in_the_audit(
    tmp_path: Path, database: dict[str, Any]
) -> None:
    """Under the name of the operating system's user."""
    environ = {"LIENTHONG_DATA": str(tmp_path)}
    if "postgres" in database:
        environ["LIENTHONG_DATABASE"] = database["postgres"]
    runner = CliRunner(env=environ)
    await asyncio.to_thread(runner.invoke, program("migrate"), ["migrate"])
    done = [
        await asyncio.to_thread(runner.invoke, program(), [*name.split(), *words])
        for name, words in RUN.items()
    ]
    async with opened(Settings(data=tmp_path, **database)) as store:
        kept = await store.read(
            lambda connection: connection.execute(
                sa.select(audit.c.who, audit.c.what).where(audit.c.who.like("os:%"))
            ).all()
        )

    assert [one.exit_code for one in done] == [0] * len(RUN), [one.output for one in done]
    assert {row.what for row in kept} >= {name.replace(" ", ".") for name in RUN}
