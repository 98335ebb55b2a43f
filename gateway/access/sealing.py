"""Seals the audit, apart from the acts: one process for all gives each line its place and its MAC.

Lines are taken as they are seen, oldest id first. One that is committed later although it was
begun earlier simply has a later place: a place says when a line was sealed, not when it was made.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace

import structlog

from gateway.rules.audit_chain import ORIGIN, SHOWN, Line, mac
from gateway.store import audit as rows
from gateway.store.engine import Connection, Store
from gateway.store.work import leadership
from gateway.watch.outages import Loop, Outage

log = structlog.get_logger()

EVERY = 10.0
"""Seconds between two looks."""
LEASE = 30_000
"""Milliseconds after which another process seals: with a look, well below a minute."""
AT_ONCE = 100
"""Lines of one transaction: no dossier waits long for it."""
HOUR = 3600.0


class OtherKey(Exception):  # noqa: N818 - undoes the transaction, and with it the duty
    """The chain was sealed with another key than this process has."""


@dataclass(slots=True)
class Sealer:
    """Seals with one key; `holder` names the process. Without a key it says so once."""

    store: Store
    key: bytes | None
    holder: str
    _told: float | None = None

    async def run(self) -> None:
        """Seal what there is every few seconds, until cancelled."""
        if self.key is None:
            log.warning("audit_unsealed", why="neither LIENTHONG_AUDIT_KEY nor LIENTHONG_SEAL_KEY")
            return
        loop, key = Loop("sealing"), Outage("audit_key_differs", "audit_key_agrees")
        while True:
            try:
                while await self.seal():
                    pass
                await self._tell()
            except OtherKey:
                key.failed("sealed with another key than ours")
            except Exception as error:  # noqa: BLE001 - the next look comes
                loop.met(error)
            else:
                loop.worked()
                key.worked()
            await asyncio.sleep(EVERY)

    async def seal(self) -> bool:
        """Seal some lines, if it is this process's turn; True: there may be more."""
        key = self.key
        waits = await self.store.read(lambda connection: rows.unsealed(connection, 1))
        if key is None or not waits:
            return False
        done = await self.store.write(lambda connection: self._seal(connection, key))
        return done == AT_ONCE

    def _seal(self, connection: Connection, key: bytes) -> int:
        """Seal in one transaction, for whose length nobody else has the duty; raise `OtherKey`."""
        if not leadership.acquire(connection, "audit", self.holder, LEASE):
            return 0
        last = rows.last(connection, 2)
        if last and not _ours(key, last, rows.sealed_after(connection, 0, 1)):
            raise OtherKey
        begin = last[0].place or 0 if last else 0
        before = last[0].mac or ORIGIN if last else ORIGIN
        sealed = []
        for place, line in enumerate(rows.unsealed(connection, AT_ONCE), begin + 1):
            before = mac(key, before, line, place)
            sealed.append(replace(line, place=place, mac=before))
        rows.seal(connection, sealed)
        return len(sealed)

    async def _tell(self) -> None:
        """Write the head to the log once an hour: what is cut off behind it then shows."""
        now = time.monotonic()
        if self._told is not None and now - self._told < HOUR:
            return
        found = await self.store.read(lambda connection: rows.last(connection, 1))
        if found:
            self._told = now
            log.info("audit_head", place=found[0].place, mac=(found[0].mac or b"").hex()[:SHOWN])


def _ours(key: bytes, last: list[Line], first: list[Line]) -> bool:
    """Say whether the chain was sealed with this key: its last line, or else its first.

    One of them may have been tampered with: that is for the check to find, and no reason to stop.
    """
    behind = [*last[1:], None]
    ends = [(last[0], behind[0]), *((line, None) for line in first)]
    return any(
        line.mac == mac(key, ORIGIN if before is None else before.mac or b"", line, line.place or 0)
        for line, before in ends
    )
