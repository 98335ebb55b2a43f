"""What the rows of an export would become, before it is let in. Stores nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from adapters.kit.confined import read_whole
from adapters.kit.driver import Conversation
from adapters.kit.port import RowRead
from adapters.kit.session import SessionCache
from adapters.kit.sql import OdbcDatabase
from gateway.dossiers.systems import System
from gateway.operations.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Preview:
    """The rows of an export, as its system's adapter reads them."""

    rows: tuple[RowRead, ...]

    @property
    def taken(self) -> list[RowRead]:
        """Give the rows that would be let in."""
        return [one for one in self.rows if one.body is not None]

    @property
    def bad(self) -> list[RowRead]:
        """Give the rows that would be left out, and what is wrong with each."""
        return [one for one in self.rows if one.body is None]


async def preview(system: System, file: Path) -> Preview | Refusal:
    """Read an export as a poll does, with what lies beside it by the same name."""
    adapter = system.adapter
    if adapter.reader is None and adapter.preview is None:
        return Refusal("not_fed_by_files", system.name)
    try:
        beside = tuple(
            one
            for one in sorted(file.parent.iterdir())
            if one != file and one.stem.lower() == file.stem.lower() and one.is_file()
        )
        with file.open("rb"):
            pass
        if adapter.reader is None and adapter.preview is not None:
            files = {one.name: one.read_bytes() for one in (file, *beside)}
            return Preview(tuple(adapter.preview(files, system.settings)))
    except OSError as error:
        return Refusal("unreadable_file", str(file), (str(error.strerror),))
    batch = await read_whole(adapter, system.settings, file, beside)
    ended = () if batch.fault is None else (RowRead(0, None, "", batch.fault),)
    return Preview((*ended, *batch.rows))


async def preview_view(system: System, limit: int) -> Preview | Refusal:
    """Read the first rows of a system's view as a poll does."""
    ask = system.adapter.database
    stated = ask(system.settings) if ask is not None else None
    if stated is None or system.adapter.first_rows is None:
        return Refusal("not_fed_by_view", system.name)
    database = OdbcDatabase(stated)
    conversation = Conversation(
        adapter=system.adapter,
        settings=system.settings,
        session_cache=SessionCache(0),
        seconds=system.facts.conversation,
        database=database,
    )
    try:
        found = await conversation.run_first_rows(limit)
    finally:
        await database.close()
    if isinstance(found, Sequence):
        return Preview(tuple(found))
    return Refusal("unread_view", system.name, (str(getattr(found, "why", found)),))
