"""A folder whose files are read in this very process: for tests that read very many of them."""

from __future__ import annotations

from typing import Any

from adapters.kit.confined import row_of, told
from adapters.kit.errors import TransportError
from adapters.kit.files import Folder
from adapters.kit.port import Adapter, Batch, RowRead, Rows, Settings
from schemas.outcome import Unreachable


class NearFolder(Folder):
    """Reads with the adapter's reader as `Folder` does, but without a process of its own."""

    async def rows(self, asked: Rows, adapter: Adapter[Any], settings: Settings) -> Batch:
        """Read the next rows of a file."""
        if adapter.reader is None:
            raise TypeError("this adapter reads no files")
        path = self._within(asked.name)
        beside = tuple(map(self._within, asked.beside))
        if not path.exists():
            raise TransportError(Unreachable(why="folder: a file went away while it was read"))
        lines = told(adapter.reader, settings, path, beside, asked.after)
        sha = next(lines)[1]
        rows: list[RowRead] = []
        last = 0
        for kind, *said in lines:
            if kind == "end":
                return Batch(rows=tuple(rows), after=last, sha=sha, fault=said[0], end=True)
            if len(rows) >= asked.limit and said[0] != last:
                break
            rows.append(row_of(said))
            last = said[0]
        return Batch(rows=tuple(rows), after=last, sha=sha)
