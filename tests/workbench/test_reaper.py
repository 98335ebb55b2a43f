"""Whoever is killed leaves nothing behind: no server, no simulator, no gateway, no folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.workbench.machine import free_port
from gateway.workbench.reaper import MARK

ROOT = Path(__file__).parents[2]
SECONDS = 20.0
"""Many more than it takes, for a machine that is busy."""
SERVERS = """
import time
from gateway.workbench.servers import PrivatePostgres

server = PrivatePostgres()
server.start()
server.pause()
print(server.folder, server.process.pid, flush=True)
time.sleep(600)
"""
STAGE = """
import asyncio, sys
from pathlib import Path
from gateway.demo.environment import demo_environment

async def main():
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    async with demo_environment(folder, port=port, faults="none", seed=1) as on:
        print(on.folder, on.gateway.pid, flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""
TESTS = """
import os, subprocess, time

def test_that_hangs(tmp_path):
    child = subprocess.Popen(["setsid", "sleep", "600"])
    with open(os.environ["SAID"], "w") as said:
        said.write(f"{tmp_path} {child.pid}")
    time.sleep(600)
"""


def lives(pid: int) -> bool:
    """Say whether a process is there and not merely to be buried."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def family(pid: int) -> set[int]:
    """Give a process with those that come from it."""
    found, parents = {pid}, {}
    for one in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = one.read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(one.parent.name)] = int(words[1])
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def shared(pid: int) -> list[str]:
    """Give the memory that a process made to be shared."""
    lines = Path("/proc/sysvipc/shm").read_text("ascii").splitlines()[1:]
    return [line for line in lines if line.split()[4] == str(pid)]


def environ() -> dict[str, str]:
    """Give the environment of somebody who starts by himself, outside of this run."""
    return {name: value for name, value in os.environ.items() if name != MARK}


def until_gone(pids: set[int], *folders: Path) -> tuple[set[int], list[Path]]:
    """Wait until everything is gone; give what is not."""
    ends = time.monotonic() + SECONDS
    left, there = pids, list(folders)
    while (left or there) and time.monotonic() < ends:
        time.sleep(0.1)
        left = {pid for pid in left if lives(pid)}
        there = [one for one in there if one.exists()]
    return left, there


@contextmanager
def starter(program: str, *words: str) -> Iterator[tuple[subprocess.Popen[str], Path, int]]:
    """Start somebody who starts others; give the folder and the process that he names."""
    with subprocess.Popen(
        [sys.executable, "-c", program, *words],
        env=environ(),
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as running:
        try:
            assert running.stdout is not None
            folder, _, pid = running.stdout.readline().strip().rpartition(" ")
            yield running, Path(folder), int(pid)
        finally:
            running.kill()


def test_a_server_ends_with_its_starter(postgres_program: None) -> None:
    """Even a frozen one of another user, with its children and its data."""
    del postgres_program
    with starter(SERVERS) as (running, folder, pid):
        ours = family(pid)
        running.kill()
        left = until_gone(ours, folder)
        memory = shared(pid)

    assert (len(ours) > 3, left, memory) == (True, (set(), []), [])


def test_simulators_and_gateway_end_with_their_starter(tmp_path: Path) -> None:
    """The demonstration is killed without a word: the ports are free again."""
    with starter(STAGE, str(tmp_path / "s"), str(free_port())) as (running, _, pid):
        ours = family(running.pid) - {running.pid}
        running.kill()
        left = until_gone(ours)

    assert (pid in ours, len(ours) >= 3, left) == (True, True, (set(), []))


def test_what_ended_in_good_order_needs_no_companion(tmp_path: Path) -> None:
    """When the starter returns all is gone, and so is the companion."""
    program = (
        "import os, subprocess; from gateway.workbench import reaper\n"
        "made = reaper.folder('lienthong-'); (made / 'x').write_text('x')\n"
        "env = dict(os.environ) | reaper.mark()\n"
        "child = subprocess.Popen(['setsid', 'sleep', '600'], env=env)\n"
        "print(made, child.pid, flush=True); input()"
    )
    with starter(program) as (running, folder, pid):
        ours = family(running.pid) - {running.pid}
        there = folder.exists()
        running.communicate("", timeout=SECONDS)

        assert (there, pid in ours, folder.exists()) == (True, True, False)
        assert [one for one in ours if lives(one)] == []


@pytest.mark.parametrize("order", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_run_of_tests_that_is_cut_leaves_nothing(tmp_path: Path, order: signal.Signals) -> None:
    """Whatever its tests started ends with it; killed without a word, its folders go too."""
    file, said, base = tmp_path / "test_one.py", tmp_path / "said", tmp_path / "base"
    file.write_text(TESTS, "utf-8")
    command = [
        *("env", "--default-signal=INT", sys.executable, "-m", "pytest", "-q"),
        *("-c", str(ROOT / "pyproject.toml"), "--rootdir", str(tmp_path), "-p", "tests.conftest"),
        *("-p", "no:cacheprovider", "--basetemp", str(base), str(file)),
    ]
    with subprocess.Popen(
        command, env=environ() | {"SAID": str(said)}, cwd=ROOT, stdout=subprocess.DEVNULL
    ) as running:
        ends = time.monotonic() + SECONDS
        while not (said.exists() and said.read_text("utf-8")) and time.monotonic() < ends:
            time.sleep(0.05)
        ours = family(running.pid) - {running.pid}
        running.send_signal(order)
        left = until_gone(ours, *([base] if order == signal.SIGKILL else []))
        running.kill()

    assert (len(ours) >= 2, left) == (True, (set(), []))
