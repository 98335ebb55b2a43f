"""The only folder: files for a system, whole or not at all, and complete files of theirs.

A file of theirs is complete when a marker beside it says so; or when nobody has it open or locked,
as far as this machine can tell, and it has not changed between two looks so many seconds apart.
Their clock is not asked: it may be wrong.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fnmatch
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from adapters.kit import confined, former
from adapters.kit.disk import belonging, closed, free_name, make_room, unlocked, write_whole
from adapters.kit.errors import TransportError
from adapters.kit.port import (
    Adapter,
    Batch,
    Digest,
    Find,
    Head,
    Lying,
    Move,
    Prune,
    Put,
    Rows,
    Settings,
    Take,
)
from schemas.outcome import Blocked, Outcome, Uncertain, Unreachable

LARGEST_FILE = 256 * 1024 * 1024
"""Bytes of a file that is taken whole."""
UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload", "~")
"""Endings under which other programs write before they rename."""
PUT_AWAY = re.compile(r"(\d{8})-[0-9a-f]{8}-.")
"""How names of files begin that were put away: the day, and digits of a hash."""


T = TypeVar("T")


@former.members
@dataclass(slots=True)
class Folder:
    """The folder of one system.

    quiet_seconds: for which a file must not have changed where nothing else is asked for
    seconds: for one look or one write; scale: what seconds that are asked for are multiplied with
    """

    path: Path
    quiet_seconds: float = 2.0
    seconds: float = 30.0
    scale: float = 1.0
    clock: Callable[[], float] = time.monotonic
    limits: confined.Limits = field(default_factory=confined.Limits)
    _seen: dict[str, tuple[int, int, float]] = field(default_factory=dict)
    _reading: confined.Reading | None = None
    _read_to: int = 0

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
            write_whole(self.path, target, asked.body)

        await self._run(write)
        return not left

    async def take(self, asked: Take) -> dict[str, bytes]:
        """Read complete files."""
        found: dict[str, bytes] = {}
        await self._run(lambda: found.update(self._take(asked)))
        return found

    async def move(self, asked: Move) -> bool:
        """Rename, over nothing; a file that has gone is no error. False: somebody holds it."""
        source, target = self._within(asked.name), self._within(asked.to)

        def move() -> bool:
            make_room(self.path, target)
            self._seen.pop(asked.name, None)
            if not source.exists():
                return True
            try:
                os.rename(source, free_name(target))  # noqa: PTH104 - atomic, as the name says
            except OSError as error:
                if error.errno == errno.ENAMETOOLONG:
                    return False  # one file must not hold up the others
                if not isinstance(error, PermissionError):
                    raise
                if os.access(source.parent, os.W_OK) and os.access(target.parent, os.W_OK):
                    return False  # shares of Windows keep what is open where it is
                raise
            return True

        return await self._run(move)

    async def find(self, asked: Find) -> tuple[Lying, ...]:
        """List complete files, with what belongs to each."""
        own = self.quiet_seconds
        quiet = own if asked.quiet is None else max(asked.quiet * self.scale, min(asked.quiet, own))

        def find() -> tuple[Lying, ...]:
            lies = dict(one for pattern in asked.patterns for one in self._matching(pattern)) | {
                name: self._within(name) for name in asked.names
            }
            looked = (self._whole(name, entry, asked, quiet) for name, entry in lies.items())
            return tuple(one for one in looked if one is not None)

        return await self._run(find)

    async def head(self, asked: Head) -> bytes:
        """Read the first bytes; a file that has gone has none."""
        entry = self._within(asked.name)

        def head() -> bytes:
            with contextlib.suppress(FileNotFoundError), entry.open("rb") as file:
                return file.read(asked.size)
            return b""

        return await self._run(head)

    async def digest(self, asked: Digest) -> str | None:
        """Hash a file as it lies there; None: it has gone; "": it cannot be read."""
        entry = self._within(asked.name)

        def digest() -> str | None:
            try:
                return confined.digest(entry)
            except FileNotFoundError:
                return None
            except OSError:
                if self.path.is_dir():
                    return ""  # its bytes cannot be read, which must not hold up other files
                raise

        return await self._run(digest, patient=True)

    async def rows(self, asked: Rows, adapter: Adapter[Any], settings: Settings) -> Batch:
        """Read the next rows of a file, in the process that read the ones before, if it can."""
        path = self._within(asked.name)
        beside = tuple(map(self._within, asked.beside))
        if path.is_symlink():
            return Batch(rows=(), after=0, sha="", fault="a link, not a file", end=True)
        reading = self._reading
        if reading is None or reading.path != path or self._read_to != asked.after:
            await self.stop_reading()
            reading = await confined.Reading.begin(
                adapter, settings, path, beside, asked.after, self.limits
            )
            self._reading = reading
        batch = await reading.rows(asked.limit)
        if batch.fault is not None and not path.exists():
            await self.stop_reading()
            raise TransportError(Unreachable(why="folder: a file went away while it was read"))
        self._read_to = batch.after or asked.after
        return batch

    async def stop_reading(self) -> None:
        """End the process that reads a file, if there is one."""
        reading, self._reading = self._reading, None
        if reading is not None:
            await reading.close()

    async def prune(self, asked: Prune) -> int:
        """Delete what was put away before a day; other names are left alone."""
        place = self._within(asked.folder)

        def prune() -> int:
            old = [
                entry
                for entry in (place.iterdir() if place.is_dir() else ())
                if (known := PUT_AWAY.match(entry.name)) and known[1] < asked.before
            ]
            for entry in old:
                entry.unlink(missing_ok=True)
            return sum(not entry.name.endswith(".errors.csv") for entry in old)

        return await self._run(prune)

    def unread(self, patterns: Sequence[str]) -> list[str]:
        """Name the files that lie where files are looked for, and that no pattern finds."""
        folders = dict.fromkeys(pattern.rpartition("/")[0] for pattern in patterns)
        return [
            name.encode("utf-8", "backslashreplace").decode()
            for folder in folders
            for name, entry in self._lying(folder)
            # A folder, a link or a pipe is no file; under a wanted name it is a mistake.
            if _wanted(name, patterns) is not _plain(entry)
            and (_wanted(name, patterns) or not entry.is_dir())
        ]

    async def _run(self, job: Callable[[], T], *, patient: bool = False) -> T:
        try:
            async with asyncio.timeout(None if patient else self.seconds):
                return await asyncio.to_thread(self._there, job)
        except TimeoutError:
            raise TransportError(
                Uncertain(why="the folder does not answer", effect="keyed")
            ) from None
        except OSError as error:
            raise TransportError(_means(error)) from None

    def _there(self, job: Callable[[], T]) -> T:
        """Run a job where the folder is: one that is away is not made anew beside its mount."""
        if not self.path.is_dir():
            raise FileNotFoundError
        return job()

    def _within(self, name: str) -> Path:
        parts = PurePosixPath(name).parts
        if not parts or name.startswith("/") or ".." in parts or "\\" in name or "\x00" in name:
            raise TransportError(Blocked(why="a file name that leaves its folder"))
        return self.path.joinpath(*parts)

    def _matching(self, asked: str) -> Iterator[tuple[str, Path]]:
        """Give the files that a pattern of names finds, by name; none that is hidden."""
        folder, _, pattern = asked.rpartition("/")
        for name, entry in self._lying(folder):
            if fnmatch.fnmatchcase(entry.name, pattern) and _plain(entry):
                yield name, entry

    def _lying(self, folder: str) -> Iterator[tuple[str, Path]]:
        """Give all that lies in a folder, by name; nothing hidden or still being written."""
        place = self._within(folder) if folder else self.path
        for entry in sorted(place.iterdir()) if place.is_dir() else ():
            hidden = entry.name.startswith(".") or entry.name.lower().endswith(UNFINISHED)
            if not hidden:
                yield f"{folder}/{entry.name}" if folder else entry.name, entry

    def _take(self, asked: Take) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for name, entry in self._matching(asked.pattern):
            body = self._complete(name, entry)
            if body is not None:
                found[name] = body
            if len(found) >= asked.limit:
                break
        return found

    def _complete(self, name: str, entry: Path) -> bytes | None:
        """Read a file that nobody is writing; None: not yet."""
        before = self._quiet(name, entry, self.quiet_seconds)
        if before is None:
            return None
        if before.st_size > LARGEST_FILE:
            raise TransportError(Blocked(why="a file of theirs is too large"))
        body = unlocked(entry, lambda file: file.read())
        after = entry.stat()
        same = (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
        return body if same and body is not None and len(body) == after.st_size else None

    def _quiet(self, name: str, entry: Path, quiet: float) -> os.stat_result | None:
        """Look at a file; None: it has changed a short while ago, or has gone."""
        try:
            state = entry.stat()
        except FileNotFoundError:
            return None
        now = self.clock()
        size, changed, since = self._seen.get(name, (-1, 0, now))
        if (size, changed) != (state.st_size, state.st_mtime_ns):
            since = now
            self._seen[name] = (state.st_size, state.st_mtime_ns, now)
        return state if now - since >= quiet else None

    def _whole(self, name: str, entry: Path, asked: Find, quiet: float) -> Lying | None:
        """Say whether a file is whole, and all that belongs to it; None: not yet."""
        endings = tuple(ending.lower() for ending in asked.beside)
        parts = [entry, *belonging(entry, endings)] if endings else [entry]
        if asked.marker is not None:
            marker = entry.parent / asked.marker.format(name=entry.name, stem=entry.stem)
            if not marker.exists():
                return None
            parts.append(marker)
            quiet = 0.0
        folder = name.rpartition("/")[0]
        names = [f"{folder}/{one.name}" if folder else one.name for one in parts]
        # Each is looked at, so that all of them begin to be quiet with the first look.
        states = [self._quiet(*one, quiet) for one in zip(names, parts, strict=True)]
        if None in states or not all(unlocked(part, closed) for part in parts):
            return None
        size = sum(state.st_size for state in states if state is not None)
        return Lying(name, size, tuple(names[1:]))


def _plain(entry: Path) -> bool:
    """Say whether an entry is a file of its own: a link says tomorrow what it likes."""
    return entry.is_file() and not entry.is_symlink()


def _wanted(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _means(error: OSError) -> Outcome:
    if isinstance(error, PermissionError):
        return Blocked(why="the folder may not be written or read")
    return Unreachable(why=f"folder: {type(error).__name__}")
