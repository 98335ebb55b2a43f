"""A full disk or a lost database stops intake before anything is half stored."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from gateway.access.keys import make_key
from gateway.main.bootstrap import open_store
from gateway.main.serving import build
from gateway.settings import Settings
from gateway.store import clients
from gateway.store.engine import Store
from gateway.store.tables import dossier, event
from gateway.workbench.samples.generator import sample
from gateway.workbench.servers import PrivatePostgres


@asynccontextmanager
async def served(settings: Settings) -> AsyncIterator[tuple[httpx.AsyncClient, Store]]:
    """Serve a gateway; give a client of it and its store."""
    store = await open_store(settings)
    key, hashed = make_key("sandbox")
    await store.write(lambda connection: clients.add(connection, "x", "sandbox", ["*"], hashed))
    await store.close()
    app = await build(settings)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://x", headers=headers) as client,
    ):
        yield client, app.state.parts.store


def body(number: int) -> dict[str, Any]:
    """Write a dossier with a long summary, so that disks fill."""
    content: dict[str, Any] = sample(number, 1).requests[0].body
    return content | {"summary": f"{number} " * 100}


async def fill(client: httpx.AsyncClient) -> tuple[set[str], httpx.Response]:
    """Post until the disk is full; give what was promised, and the answer that was no promise."""
    promised: set[str] = set()
    for number in range(5000):
        content = body(number)
        content["source"]["ref"] = f"day-{number}"
        answer = await client.post("/v1/dossiers", json=content)
        if answer.status_code >= 300:
            return promised, answer
        promised.add(answer.json()["id"])
    raise AssertionError("the disk was never full")


async def stored(store: Store) -> tuple[set[str], set[str]]:
    """Give the ids of the dossiers that are stored, and of those that have an event."""

    def look(connection: sa.engine.Connection) -> tuple[set[str], set[str]]:
        return (
            {str(one) for one in connection.execute(sa.select(dossier.c.id)).scalars()},
            {str(one) for one in connection.execute(sa.select(event.c.dossier_id)).scalars()},
        )

    return await store.read(look)


async def test_a_full_disk_under_the_embedded_database(tmp_path: Path) -> None:
    """Law 1: Intake answers 503 with Retry-After; what was promised is whole, nothing else is."""
    async with served(Settings(data=tmp_path)) as (client, store):
        await store.write(
            lambda connection: connection.exec_driver_sql("PRAGMA max_page_count=200")
        )
        promised, answer = await fill(client)
        ready = await client.get("/readyz")

        assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
        assert await stored(store) == (promised, promised)
        assert ready.status_code in {200, 503}  # one small row may still fit


def crowd(disk: Path) -> None:
    """Leave 300 kB on a disk."""
    free = shutil.disk_usage(disk).free
    (disk / "others").write_bytes(b"x" * (free - 300_000))


@pytest.fixture
def small(postgres_program: None) -> Iterator[tuple[str, Path]]:
    """Give a database whose tables lie on a disk of 24 MiB, and that disk."""
    del postgres_program
    server = PrivatePostgres()
    disk = server.folder / "disk"
    disk.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=24m,mode=1777", "tmpfs", str(disk)]
    if subprocess.run(mounting, check=False, capture_output=True).returncode:
        pytest.skip("A FULL DISK UNDER POSTGRESQL WAS NOT TESTED: nothing may be mounted here")
    try:
        server.start()
        server.own(disk / "space")
        server.order(f"CREATE TABLESPACE small LOCATION '{disk / 'space'}'")
        server.order("CREATE DATABASE k TABLESPACE small")
        yield f"postgresql://postgres@127.0.0.1:{server.port}/k", disk
    finally:
        server.kill()
        subprocess.run(["umount", "-l", str(disk)], check=False)
        server.stop()


async def test_a_full_disk_under_postgresql(tmp_path: Path, small: tuple[str, Path]) -> None:
    """The same on PostgreSQL."""
    dsn, disk = small
    async with served(Settings(data=tmp_path / "data", postgres=dsn)) as (client, store):
        crowd(disk)
        promised, answer = await fill(client)

        assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
        assert await stored(store) == (promised, promised)


async def test_a_lost_database_is_said_at_once(tmp_path: Path, postgres: Callable[[], str]) -> None:
    """Without a database intake answers 503 with Retry-After, and `/readyz` says 503 too."""
    del postgres
    server = PrivatePostgres()
    server.start()
    try:
        settings = Settings(data=tmp_path, postgres=server.database("k"))
        async with served(settings) as (client, _):
            first = await client.post("/v1/dossiers", json=body(1))
            server.kill()
            lost = await client.post("/v1/dossiers", json=body(2))
            ready = await client.get("/readyz")
            server.start()
            again = await client.post("/v1/dossiers", json=body(2))
            for _ in range(50):
                if again.status_code == 201:
                    break
                again = await client.post("/v1/dossiers", json=body(2))
    finally:
        server.stop()

    assert (first.status_code, lost.status_code, ready.status_code, again.status_code) == (
        201,
        503,
        503,
        201,
    )
    assert lost.headers["retry-after"] == "5"
