"""What a client, and all together, may put on a process: tried on a real socket."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.access.keys import make_key
from gateway.bounds import Bounds
from gateway.main.bootstrap import open_store
from gateway.main.serving import build
from gateway.settings import Settings
from gateway.store import clients
from gateway.workbench.samples.generator import sample
from tests.intake.listening import listening

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Clients:
    """A gateway's address, and clients of it: two of the live environment, one of the sandbox."""

    one: httpx.AsyncClient
    other: httpx.AsyncClient
    sandbox: httpx.AsyncClient


@asynccontextmanager
async def gateway(data: Path, **bounds: Any) -> AsyncIterator[Clients]:
    """Serve an empty gateway."""
    settings = Settings(data=data, bounds=Bounds(**bounds))
    store = await open_store(settings)
    keys = []
    for name, environment in (("one", "live"), ("other", "live"), ("sandbox", "sandbox")):
        key, hashed = make_key(environment)
        keys.append(key)
        await store.write(
            lambda connection, name=name, environment=environment, hashed=hashed: clients.add(  # type: ignore[misc]
                connection, name, environment, ["*"], hashed
            )
        )
    await store.close()
    async with listening(await build(settings), settings) as address:
        made = [
            httpx.AsyncClient(
                base_url=address,
                headers={"Authorization": f"Bearer {key}"},
                trust_env=False,
                timeout=30,
            )
            for key in keys
        ]
        try:
            yield Clients(*made)
        finally:
            for client in made:
                await client.aclose()


def body(number: int = 1) -> dict[str, Any]:
    """Write a dossier."""
    content: dict[str, Any] = sample(number, 1).requests[0].body
    return content


async def unfinished(size: int, ended: asyncio.Event) -> AsyncIterator[bytes]:
    """Send a body of which the end does not come before its time."""
    yield b"{" + b" " * (size - 1)
    await ended.wait()
    yield b"}"


async def statuses(answers: list[asyncio.Task[httpx.Response]]) -> list[int]:
    """Give how requests were answered."""
    return sorted(answer.status_code for answer in await asyncio.gather(*answers))


