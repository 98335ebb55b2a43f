"""Files: streamed to disk while they are hashed; nobody refers to one that is not whole."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path


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

    async def keep(
        self, chunks: AsyncIterator[bytes], expected: str | None
    ) -> tuple[str, int] | None:
        """Write a file under its hash; None: it is not what was announced, and nothing is kept."""
        self.folder.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=self.folder, prefix=".incoming-")
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
                return None
            final = self.path(name)
            final.parent.mkdir(exist_ok=True)
            os.replace(temporary, final)  # noqa: PTH105 - atomic, as the name says
            await asyncio.to_thread(_sync_folder, final.parent)
            return name, size
        finally:
            await asyncio.to_thread(Path(temporary).unlink, missing_ok=True)


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
