"""Everything that a process of the gateway prints has one format, and names nobody."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.workbench.machine import free_port
from tests.watch.noisy import NAME

NOISE = {
    ("library", "asyncio", "ValueError"),
    ("library", "somebody", "ValueError"),
    ("library", "uvicorn.error", None),
    ("library", "sqlalchemy.pool", None),
    ("library", "aio_pika.robust", None),
    ("library", "aiormq.connection", None),
    ("uncaught", "thread", "ValueError"),
    ("uncaught", "destructor", "ValueError"),
    ("warned", None, None),
    ("printed", None, None),
}
"""Event, who or where, and which error, of all that `noisy` does."""


async def printed(
    command: tuple[str, ...], environ: Mapping[str, str], until: str = ""
) -> tuple[int, str]:
    """Run a process until it ends, or has printed that; give its code and all that it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *command),
        env={**os.environ, **environ},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    said = b""
    async with asyncio.timeout(60):
        while line := await process.stdout.readline():
            said += line
            if until and until.encode() in line:
                process.send_signal(signal.SIGTERM)
                until = ""
        return await process.wait(), said.decode()


def lines(said: str) -> list[dict[str, Any]]:
    """Read what was printed: each line is JSON, with a level and a time."""
    found = [json.loads(line) for line in said.splitlines()]
    assert all({"event", "level", "timestamp"} <= set(line) for line in found)
    return found


@pytest.mark.parametrize("command", ["serve", "worker"])
async def test_whoever_prints_prints_lines_of_the_log(
    tmp_path: Path, migrated: Callable[[], str], command: str
) -> None:
    """Libraries, warnings, forgotten tasks, threads, destructors, tracebacks and `print`."""
    environ = {"LIENTHONG_DATA": str(tmp_path), "LIENTHONG_PORT": str(free_port())}
    if command == "worker":
        environ["LIENTHONG_DATABASE"] = migrated()
    code, said = await printed(("-m", "tests.watch.noisy", command), environ, "noisy.py:61")
    found = {
        (line["event"], line.get("logger", line.get("where")), line.get("error"))
        for line in lines(said)
    }

    assert (code, NAME in said) == (0, False), said
    assert found >= NOISE, NOISE - found


def broken_settings(folder: Path) -> dict[str, str]:
    """Give a setting that cannot be."""
    del folder
    return {"LIENTHONG_LOG": "loud"}


def no_database(folder: Path) -> dict[str, str]:
    """Name a server where nobody listens."""
    del folder
    return {"LIENTHONG_DATABASE": f"postgresql://x@127.0.0.1:{free_port()}/x"}


def no_folder(folder: Path) -> dict[str, str]:
    """Let a file of somebody else stand where the folder of the data should."""
    (folder / NAME).write_text("", "utf-8")
    return {"LIENTHONG_DATA": str(folder / NAME)}


@pytest.mark.parametrize(
    ("wrong", "event", "code"),
    [
        (broken_settings, "ended", 2),
        (no_database, "ended", 3),
        (no_folder, "crashed", 1),
    ],
)
async def test_a_start_that_fails_says_so_in_one_line(
    tmp_path: Path, wrong: Callable[[Path], dict[str, str]], event: str, code: int
) -> None:
    """Of the log, with the code of what a human must put right; no traceback of many lines."""
    environ = {"LIENTHONG_DATA": str(tmp_path), "LIENTHONG_PORT": str(free_port())}
    environ |= await asyncio.to_thread(wrong, tmp_path)
    ended, said = await printed(("-m", "gateway.commands", "serve"), environ)

    assert ([line["event"] for line in lines(said)], ended) == ([event], code)
    assert NAME not in said


async def test_a_port_that_is_taken_is_said_in_the_log(tmp_path: Path) -> None:
    """By the server, which then ends."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        environ = {"LIENTHONG_DATA": str(tmp_path), "LIENTHONG_PORT": str(taken.getsockname()[1])}
        ended, said = await printed(("-m", "gateway.commands", "serve"), environ)

    assert ended == 3
    assert "uvicorn.error" in {line.get("logger") for line in lines(said)}
