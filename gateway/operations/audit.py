"""The audit, checked and given out; `gateway.access.audit` writes it, where things are done."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any

from gateway.operations.refusals import Refusal
from gateway.rules.audit_chain import Broken, Chain, Head, Line
from gateway.settings import Settings
from gateway.store import audit as rows
from gateway.store.engine import Store
from gateway.store.seal import audit_key
from schemas.base import VIETNAM

PAGE = 1000
MOST_BROKEN = 100
"""More breaks are not named one by one: the chain is under another key, or gone."""
UNSEALED = 120_000
"""Milliseconds after which every line is sealed, where any process with the key runs."""
FIELDS = ("place", "id", "at", "who", "what", "object", "reason", "result", "request", "mac")
HEAD = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{8,64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a check found. head: the last line's place and MAC in hexadecimal, where there is one.

    unsealed: the first line that ought to be sealed by now
    """

    lines: int
    head: tuple[int, str] | None
    broken: tuple[Broken, ...]
    unsealed: Line | None

    @property
    def sound(self) -> bool:
        """Say whether nothing is wrong."""
        return not self.broken and self.unsealed is None


def head_of(text: str | None) -> Head | Refusal | None:
    """Read a head as the log has it, PLACE:MAC."""
    if text is None:
        return None
    found = HEAD.fullmatch(text.strip().lower())
    return Refusal("audit_head", text) if found is None else Head(int(found[1]), found[2])


async def verify(store: Store, settings: Settings, head: Head | None = None) -> Verified | Refusal:
    """Go along the whole chain, and look for lines that nobody seals."""
    key = audit_key(settings, make=False)
    if key is None:
        return Refusal("no_audit_key")
    chain = Chain(key, head)
    broken: list[Broken] = []
    try:
        async for line in sealed(store):
            broken += chain.follow(line)
            if len(broken) >= MOST_BROKEN:
                break
        else:
            broken += chain.end()
    except ValueError:  # a field of a line behind here cannot even be read
        broken.append(Broken(chain.place + 1, "changed"))
    waiting = await store.read(lambda connection: rows.unsealed(connection, 1))
    late = [line for line in waiting if line.at < time.time() * 1000 - UNSEALED]
    return Verified(
        lines=chain.place,
        head=(chain.place, chain.before.hex()) if chain.place else None,
        broken=tuple(broken[:MOST_BROKEN]),
        unsealed=late[0] if late else None,
    )


async def sealed(store: Store) -> AsyncIterator[Line]:
    """Give all sealed lines in their order, a page at a time."""
    place = 0
    while True:
        page = await behind(store, place, PAGE)
        for line in page:
            yield line
        if len(page) < PAGE:
            return
        place = page[-1].place or 0


async def behind(store: Store, place: int, limit: int) -> list[Line]:
    """Give the sealed lines behind a place, in their order."""
    return await store.read(lambda connection: rows.sealed_after(connection, place, limit))


async def between(store: Store, since: int | None, until: int | None) -> AsyncIterator[Line]:
    """Give all lines from a time on, before a time (milliseconds), oldest first; sealed or not."""
    after: Line | None = None
    while True:
        found = partial(rows.between, after=after, since=since, until=until, limit=PAGE)
        page = await store.read(found)
        for line in page:
            yield line
        if len(page) < PAGE:
            return
        after = page[-1]


def told(line: Line) -> dict[str, Any]:
    """Write a line for a program: whoever has the key can check it by what stands there."""
    at = datetime.fromtimestamp(line.at / 1000, VIETNAM).isoformat(timespec="milliseconds")
    seal = None if line.mac is None else line.mac.hex()
    said = asdict(line) | {"id": str(line.id), "at": at, "mac": seal}
    return {name: said[name] for name in FIELDS}
