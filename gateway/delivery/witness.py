"""Leaves the database's highest fence where a restore does not reach it, and notices a restore.

Each delivering process keeps it in its state folder; one of them also tells RabbitMQ. Wake-ups
carry fences too. A database that is behind any of them was restored from a backup (ADR 0028).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from pathlib import Path

import structlog

from gateway.dossiers.systems import Systems
from gateway.operations import restoring
from gateway.operations.restoring import Mark
from gateway.retries.port import Origin, Witness, WitnessAway
from gateway.store.engine import Store
from gateway.store.errors import StoreUnavailable
from gateway.store.work.leadership import acquire
from gateway.watch.outages import Loop

log = structlog.get_logger()

EVERY = 60.0
"""Seconds between two looks: what was told within them before a crash may leave no trace."""
SHORTEST = 0.5
CLOSING = 2.0
"""Seconds that a process that ends takes for a last look."""
DUTY = "witness"
WHO = "lienthong"


class StateFolder:
    """A folder outside the database and its backups, with a small file for each database."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, database: int) -> int:
        """Give the highest fence that was left here; 0: none, or none that can be read."""
        try:
            found = json.loads(self._file(database).read_text("utf-8"))
            return int(found["fence"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0

    def leave(self, database: int, fence: int) -> None:
        """Leave a fence here, whole or not at all. Raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self._file(database)
        made = file.with_suffix(f".{os.getpid()}")
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            json.dump({"fence": fence}, out)
            out.flush()
            os.fsync(out.fileno())
        made.replace(file)

    def _file(self, database: int) -> Path:
        return self._folder / f"witness-{database:x}.json"


class RestoreWatch:
    """Knows the highest fence that this process has seen of its database."""

    def __init__(
        self,
        store: Store,
        systems: Systems,
        folder: StateFolder,
        *,
        worker: str,
        broker: Witness | None = None,
        origin: Origin | None = None,
        every: float = EVERY,
    ) -> None:
        self._store, self._systems, self._folder = store, systems, folder
        self._worker, self._broker = worker, broker
        self._every = max(SHORTEST, every)
        self._origin = origin or Origin()
        self._origin.heard = self.note
        self._seen = 0
        self._begun = False
        self._soon = asyncio.Event()

    async def begin(self) -> None:
        """Ask all witnesses, before anything is sent; one line where there is none."""
        while not self._begun:
            try:
                await self._begin()
            except StoreUnavailable:
                await asyncio.sleep(1.0)

    async def _begin(self) -> None:
        here = await restoring.look(self._store)
        self._origin.database = here.database
        left = self._folder.read(here.database)
        told = 0 if self._broker is None else await self._ask(self._broker, here)
        self.note(max(left, told))
        if not self._seen and here.fence:
            log.info("no_witness", why="nothing says whether the database was restored")
        await self._compare(here)
        self._begun = True

    def note(self, fence: int) -> None:
        """Hear of a fence of this database, as a wake-up has it."""
        if fence > self._seen:
            self._seen = fence
            self._soon.set()

    async def run(self) -> None:
        """Look, compare and leave the fence again and again, until cancelled."""
        if not self._begun:
            await self.begin()
        loop = Loop("witness")
        while True:
            try:
                await self._turn()
                loop.worked()
            except Exception as error:  # noqa: BLE001 - no failed look may end delivery with it
                loop.met(error)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._every):
                    await self._soon.wait()
            self._soon.clear()

    async def _turn(self) -> None:
        here = await restoring.look(self._store)
        if await self._compare(here):
            return
        self._seen = here.fence
        # Another process may have noticed a restore.
        await restoring.refresh(self._store, self._systems)
        await asyncio.to_thread(self._folder.leave, here.database, here.fence)
        lease = int(self._every * 3000)
        leads = await self._store.write(
            lambda connection: acquire(connection, DUTY, self._worker, lease)
        )
        if leads and self._broker is not None:
            self._seen = max(self._seen, await self._ask(self._broker, here))
            await self._compare(here)

    async def close(self) -> None:
        """Leave the fence of the last moment, where that is to be had at once."""
        if not self._begun:
            return
        with contextlib.suppress(OSError, StoreUnavailable):  # TimeoutError is an OSError
            async with asyncio.timeout(CLOSING):
                here = await restoring.look(self._store)
                if here.fence >= self._seen:
                    await asyncio.to_thread(self._folder.leave, here.database, here.fence)

    async def _compare(self, here: Mark) -> bool:
        """Go on after a restore, if this is one."""
        if here.fence >= self._seen:
            return False
        return await restoring.recover(self._store, self._systems, here, self._seen, by=WHO)

    async def _ask(self, broker: Witness, here: Mark) -> int:
        try:
            told = await broker.ask(here.database, here.fence)
        except WitnessAway as error:
            log.debug("witness_away", why=str(error))  # the broker itself is said to be away
            return 0
        return told


__all__ = ["RestoreWatch", "StateFolder"]
