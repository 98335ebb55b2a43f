"""One runner per system: claim what the gate lets pass, hold conversations, complete in batches.

The claim is committed before anything is sent. A conversation ends well before its lease does. What
was finished is completed together; what was not begun when the process stops is given back.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import structlog

from gateway.delivery.attempts import Attempts
from gateway.delivery.batching import grouped
from gateway.delivery.context import WorkerContext
from gateway.delivery.conversation import SystemConnection
from gateway.delivery.turn import Turns
from gateway.delivery.wake_up import WakeUp
from gateway.dossiers.limits import limits_of
from gateway.dossiers.systems import System
from gateway.rules.gate import Gate
from gateway.rules.outcomes import ALL_MAY_STAND_TWICE, MAY_STAND, MAY_STAND_TWICE, word
from gateway.store.work.turns import Completed, Finished, Restored, Turn, unpack
from gateway.watch.outages import Loop
from schemas.base import spoken

log = structlog.get_logger()

BATCH = 200
"""At most so many lanes are claimed or completed in one transaction."""
SPACING, LONGEST = 0.02, 0.1
"""Seconds from one look at the outbox to the next while conversations go on, at least and at most:
what ends meanwhile is completed together. A transaction costs little more for twenty lanes than for
one.
"""
REST = 2.0
"""Within these bounds, so many times as long as the last look took: the slower, the more together.
"""


class Runner:
    """Delivers the lanes of one system."""

    def __init__(self, context: WorkerContext, system: System, outbound: SystemConnection) -> None:
        self.system, self.outbound = system, outbound
        self._context = context
        self._limits = limits_of(system, context.worker, context.scale, context.ways.get(system.id))
        self._wake_up = WakeUp()
        self._turns = Turns(context, system, self._limits)
        self._attempts = Attempts(context, system, outbound, self._wake_up.inside)
        self._open = True
        self._loop = Loop("runner", system=system.name)

    def wake(self) -> None:
        """Look at the outbox soon; while the gate lets nobody pass, news are kept until it may."""
        self._wake_up.outside()

    async def run(self) -> None:
        """Deliver until cancelled; on the way out, finish or give back what is under way."""
        try:
            while True:
                begun = time.monotonic()
                try:
                    pause = await self._turn()
                except Exception as error:  # noqa: BLE001 - a runner outlives a lost database
                    self._loop.met(error)
                    pause = 1.0
                else:
                    self._loop.worked()
                rest = REST * (time.monotonic() - begun)
                await self._wait(pause)
                await self._gather(begun + min(LONGEST, max(SPACING, rest)))
        finally:
            await self._finish()

    async def _turn(self) -> float:
        """Complete what ended and begin what may; give the seconds until the next look."""
        self._wake_up.clear()
        free = min(BATCH, self._places * self._limits.together)
        if free <= 0 and not self._attempts.ended:
            return 1.0
        turn = await self._take(max(0, free))
        self._wake_up.bar(turn.claimed.barred / 1000)
        if not turn.claimed.claims:
            # Where no place was free, the places of what has just been completed are free by now.
            return 0.0 if self._attempts.ended or free <= 0 else turn.claimed.look_again / 1000
        works, unreadable = unpack(
            self.system.name, turn.claimed.claims, turn.versions, self._restored()
        )
        for claim in unreadable:
            self._attempts.unreadable(claim)
        if self._limits.appends and self._limits.on_uncertain == "park":
            works = self._attempts.left_to_a_human(works, looks_up=self._limits.looks_up)
        groups, places = grouped(works, self._limits.together), self._places
        for group in groups[:places]:
            self._attempts.begin(group)
        # Lanes that go alone need a conversation each: what finds no place is not held on to.
        if surplus := [one.claim for group in groups[places:] for one in group]:
            await self._turns.give_back(surplus)
            return 1.0
        return 0.0 if len(turn.claimed.claims) == free else 1.0

    def _restored(self) -> Restored | None:
        """Say how what happened before a restore is doubted; None: there was none."""
        at = self._context.systems.history.restored
        if at is None:
            return None
        if not self._limits.appends:
            return Restored(at, MAY_STAND)
        reads = self._limits.on_uncertain == "park" and self._limits.looks_up
        return Restored(at, MAY_STAND_TWICE if reads else ALL_MAY_STAND_TWICE)

    @property
    def _places(self) -> int:
        """How many conversations may begin, as far as this process is concerned."""
        return self.system.facts.at_once - len(self._attempts.running)

    async def _take(self, free: int) -> Turn:
        batch = self._attempts.ended[:BATCH]
        return await self._turns.take(batch, free, lambda done: self._completed(batch, done))

    def _completed(self, batch: Sequence[Finished], completed: Completed) -> None:
        """Let retries and logs know of attempts whose end was committed."""
        del self._attempts.ended[: len(batch)]
        self._context.retries.hold(completed.waits)
        self._context.wake(completed.freed)
        self._say(batch, completed)

    def _say(self, batch: Sequence[Finished], completed: Completed) -> None:
        """Log what changed: lanes that were told or parked, and the gate when it shuts or opens.

        What goes on waiting is no news: a system that is away for an hour makes a handful of lines.
        """
        for one, transition in zip(batch, completed.transitions, strict=True):
            if transition in {"waiting", "again"}:
                continue
            log.info(
                transition,
                system=self.system.name,
                dossier=str(one.claim.dossier_id),
                fence=one.claim.fence,
                attempt=str(one.id),
                outcome=word(one.outcome),
            )
        is_open = completed.gate.state == "open"
        if is_open != self._open:
            self._open = is_open
            log.warning(
                "gate",
                system=self.system.name,
                state="open" if is_open else "shut",
                **({} if is_open else _closure(completed.gate)),
            )

    async def _wait(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        await self._wake_up.wait(seconds * (0.9 + 0.2 * self._context.randomness.random()))

    async def _gather(self, until: float) -> None:
        """Wait for more to end, unless nobody talks any more, or half of the places are to free."""
        enough = self._limits.at_once // 2
        while self._attempts.running and len(self._attempts.ended) < enough:
            left = until - time.monotonic()
            if left <= 0:
                return
            self._wake_up.clear()
            await self._wake_up.wait(left)

    async def _finish(self) -> None:
        """Let conversations come to their end, and complete them."""
        await self._attempts.finish()
        while self._attempts.ended:
            await self._take(0)

    async def close(self) -> None:
        """Close the way to the system."""
        await self.outbound.close()


def _closure(gate: Gate) -> dict[str, Any]:
    """Say since when a gate is closed and why, by which dossier and on which call."""
    since = None if gate.since is None else spoken(datetime.fromtimestamp(gate.since / 1000, UTC))
    return {"why": gate.why, "since": since, "dossier": gate.by, "call": gate.call}
