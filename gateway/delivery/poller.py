"""Listens to one system: holds its poll, stores what it tells together with the cursor.

Only one process listens to a system at a time. What a poll handed in is never asked for again, and
what it did not hand in is asked for next time.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime
from typing import Protocol

import structlog

from adapters.kit.driver import Conversation
from adapters.kit.port import LEASE_MARGIN, Hand, PollContext
from gateway.admission.inbox import Before, Superseded
from gateway.delivery.context import WorkerContext
from gateway.delivery.conversation import SystemConnection
from gateway.dossiers.systems import System
from gateway.rules.outcomes import word
from gateway.store.engine import Connection
from gateway.store.work import inboxes
from gateway.store.work.inboxes import Listening
from gateway.watch import metrics
from gateway.watch.outages import Loop
from schemas.inbound import Item, Verdict
from schemas.outcome import Blocked, Outcome, Suspect

log = structlog.get_logger()

LONGEST_PAUSE = 300.0
"""Seconds between two polls of a system that cannot be heard."""


class Hears(Protocol):
    """Whoever stores what was heard."""

    def __call__(
        self, system: System, items: Sequence[Item], before: Before | None = None
    ) -> Awaitable[tuple[Verdict, ...]]:
        """Store items in one transaction, after `before`."""
        ...


class Poller:
    """Polls one system for as long as the process runs."""

    def __init__(
        self, context: WorkerContext, system: System, outbound: SystemConnection, hears: Hears
    ) -> None:
        self._context = context
        self._system = system
        self._outbound = outbound
        self._hears = hears
        self._failed = 0
        if system.adapter.reads is not None:
            metrics.files(system.name, dict.fromkeys(("read", "bad", "pruned"), 0))

    async def run(self) -> None:
        """Listen until cancelled."""
        every = self._system.facts.poll_every * self._context.scale
        loop = Loop("poll", system=self._system.name)
        while True:
            try:
                await self._turn(every)
            except Exception as error:  # noqa: BLE001 - a poller outlives a lost database
                loop.met(error)
            else:
                loop.worked()
            await asyncio.sleep(max(0.05, every * (0.9 + 0.2 * self._context.randomness.random())))

    async def _turn(self, every: float) -> None:
        seconds = self._system.facts.conversation
        lease = int((seconds + LEASE_MARGIN) * 1000)
        one = await self._context.store.write(
            lambda connection: inboxes.begin(connection, self._system.id, lease)
        )
        if one is None:
            return
        try:
            outcome = await self._listen(one)
        except Superseded:
            return
        except Exception as error:
            # Given back at once: nobody should wait for a lease that nobody uses.
            failed, soon = f"failed: {type(error).__name__}", int(self._pause(None, every) * 1000)
            await self._context.store.write(
                lambda connection: inboxes.end(connection, one, failed, soon)
            )
            raise
        pause = int(self._pause(outcome, every) * 1000)
        why = None if outcome is None else f"{word(outcome)}: {getattr(outcome, 'why', '')}"[:200]
        await self._context.store.write(lambda connection: inboxes.end(connection, one, why, pause))
        if (why is None) != (self._failed == 0):
            log.info("hearing", system=self._system.name, why=why)
        self._failed = 0 if outcome is None else self._failed + 1

    async def _listen(self, one: Listening) -> Outcome | None:
        async def hand(asked: Hand) -> tuple[Verdict, ...]:
            def advance(connection: Connection) -> None:
                if not inboxes.advance(connection, one, asked.cursor):
                    raise Superseded

            verdicts = await self._hears(self._system, asked.items, advance)
            metrics.files(self._system.name, asked.files)
            return verdicts

        conversation = Conversation(
            adapter=self._system.adapter,
            settings=self._system.settings,
            transport=self._outbound.way,
            folder=self._outbound.folder,
            exports=self._outbound.folder,
            database=self._outbound.database,
            session_cache=self._outbound.session_cache,
            hand=hand,
            seconds=self._system.facts.conversation,
        )
        try:
            return await conversation.run_poll(
                PollContext(cursor=one.cursor, now=datetime.now(UTC), died=one.died)
            )
        finally:
            if self._outbound.database is not None:
                await self._outbound.database.close()
            await self._files_left()

    async def _files_left(self) -> None:
        """End what still reads a file, and count those that nobody will ever read."""
        folder, reads = self._outbound.folder, self._system.adapter.reads
        if folder is None or reads is None:
            return
        await folder.stop_reading()
        with contextlib.suppress(OSError):  # the folder is away, which the poll has said
            unread = await asyncio.to_thread(folder.unread, reads(self._system.settings))
            metrics.UNREAD.labels(self._system.name).set(len(unread))

    def _pause(self, outcome: Outcome | None, every: float) -> float:
        """Give the seconds until the next poll: longer each time it fails."""
        if outcome is None:
            return every * 0.8
        longest = LONGEST_PAUSE * self._context.scale
        blocked = isinstance(outcome, Blocked | Suspect)  # no record is asked for: it is ours
        return longest if blocked else min(every * 2**self._failed, longest)

    async def close(self) -> None:
        """Close the way to the system."""
        await self._outbound.close()
