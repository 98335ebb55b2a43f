"""The only folder: files for a system, whole or not at all, and complete files of theirs.

A file of theirs is complete when nobody holds a lock on it and it has not changed between two
looks at least `quiet_seconds` seconds apart. Their clock is not asked: it may be wrong.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import fnmatch
import os
import stat
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from adapters.kit import former
from adapters.kit.http import TransportError
from adapters.kit.port import Move, Put, Take
from schemas.outcome import Blocked, Outcome, Uncertain, Unreachable

LARGEST_FILE = 256 * 1024 * 1024
UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload", "~")
"""Endings under which other programs write before they rename."""


@former.members
@dataclass(slots=True)
class Folder:
    """The folder of one system; `quiet_seconds` in seconds."""

    path: Path
    quiet_seconds: float = 2.0
    seconds: float = 30.0
    clock: Callable[[], float] = time.monotonic
    _seen: dict[str, tuple[int, int, float]] = field(default_factory=dict)

    async def put(self, asked: Put) -> bool:
        """Write, sync and rename; or raise `TransportError`, and no part of it is there.

        False: a file with other content lies under that name, and was not to be replaced.
        """
        target, left = self._within(asked.name), []

        def write() -> None:
            # Nobody else of ours writes this name: the lane is leased. Shares know no hard links
            # with which a look and a write could be one step.
            if not asked.replace and target.exists() and target.read_bytes() != asked.body:
                left.append(target)
                return
            _write_whole(self.path, target, asked.body)

        await self._run(write)
        return not left

    async def take(self, asked: Take) -> dict[str, bytes]:
        """Read complete files."""
        found: dict[str, bytes] = {}
        await self._run(lambda: found.update(self._take(asked)))
        return found

    async def move(self, asked: Move) -> None:
        """Rename; a file that has gone already is no error."""
        source, target = self._within(asked.name), self._within(asked.to)

        def move() -> None:
            _make_room(self.path, target)
            if source.exists():
                os.replace(source, target)  # noqa: PTH105 - atomic, as the name says
            self._seen.pop(asked.name, None)

        await self._run(move)

    async def _run(self, job: Callable[[], None]) -> None:
        try:
            async with asyncio.timeout(self.seconds):
                await asyncio.to_thread(self._there, job)
        except TimeoutError:
            raise TransportError(
                Uncertain(why="the folder does not answer", effect="keyed")
            ) from None
        except OSError as error:
            raise TransportError(_means(error)) from None

    def _there(self, job: Callable[[], None]) -> None:
        """Run a job where the folder is: one that is away is not made anew beside its mount."""
        if not self.path.is_dir():
            raise FileNotFoundError
        job()

    def _within(self, name: str) -> Path:
        parts = PurePosixPath(name).parts
        if not parts or name.startswith("/") or ".." in parts or "\\" in name or "\x00" in name:
            raise TransportError(Blocked(why="a file name that leaves its folder"))
        return self.path.joinpath(*parts)

    def _take(self, asked: Take) -> dict[str, bytes]:
        folder, _, pattern = asked.pattern.rpartition("/")
        place = self._within(folder) if folder else self.path
        found: dict[str, bytes] = {}
        if not place.is_dir():
            return found
        for entry in sorted(place.iterdir()):
            hidden = entry.name.startswith(".") or entry.name.lower().endswith(UNFINISHED)
            if hidden or not fnmatch.fnmatch(entry.name, pattern) or not entry.is_file():
                continue
            name = f"{folder}/{entry.name}" if folder else entry.name
            body = self._complete(name, entry)
            if body is not None:
                found[name] = body
            if len(found) >= asked.limit:
                break
        return found

    def _complete(self, name: str, entry: Path) -> bytes | None:
        """Read a file that nobody is writing; None: not yet."""
        now, before = self.clock(), entry.stat()
        size, changed, since = self._seen.get(name, (-1, 0, now))
        if (size, changed) != (before.st_size, before.st_mtime_ns):
            since = now
            self._seen[name] = (before.st_size, before.st_mtime_ns, now)
        if now - since < self.quiet_seconds:
            return None
        if before.st_size > LARGEST_FILE:
            raise TransportError(Blocked(why="a file of theirs is too large"))
        body = _read_unlocked(entry)
        after = entry.stat()
        same = (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
        return body if same and body is not None and len(body) == after.st_size else None


def _make_room(root: Path, target: Path) -> None:
    """Make the folders between, never the root itself: it may go away at any moment."""
    place = root
    for part in target.parent.relative_to(root).parts:
        place /= part
        with contextlib.suppress(FileExistsError):
            place.mkdir()
            # Both programs work in it, whatever our umask is; the group may be the folder's own.
            place.chmod(stat.S_IMODE(place.stat().st_mode) | 0o770)


def _write_whole(root: Path, target: Path, body: bytes) -> None:
    _make_room(root, target)
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(body)
            out.flush()
            os.fsync(out.fileno())
        Path(temporary).chmod(0o660)
        os.replace(temporary, target)  # noqa: PTH105 - atomic, as the name says
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read_unlocked(entry: Path) -> bytes | None:
    """Read a file unless somebody holds a lock on it, by either of the two ways to lock."""
    try:
        with entry.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return file.read()
    except (BlockingIOError, PermissionError):
        return None  # on shares of Windows a locked file cannot even be opened


def _means(error: OSError) -> Outcome:
    if isinstance(error, PermissionError):
        return Blocked(why="the folder may not be written or read")
    return Unreachable(why=f"folder: {type(error).__name__}")
