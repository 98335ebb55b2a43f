"""Two API processes over one database: whoever follows the list keeps up with both."""

from __future__ import annotations

import asyncio
import copy
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from gateway.access.keys import make_key
from gateway.main.bootstrap import open_store
from gateway.settings import Settings
from gateway.store import clients
from gateway.workbench import reaper
from gateway.workbench.machine import free_port
from gateway.workbench.samples.generator import sample

WRITERS = 12
EACH = 15


@asynccontextmanager
async def gateway(folder: Path, dsn: str, key: str) -> AsyncIterator[httpx.AsyncClient]:
    """Run an API process, and give a way to it."""
    port = free_port()
    clean = {name: text for name, text in os.environ.items() if not name.startswith("LIENTHONG_")}
    ours = {"DATA": str(folder), "DATABASE": dsn, "PORT": str(port)}
    environ = clean | {f"LIENTHONG_{name}": text for name, text in ours.items()} | reaper.mark()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway.commands", "serve"), env=environ
    )
    headers = {"Authorization": f"Bearer {key}"}
    try:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30
        ) as way:
            async with asyncio.timeout(60):
                while not await answers(way):
                    await asyncio.sleep(0.05)
            yield way
    finally:
        process.terminate()
        await process.wait()


async def answers(way: httpx.AsyncClient) -> bool:
    """Say whether a process is up."""
    try:
        return (await way.get("/healthz")).is_success
    except httpx.TransportError:
        return False


def body(writer: int, number: int) -> dict[str, Any]:
    """Write a dossier of its own."""
    content = copy.deepcopy(sample(1, 1).requests[0].body)
    code = f"H99.14.05-260302-{writer:02d}{number:04d}"
    return content | {"source": {"ref": code}, "official_code": code, "origin": None}


async def test_a_follower_of_two_processes_misses_nothing(
    tmp_path: Path, migrated: Callable[[], str]
) -> None:
    """Law 18: Twelve write through both while one reads from either in turn: each row once."""
    dsn = migrated()
    key, hashed = make_key("sandbox")
    store = await open_store(Settings(data=tmp_path, postgres=dsn))
    await store.write(lambda connection: clients.add(connection, "x", "sandbox", ["H99"], hashed))
    await store.close()
    stored: list[str] = []
    seen: list[str] = []
    place = ""

    async def write(writer: int, way: httpx.AsyncClient) -> None:
        for number in range(EACH):
            answer = await way.post("/v1/dossiers", json=body(writer, number))
            stored.append(answer.raise_for_status().json()["id"])

    async def read(way: httpx.AsyncClient) -> bool:
        nonlocal place
        query = {"limit": "20"} | ({"cursor": place} if place else {})
        page = (await way.get("/v1/dossiers", params=query)).raise_for_status().json()
        place = page["cursor"]
        seen.extend(one["id"] for one in page["dossiers"])
        return "next" in page

    async with AsyncExitStack() as stack:
        starting = [gateway(tmp_path / name, dsn, key) for name in "ab"]
        ways = await asyncio.gather(*map(stack.enter_async_context, starting))
        writing = asyncio.gather(*(write(number, ways[number % 2]) for number in range(WRITERS)))
        turn = 0
        while not writing.done():
            turn += 1
            await read(ways[turn % 2])
        await writing
        while await read(ways[0]):
            pass

    assert len(stored) == WRITERS * EACH
    assert Counter(seen) == Counter(stored)
