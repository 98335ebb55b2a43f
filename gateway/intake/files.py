"""Files: streamed to disk while they are hashed; nobody refers to one that is not whole."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

ABSENT = 50
"""Looks, a fiftieth of a second apart, for a file that should be there."""
STALE = 86_400
"""Seconds after which nobody writes a file any more."""


class TooLarge(Exception):  # noqa: N818 - said to the client as 413
    """More bytes came than a file may have."""


@dataclass(frozen=True, slots=True)
class FileStore:
    """The folder of uploaded files, named by their SHA-256."""

    folder: Path
    limit: int

    def path(self, sha256: str) -> Path:
        """Say where a file is."""
        return self.folder / sha256[:2] / sha256[2:]

    async def there(self, sha256: str) -> Path:
        """Say where a file is that has an owner; one that is being looked at comes back at once."""
        path = self.path(sha256)
        for _ in range(ABSENT):
            if path.exists():
                break
            await asyncio.sleep(0.02)
        return path

    @asynccontextmanager
    async def keeping(
        self, chunks: AsyncIterator[bytes], expected: str | None
    ) -> AsyncIterator[tuple[str, int] | None]:
        """Write a file under its hash; within, its owner is noted.

        None: it is not what was announced, and nothing is kept. If somebody takes the file away
        before the owner is noted, it is put there again: what was written stays until then.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=self.folder, prefix=".incoming-")
        written = Path(temporary)
        hashed, size = hashlib.sha256(), 0
        try:
            with os.fdopen(descriptor, "wb") as out:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > self.limit:
                        raise TooLarge
                    hashed.update(chunk)
                    await asyncio.to_thread(out.write, chunk)
                await asyncio.to_thread(_sync, out.fileno(), out.flush)
            name = hashed.hexdigest()
            if expected is not None and expected != name:
                yield None
                return
            await asyncio.to_thread(self._place, written, name)
            yield name, size
            if not self.path(name).exists():
                await asyncio.to_thread(self._place, written, name)
        finally:
            await asyncio.to_thread(written.unlink, missing_ok=True)

    def _place(self, written: Path, name: str) -> None:
        """Put a file where it belongs, whole or not at all, and keep what was written too."""
        final, twin = self.path(name), written.with_name(written.name + "-twin")
        final.parent.mkdir(mode=0o700, exist_ok=True)
        try:
            twin.hardlink_to(written)
        except OSError:  # a disk that knows no links
            shutil.copyfile(written, twin)
            twin.chmod(0o600)
        twin.replace(final)
        twin.unlink(missing_ok=True)  # two names of one file are not moved one over the other
        _sync_folder(final.parent)

    async def forget(
        self, names: Sequence[str], has_owner: Callable[[str], Awaitable[bool]]
    ) -> None:
        """Delete files that had no owner a moment ago, but for those that got one meanwhile."""
        for name in names:
            keep = True
            while keep:
                aside = await asyncio.to_thread(self.set_aside, name)
                try:
                    keep = await has_owner(name)
                finally:
                    await asyncio.to_thread(self.decide, aside, keep=keep)
                if keep and await has_owner(name):
                    break  # else its owner has gone in the meantime, and has not seen it

    def set_aside(self, name: str) -> Path:
        """Take a file away, if it is there, to look in peace whether somebody needs it."""
        aside = self.folder / f".aside-{name}-{secrets.token_hex(4)}"
        with contextlib.suppress(FileNotFoundError):
            self.path(name).rename(aside)
        return aside

    def decide(self, aside: Path, *, keep: bool) -> None:
        """Delete what was set aside, or put it back."""
        if keep:
            final = self.path(aside.name.split("-")[1])
            with contextlib.suppress(FileNotFoundError):
                aside.replace(final)
        aside.unlink(missing_ok=True)  # as in `_place`, if it was put there again meanwhile

    def tidy(self) -> None:
        """Put right what a process left that ended in the middle: others may be at work here."""
        for left in self.folder.glob(".aside-*"):
            self.decide(left, keep=True)
        for left in self.folder.glob(".incoming-*"):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - left.stat().st_mtime > STALE:
                    left.unlink()


def _sync(descriptor: int, flush: object) -> None:
    if callable(flush):
        flush()
    os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
