"""Ends what this process started and removes its temporary folders, however this process ends.

A companion process holds the other end of a pipe of ours. When the pipe ends we are gone, in good
order or killed: it kills every process whose environment carries our mark, and removes the folders
that it was told of. Whoever starts a process gives it `mark()`; a mark survives new sessions,
daemons and the death of those between.

Run as a script it is the companion, and needs nothing but the standard library.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from uuid import uuid4

MARK = "WORKBENCH_STARTER"
PATIENCE = 10.0
"""Seconds in which everything must be gone."""
PROC = Path("/proc")


class _Companion:
    """The starter's end of the pipe."""

    def __init__(self) -> None:
        self.mark = uuid4().hex
        # A session of its own and an empty environment: no signal for us and no mark meets it.
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, self.mark],
            stdin=subprocess.PIPE,
            start_new_session=True,
            env={},
        )
        atexit.register(self.close)

    def tell(self, order: str, what: object) -> None:
        """Give an order; a companion that somebody ended is no reason to fail."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError, ValueError):
                self._process.stdin.write(f"{order} {what}\n".encode())
                self._process.stdin.flush()

    def close(self) -> None:
        """End everything that is left, and return when it is gone."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2 * PATIENCE)


@cache
def _companion(_pid: int) -> _Companion:
    """Start it at the first need; a fork of ours has one of its own."""
    return _Companion()


def mark() -> dict[str, str]:
    """Give what the environment of everything that is started here must carry."""
    return {MARK: _companion(os.getpid()).mark}


def hold(pid: int) -> None:
    """Name a process of ours that may hide its environment, or its children theirs."""
    _companion(os.getpid()).tell("process", f"{pid} {_born(pid)}")


def folder(prefix: str, within: Path | None = None) -> Path:
    """Make a temporary folder that goes when we do."""
    made = (within or Path(tempfile.gettempdir())) / f"{prefix}{uuid4().hex[:12]}"
    remove(made)
    made.mkdir(mode=0o700)
    return made


def remove(path: Path) -> None:
    """Let a folder go when we do."""
    _companion(os.getpid()).tell("remove", path.absolute())


def keep(path: Path) -> None:
    """Let a folder stay after all."""
    _companion(os.getpid()).tell("keep", path.absolute())


def _stat(pid: int) -> list[str]:
    """Give state, parent and so on; nothing for a process that is gone."""
    try:
        return (PROC / str(pid) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return []


def _born(pid: int) -> str:
    """Tell when a process began, by which it is known from another with the same number."""
    return (_stat(pid) or [""] * 20)[19]


def _marked(pid: int, own: bytes) -> bool:
    try:
        return own in (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return False


def _left(own: bytes, held: dict[int, str]) -> set[int]:
    """Find what lives and is ours."""
    stats = {int(one.name): _stat(int(one.name)) for one in PROC.iterdir() if one.name.isdigit()}
    living = {pid: one for pid, one in stats.items() if one and one[0] not in "ZX"}
    family = {pid for pid, one in living.items() if held.get(pid) == one[19]}
    while more := {pid for pid, one in living.items() if int(one[1]) in family} - family:
        family |= more
    return family | {pid for pid in living if _marked(pid, own)}


def _rounds() -> Iterator[None]:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        yield
        time.sleep(0.1)


def _end(own: bytes, held: dict[int, str]) -> None:
    """Kill until nothing is left at two looks: what is just being started carries no mark yet."""
    empty = 0
    for _ in _rounds():
        found = _left(own, held)
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        empty = 0 if found else empty + 1
        if empty == 2:
            return


def _forget(held: dict[int, str]) -> None:
    """Give back the memory that a server shared with its children until it was killed."""
    with contextlib.suppress(OSError):
        for line in (PROC / "sysvipc" / "shm").read_text("ascii").splitlines()[1:]:
            _, number, _, _, maker, _, users = line.split()[:7]
            if int(maker) in held and users == "0":
                subprocess.run(["/usr/bin/ipcrm", "-m", number], check=False, capture_output=True)


def _remove(gone: Path) -> None:
    """Remove a folder, and unmount first what was mounted there."""
    for _ in _rounds():
        mounts = (PROC / "self" / "mounts").read_text("utf-8", "replace").splitlines()
        places = {Path(line.split()[1]) for line in mounts}
        for place in sorted((one for one in places if gone in (one, *one.parents)), reverse=True):
            subprocess.run(["/bin/umount", "-l", str(place)], check=False, capture_output=True)
        shutil.rmtree(gone, ignore_errors=True)
        if not gone.exists():
            return


def _watch(own: str) -> None:
    """Read orders until their giver is gone; then end and remove what is left of it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    held: dict[int, str] = {}
    going: dict[str, None] = {}
    for line in sys.stdin:
        order, _, what = line.rstrip("\n").partition(" ")
        match order:
            case "process":
                pid, _, born = what.partition(" ")
                held[int(pid)] = born
            case "remove":
                going[what] = None
            case "keep":
                going.pop(what, None)
            case _:
                raise ValueError(order)
    _end(f"{MARK}={own}".encode(), held)
    _forget(held)
    for path in going:
        _remove(Path(path))


if __name__ == "__main__":
    _watch(sys.argv[1])
