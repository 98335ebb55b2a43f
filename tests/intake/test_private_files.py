"""What lies on the disk is for the gateway's own user."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from gateway.access.keys import make_key
from gateway.main.bootstrap import open_store
from gateway.main.serving import build
from gateway.operations.doctor import examine
from gateway.settings import Settings
from gateway.store import clients
from tests.intake.listening import listening


@asynccontextmanager
async def gateway(data: Path) -> AsyncIterator[None]:
    """Serve a gateway that has stored a client and a file."""
    settings = Settings(data=data)
    key, hashed = make_key("live")
    store = await open_store(settings)
    await store.write(lambda connection: clients.add(connection, "x", "live", ["*"], hashed))
    await store.close()
    async with (
        listening(await build(settings), settings) as address,
        httpx.AsyncClient(base_url=address, trust_env=False) as client,
    ):
        await client.post("/v1/files", content=b"x", headers={"Authorization": f"Bearer {key}"})
        yield


def open_to_others(data: Path) -> dict[str, str]:
    """Name what anybody but its owner may read, write or enter, with its rights."""
    found = {}
    for one in (data, *data.rglob("*")):
        mode = stat.S_IMODE(one.stat().st_mode)
        if mode & 0o077 or (one.is_file() and mode & 0o111):
            found[one.name] = oct(mode)
    return found


async def test_everything_is_the_owner_s_alone(tmp_path: Path) -> None:
    """Folder 700, files 600: database, log, lock and uploads, whatever the umask was."""
    before = os.umask(0o000)
    try:
        async with gateway(tmp_path / "data"):
            wide = open_to_others(tmp_path / "data")
            names = {one.name for one in (tmp_path / "data").iterdir()}
    finally:
        os.umask(before)

    assert wide == {}
    assert names >= {"lienthong.sqlite3", "lienthong.sqlite3-wal", "gateway.lock", "files"}


async def test_a_folder_that_was_open_is_closed(tmp_path: Path) -> None:
    """Whoever made it, or an earlier version, left it readable: no longer."""
    data = tmp_path / "data"
    before = os.umask(0o000)
    try:
        (data / "files").mkdir(parents=True)
        for name in ("lienthong.sqlite3", "gateway.lock", "lienthong.sqlite3-wal"):
            (data / name).touch()
        async with gateway(data):
            wide = open_to_others(data)
    finally:
        os.umask(before)

    assert wide == {}


def test_doctor_says_what_is_open(tmp_path: Path) -> None:
    """It changes nothing, and names the folder and its rights."""
    tmp_path.chmod(0o755)
    said = [str(one) for one in asyncio.run(examine(Settings(data=tmp_path), [], login=False))]

    assert [line for line in said if "755" in line] != []


def test_a_server_leaves_nothing_open_by_itself(tmp_path: Path) -> None:
    """A process that lasts creates for its own user, whatever its parent did."""
    script = (
        "import os, sys; os.umask(0o022); from gateway.commands.app import keep_private; "
        "keep_private(sys.argv[1]); open('made', 'w').close()"
    )
    made = {}
    for command in ("serve", "worker", "status"):
        subprocess.run([sys.executable, "-c", script, command], cwd=tmp_path, check=True)
        made[command] = oct(stat.S_IMODE((tmp_path / "made").stat().st_mode))
        (tmp_path / "made").unlink()

    assert made == {"serve": "0o600", "worker": "0o600", "status": "0o644"}
