"""Signals to processes that still start: real ones, whose database keeps them waiting."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from gateway.settings import load
from gateway.store.partitions import LOCK
from gateway.workbench.machine import free_port
from tests.flow.test_commands import run

PATIENCE = 60.0
"""Seconds for a start on a busy machine."""
SOON = 5.0
"""Seconds for an end there; on a quiet one it takes less than one."""
PROCESSES = ("serve", "worker")
SLOWLY = """
import os, sys, time
import sqlalchemy as sa
say = lambda *said: os.write(1, said[2].encode() + b"\\n")
sa.event.listen(sa.Engine, "before_cursor_execute", say)
sa.event.listen(sa.Engine, "before_cursor_execute", lambda *_: time.sleep(0.2))
sys.argv = ["lienthong", "serve"]
from gateway.commands.app import run
run()
"""
"""A gateway that says each statement aloud and is slow with it."""


@contextmanager
def starting(
    folder: Path, database: str | None, *program: str, ignoring: bool = False
) -> Iterator[subprocess.Popen[str]]:
    """Start a process; ignoring: from a parent that ignores Ctrl-C, as a shell's background is."""
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith("LIENTHONG_")
    } | {"LIENTHONG_DATA": str(folder), "LIENTHONG_PORT": str(free_port())}
    if database is not None:
        environ["LIENTHONG_DATABASE"] = database
    before = signal.signal(signal.SIGINT, signal.SIG_IGN) if ignoring else None
    try:
        process = subprocess.Popen(
            [sys.executable, *(program if program[0] == "-c" else ("-m", *program))],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, before)
    with process:
        yield process
        process.kill()


def ended(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str, bool]:
    """Signal a process; give its code, what it said, and whether it ended soon."""
    begun = time.monotonic()
    process.send_signal(number)
    said, _ = process.communicate(timeout=PATIENCE)
    return process.returncode, said, time.monotonic() - begun < SOON


async def wait_for_waiter(connection: Any) -> None:
    """Wait until somebody waits for the lock that this connection holds."""
    query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    async with asyncio.timeout(PATIENCE):
        while not await connection.fetchval(query):
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("ignoring", [False, True])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("command", PROCESSES)
def test_a_mute_database_keeps_nobody(
    tmp_path: Path, command: str, number: signal.Signals, *, ignoring: bool
) -> None:
    """A process whose database takes its connection and never answers ends at once, silently."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        mute.settimeout(PATIENCE)
        where = f"postgresql://nobody@127.0.0.1:{mute.getsockname()[1]}/none"
        words = ("gateway.commands", command)
        with (
            starting(tmp_path, where, *words, ignoring=ignoring) as process,
            mute.accept()[0] as taken,
        ):
            taken.recv(1)
            told = ended(process, number)

    assert told == (128 + number, "", True)


@pytest.mark.parametrize("command", PROCESSES)
async def test_who_waits_to_migrate_leaves_the_queue(
    tmp_path: Path, postgres: Callable[[], str], command: str
) -> None:
    """While another migrates, a process ends at once, and the server no longer waits for it."""
    dsn = postgres()
    other = await asyncpg.connect(dsn)
    await other.execute(f"SELECT pg_advisory_lock({LOCK})")
    with starting(tmp_path, dsn, "gateway.commands", command) as process:
        await wait_for_waiter(other)
        told = await asyncio.to_thread(ended, process, signal.SIGTERM)
    waiting = await other.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted")
    await other.close()

    assert (told, waiting) == ((143, "", True), 0)


def test_a_locked_file_keeps_nobody(tmp_path: Path) -> None:
    """Over an embedded database that somebody else writes to, a gateway ends at once too."""
    file = load({"LIENTHONG_DATA": str(tmp_path)}).database
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("PRAGMA journal_mode=WAL")
    other.execute("BEGIN IMMEDIATE")
    with starting(tmp_path, None, "gateway.commands", "serve") as process:
        wait_for_file(tmp_path / "gateway.lock")
        time.sleep(1.0)
        told = ended(process, signal.SIGTERM)
    other.close()

    assert told == (143, "", True)


def wait_for_file(path: Path) -> None:
    """Wait until a file is there."""
    until = time.monotonic() + PATIENCE
    while not path.exists() and time.monotonic() < until:
        time.sleep(0.05)


def test_a_migration_is_never_cut_in_half(
    tmp_path: Path, empty_database: Mapping[str, str]
) -> None:
    """A gateway that is stopped in the middle of migrating leaves nothing of it behind."""
    with starting(tmp_path, empty_database.get("postgres"), "-c", SLOWLY) as process:
        said = process.stdout
        assert said is not None
        while "CREATE TABLE dossier" not in said.readline():
            assert process.poll() is None
        code, _, soon = ended(process, signal.SIGTERM)
    shown = run(tmp_path, dict(empty_database), "migrate", "--show")

    assert (code, soon, shown[1].split()[:2]) == (143, True, ["0001", "0002"])


def of_folder(folder: Path) -> list[str]:
    """Name the processes that know of a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in words:
            found.append(process.name)
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_demonstration_leaves_nobody_behind(tmp_path: Path, number: signal.Signals) -> None:
    """Stopped while its gateway starts, also by whom a shell started apart, it ends all of them."""
    words = ("gateway.commands", "demo", "--json", "--folder", str(tmp_path))
    with starting(tmp_path, None, *words, ignoring=True) as process:
        wait_for_file(tmp_path / "gateway.log")
        told = ended(process, number)

    assert (told, of_folder(tmp_path)) == ((130, "", True), [])