async def test_a_sandbox_key_stores_so_much_at_once(tmp_path: Path) -> None:
    """Of 240 MB that come in one breath less than half is taken; then it is told to wait."""
    async with gateway(tmp_path) as on:
        answers = [
            await on.sandbox.post("/v1/files", content=os.urandom(16) * (MIB // 2))
            for _ in range(30)
        ]
    refused = [one for one in answers if one.status_code == 429]
    stored = sum(one.stat().st_size for one in (tmp_path / "files").rglob("*") if one.is_file())

    assert (stored < 120 * MIB, len(refused) > 10) == (True, True)
    assert all(int(one.headers["retry-after"]) >= 1 for one in refused)


async def test_a_client_is_told_when_to_come_again(tmp_path: Path) -> None:
    """Beyond its burst a client gets 429 with Retry-After; nobody else does."""
    async with gateway(tmp_path, client_rate=0.1, client_burst=20) as on:
        said = [await on.one.get("/v1/systems") for _ in range(25)]
        others = await on.other.get("/v1/systems")

    assert [one.status_code for one in said] == [200] * 20 + [429] * 5
    assert (int(said[-1].headers["retry-after"]) >= 1, others.status_code) == (True, 200)
    assert said[-1].json()["type"] == "urn:lienthong:problem:too_many_requests"


async def test_a_client_has_few_uploads_at_once(tmp_path: Path) -> None:
    """One more is 429 with Retry-After; another client uploads meanwhile."""
    async with gateway(tmp_path, uploads_per_client=2) as on:
        ended = asyncio.Event()
        begun = [
            asyncio.create_task(on.one.post("/v1/files", content=unfinished(number, ended)))
            for number in (100, 200)
        ]
        await asyncio.sleep(0.5)
        more = await on.one.post("/v1/files", content=b"x")
        others = await on.other.post("/v1/files", content=b"x")
        ended.set()
        whole = await statuses(begun)
        again = await on.one.post("/v1/files", content=b"x")

    assert (more.status_code, "retry-after" in more.headers) == (429, True)
    assert (others.status_code, whole, again.status_code) == (201, [201, 201], 201)


async def test_all_together_have_few_uploads_at_once(tmp_path: Path) -> None:
    """One more, by whomever, is 503 with Retry-After."""
    async with gateway(tmp_path, uploads=1) as on:
        ended = asyncio.Event()
        begun = asyncio.create_task(on.one.post("/v1/files", content=unfinished(100, ended)))
        await asyncio.sleep(0.5)
        more = await on.other.post("/v1/files", content=b"x")
        ended.set()
        await begun

    assert (more.status_code, "retry-after" in more.headers) == (503, True)


@pytest.mark.parametrize("announced", [True, False])
async def test_a_client_stores_so_much(tmp_path: Path, announced: bool) -> None:
    """What does not fit any more is 429 with Retry-After, and leaves nothing behind."""
    async with gateway(tmp_path, sandbox_files_gb=1 / 1024) as on:

        async def send(letter: bytes) -> httpx.Response:
            async def parts() -> AsyncIterator[bytes]:
                for _ in range(6):
                    yield letter * (MIB // 10)

            whole = letter * (6 * (MIB // 10))
            content: Any = whole if announced else parts()
            return await on.sandbox.post("/v1/files", content=content)

        first, second = await send(b"a"), await send(b"b")
    left = [one for one in (tmp_path / "files").rglob("*") if one.is_file()]

    assert (first.status_code, second.status_code, len(left)) == (201, 429, 1)
    assert second.headers["retry-after"] == "3600"


async def test_requests_under_way_are_bounded(tmp_path: Path) -> None:
    """One more is 503 with Retry-After; whoever looks whether the process lives is served."""
    async with gateway(tmp_path, requests=3) as on:
        ended = asyncio.Event()
        json = {"Content-Type": "application/json"}
        begun = [
            asyncio.create_task(
                on.one.post("/v1/dossiers", content=unfinished(100, ended), headers=json)
            )
            for _ in range(3)
        ]
        await asyncio.sleep(0.5)
        more = await on.other.get("/v1/systems")
        lives = await on.other.get("/healthz")
        ended.set()
        await statuses(begun)
        again = await on.other.get("/v1/systems")

    assert (more.status_code, "retry-after" in more.headers) == (503, True)
    assert (lives.status_code, again.status_code) == (200, 200)


async def test_bodies_in_memory_are_bounded(tmp_path: Path) -> None:
    """What all bodies take together is bounded; what has ended takes nothing."""
    async with gateway(tmp_path, bodies_mb=2) as on:
        ended = asyncio.Event()
        json = {"Content-Type": "application/json"}
        begun = [
            asyncio.create_task(
                on.one.post("/v1/dossiers", content=unfinished(MIB // 2, ended), headers=json)
            )
            for _ in range(8)
        ]
        await asyncio.sleep(1)
        ended.set()
        said = await statuses(begun)
        again = await on.one.post("/v1/dossiers", json=body())

    assert (set(said), said.count(503) >= 4, again.status_code) == ({422, 503}, True, 201)


@pytest.mark.parametrize(
    ("share", "said"), [(2.0, (503, 503, 503)), (0.7, (201, 503, 503)), (0.01, (201, 201, 201))]
)
async def test_a_disk_is_never_filled(
    tmp_path: Path, share: float, said: tuple[int, int, int]
) -> None:
    """Files and the sandbox are refused first, then everything, each with Retry-After."""
    reserve = shutil.disk_usage(tmp_path).free / MIB * share
    async with gateway(tmp_path, disk_reserve_mb=reserve) as on:
        answers = [
            await on.one.post("/v1/dossiers", json=body()),
            await on.one.post("/v1/files", content=b"x"),
            await on.sandbox.post("/v1/dossiers", json=body()),
        ]
    refused = [one for one in answers if one.status_code == 503]

    assert tuple(one.status_code for one in answers) == said
    assert all("retry-after" in one.headers for one in refused)
