"""Deleting the sandbox gives its space back, and loses nobody's file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.access.keys import make_key
from gateway.intake.files import FileStore
from gateway.main.bootstrap import open_store
from gateway.main.serving import build
from gateway.settings import Settings
from gateway.store import clients
from tests.intake.listening import listening


@dataclass(frozen=True, slots=True)
class Clients:
    """A gateway's folder of files, and two sandbox clients of it."""

    files: Path
    one: httpx.AsyncClient
    other: httpx.AsyncClient

    def kept(self) -> int:
        """Say how many files lie on the disk, whole or not."""
        return sum(one.is_file() for one in self.files.rglob("*"))


@asynccontextmanager
async def gateway(data: Path, database: dict[str, Any]) -> AsyncIterator[Clients]:
    """Serve an empty gateway."""
    settings = Settings(data=data, **database)
    store = await open_store(settings)
    keys = {name: make_key("sandbox") for name in ("one", "other")}
    for name, (_, hashed) in keys.items():
        await store.write(
            lambda connection, name=name, hashed=hashed: clients.add(  # type: ignore[misc]
                connection, name, "sandbox", ["*"], hashed
            )
        )
    await store.close()
    async with listening(await build(settings), settings) as address:
        made = {
            name: httpx.AsyncClient(
                base_url=address, headers={"Authorization": f"Bearer {key}"}, trust_env=False
            )
            for name, (key, _) in keys.items()
        }
        yield Clients(data / "files", **made)
        for client in made.values():
            await client.aclose()


async def put(client: httpx.AsyncClient, content: bytes) -> str:
    """Upload a file; give its address."""
    answer = await client.post("/v1/files", content=content)
    return answer.headers["location"]


async def test_what_nobody_else_has_is_gone(tmp_path: Path, database: dict[str, Any]) -> None:
    """The files of the client leave the disk, but for those that another client has too."""
    async with gateway(tmp_path, database) as on:
        mine = await put(on.one, b"mine")
        shared = await put(on.one, b"shared")
        await put(on.other, b"shared")
        await on.one.delete("/v1/sandbox")
        left = on.kept()
        said = [
            (await client.get(path)).status_code
            for client, path in ((on.one, mine), (on.one, shared), (on.other, shared))
        ]
        again = await on.one.get(await put(on.one, b"mine"))

    assert (left, said, again.content) == (1, [404, 404, 200], b"mine")


async def test_a_file_that_comes_meanwhile_is_kept(
    tmp_path: Path, database: dict[str, Any]
) -> None:
    """Uploads of the same file while the sandbox is deleted again and again."""
    async with gateway(tmp_path, database) as on:

        async def delete() -> None:
            for _ in range(10):
                await put(on.one, b"same")
                await on.one.delete("/v1/sandbox")

        async def upload() -> list[int]:
            said = []
            for _ in range(10):
                path = await put(on.other, b"same")
                said.append((await on.other.get(path)).status_code)
                await on.other.delete("/v1/sandbox")
            return said

        _, said = await asyncio.gather(delete(), upload())
        left = on.kept()

    assert (said, left) == ([200] * 10, 0)


def unfinished(folder: Path) -> list[str]:
    """Name what lies beside the files."""
    return [one.name for one in folder.glob(".*")]


@pytest.mark.parametrize("owned", [True, False])
async def test_every_order_of_deleting_and_uploading_keeps_the_file(
    tmp_path: Path, owned: bool
) -> None:
    """Whether its owner is noted before the look or after it: the file is there."""
    files = FileStore(tmp_path, 1000)

    async def chunks() -> AsyncIterator[bytes]:
        yield b"content"

    async with files.keeping(chunks(), None) as kept:
        assert kept is not None
        aside = files.set_aside(kept[0])
        files.decide(aside, keep=owned)
        left = files.path(kept[0]).exists()

    assert (left, files.path(kept[0]).exists()) == (owned, True)
    assert unfinished(tmp_path) == []
