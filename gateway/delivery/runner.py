"""One runner per system: claim what the gate lets pass, hold the conversations, settle in batches.

The claim is committed before anything is sent. A conversation ends well before its lease does. What
was finished is settled together; what was not begun when the process stops is given back.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

import structlog
from uuid_utils.compat import uuid7

from adapters.kit.port import Step
from gateway.admission.allocate import assign_codes
from gateway.delivery.claim_hints import QueueStart, ReclaimTimer
from gateway.delivery.conversation import (
    Ended,
    SystemConnection,
    converse,
    converse_many,
    unreadable_lane,
)
from gateway.dossiers.systems import System, Systems
from gateway.retries.port import Retries
from gateway.rules.outcomes import word
from gateway.store.engine import Connection, Store
from gateway.store.errors import StoreUnavailable
from gateway.store.work import lanes, settling, steps
from gateway.store.work.gate_lock import Entry, entered
from gateway.store.work.lanes import Claim, Claimed, Terms
from gateway.store.work.settling import Finished, Settled
from gateway.store.work.steps import Versions, Work
from gateway.watch import metrics
from schemas.outcome import Delivered

log = structlog.get_logger()

BATCH = 200
"""At most so many lanes are claimed or settled in one transaction."""
SPACING, LONGEST = 0.02, 0.1
"""Seconds from one look at the outbox to the next while conversations go on, at least and at most:
what ends meanwhile is settled together. A transaction costs little more for twenty lanes than for
one.
"""
REST = 2.0
"""Within these bounds, so many times as long as the last look took: the slower, the more together.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerContext:
    """What every runner works with."""

    store: Store
    systems: Systems
    retries: Retries
    worker: str
    scale: float
    wake: Callable[[Collection[int]], None] = lambda _: None
    """Told the systems that got new work within this process."""
    randomness: random.Random = field(default_factory=random.Random)


def _step(work: Work) -> Step:
    claim = work.claim
    return Step(
        dossier=work.dossier,
        events=work.events,
        remote=claim.remote,
        doubt=claim.uncertainty > 0,
        born_here=claim.born_here,
    )


class Runner:
    """Delivers the lanes of one system."""

    def __init__(self, bench: WorkerContext, system: System, outbound: SystemConnection) -> None:
        self._bench = bench
        self.system = self._system = system
        self.outbound = self._outbound = outbound
        self._news = asyncio.Event()
        self._talking: set[asyncio.Task[None]] = set()
        self._ended: list[Finished] = []
        self._beginning = QueueStart()
        self._reclaiming = ReclaimTimer()
        self._open = True
        self._barred = 0.0
        self._postponed = False
        facts = system.facts
        many = system.adapter.deliver_many is not None and system.config.mode == "live"
        self._together = facts.batch if many else 1
        self._terms = Terms(
            system=system.id,
            worker=bench.worker,
            adapter=system.adapter_version,
            at_once=facts.at_once * self._together,
            lease=int(facts.lease_seconds * 1000),
            linger=int(facts.linger * bench.scale * 1000),
            appends=facts.appends,
            parks_doubt=facts.on_uncertain == "park",
        )
        self._rules = settling.Rules(
            system=system.id,
            worker=bench.worker,
            adapter=system.adapter_version,
            at_once=facts.at_once * self._together,
            linger=facts.linger,
            on_uncertain=facts.on_uncertain,
            scale=bench.scale,
        )

    def wake(self) -> None:
        """Look at the outbox soon; while the gate lets nobody pass, news are kept until it may."""
        left = self._barred - time.monotonic()
        if left <= 0:
            self._news.set()
        elif not self._postponed:
            self._postponed = True
            asyncio.get_running_loop().call_later(left, self._heard)

    def _heard(self) -> None:
        self._postponed = False
        self._news.set()

    async def run(self) -> None:
        """Deliver until cancelled; on the way out, finish or give back what is under way."""
        try:
            while True:
                begun = time.monotonic()
                try:
                    pause = await self._turn()
                except Exception as error:  # noqa: BLE001 - a runner outlives a lost database
                    log.warning(
                        "runner_failed", system=self._system.name, error=type(error).__name__
                    )
                    pause = 1.0
                rest = REST * (time.monotonic() - begun)
                await self._wait(pause)
                await self._gather(begun + min(LONGEST, max(SPACING, rest)))
        finally:
            await self._finish()

    async def _turn(self) -> float:
        """Settle what ended and claim what may begin; give the seconds until the next look."""
        self._news.clear()
        free = min(BATCH, (self._system.facts.at_once - len(self._talking)) * self._together)
        if free <= 0 and not self._ended:
            return 1.0
        claimed, stored = await self._settle_and_claim(max(0, free))
        self._barred = time.monotonic() + claimed.barred / 1000
        if not claimed.claims:
            # Where no place was free, the places of what has just been settled are free by now.
            return 0.0 if self._ended or free <= 0 else claimed.look_again / 1000
        groups = self._grouped(self._unpack(claimed.claims, stored))
        places = self._system.facts.at_once - len(self._talking)
        for works in groups[:places]:
            talk = self._attempt(works[0]) if len(works) == 1 else self._attempt_many(works)
            task = asyncio.create_task(talk)
            self._talking.add(task)
            task.add_done_callback(self._talking.discard)
        # Lanes that go alone need a conversation each: what finds no place is not held on to.
        if surplus := [one.claim for works in groups[places:] for one in works]:
            await self._bench.store.write(lambda connection: lanes.release(connection, surplus))
            return 1.0
        return 0.0 if len(claimed.claims) == free else 1.0

    async def _settle_and_claim(self, free: int) -> tuple[Claimed, list[Versions]]:
        """Settle, claim lanes and read what they have to say, in one transaction.

        Where it fails, what ended stays to be settled: a repeated settlement is harmless. Whoever
        is stopped in the middle gives back what it had claimed.
        """
        batch = self._ended[:BATCH]
        since = self._beginning.since(time.monotonic())
        reclaim = self._reclaiming.due(time.monotonic())

        def turn(connection: Connection) -> tuple[Settled | None, Claimed, list[Versions]]:
            claimed = Claimed((), lanes.LOOK_AGAIN)
            with entered(connection, self._system.id) as at:
                settled = self._settle_rows(connection, batch, at) if batch else None
                if free:
                    claimed = lanes.claim(
                        connection, self._terms, free, at, reclaim=reclaim, since=since
                    )
            return settled, claimed, steps.versions(connection, claimed.claims)

        writing = asyncio.ensure_future(self._bench.store.write(turn))
        try:
            settled, claimed, stored = await asyncio.shield(writing)
        except asyncio.CancelledError:
            settled, claimed, _ = await writing
            self._settled(batch, settled)
            await self._bench.store.write(
                lambda connection: lanes.release(connection, claimed.claims)
            )
            raise
        self._settled(batch, settled)
        if claimed.only_lapsed:
            self._reclaiming.note(claimed.cost, time.monotonic())
        elif free:
            self._beginning.note(since, claimed.lowest, claimed.cost, time.monotonic())
        return claimed, stored

    def _settled(self, batch: Sequence[Finished], settled: Settled | None) -> None:
        """Let retries and logs know of a settlement that was committed."""
        if settled is None:
            return
        self._ended = self._ended[len(batch) :]
        self._bench.retries.hold(settled.waits)
        self._bench.wake(settled.freed)
        self._say(batch, settled)

    def _unpack(self, claims: Sequence[Claim], stored: Sequence[Versions]) -> list[Work]:
        work, unreadable = steps.unpack(self._system.name, claims, stored)
        for claim in unreadable:
            log.error("unreadable", system=self._system.name, dossier=str(claim.dossier_id))
            self._ended.append(self._finished(claim, unreadable_lane()))
            self._news.set()
        return work

    def _grouped(self, works: Sequence[Work]) -> list[Sequence[Work]]:
        """Say what is told together; a lane that failed, or is in doubt, goes alone."""
        size = self._together
        if size == 1:
            return [[one] for one in works]
        fresh = [one for one in works if not (one.claim.tries or one.claim.uncertainty)]
        alone = [one for one in works if one.claim.tries or one.claim.uncertainty]
        groups = [fresh[start : start + size] for start in range(0, len(fresh), size)]
        return [*groups, *([one] for one in alone)]

    async def _attempt_many(self, works: Sequence[Work]) -> None:
        """Hold one conversation about several dossiers; each has its own end."""
        told = [_step(one) for one in works]
        attempts = [uuid7() for _ in works]
        ended = await converse_many(self._system, self._outbound, told, attempts)
        self._exchanged(ended[0])
        for work, one in zip(works, ended, strict=True):
            self._note(work, one)

    def _exchanged(self, ended: Ended) -> None:
        for one in ended.detail.get("exchanges", ()):
            metrics.exchanged(self._system.name, one["ms"] / 1000)

    async def _attempt(self, work: Work) -> None:
        """Hold one conversation and put what came of it on the pile to settle."""
        claim, attempt = work.claim, uuid7()
        # Every line that is written from here on, by whomever, says whose it is.
        structlog.contextvars.bind_contextvars(
            system=self._system.name,
            dossier=str(claim.dossier_id),
            fence=claim.fence,
            attempt=str(attempt),
        )
        try:
            ended = await converse(
                self._bench.store, self._system, self._outbound, _step(work), claim, attempt
            )
        except StoreUnavailable:
            # What was sent stands in no ledger yet: the lease lapses, and the lane is in doubt.
            log.warning("checkpoint_lost")
            return
        self._exchanged(ended)
        self._note(work, ended)

    def _note(self, work: Work, ended: Ended) -> None:
        metrics.attempted(self._system.name, ended.name, ended.seconds)
        if isinstance(ended.outcome, Delivered) and work.events:
            stored = min(event.recorded_at for event in work.events)
            metrics.delivered(self._system.name, time.time() - stored.timestamp())
        self._ended.append(self._finished(work.claim, ended))
        self._news.set()

    def _finished(self, claim: Claim, ended: Ended) -> Finished:
        return Finished(
            id=ended.id,
            claim=claim,
            outcome=ended.outcome,
            started_at=ended.started_at,
            ended_at=int(time.time() * 1000),
            detail=ended.detail,
            name=ended.name,
            jitter=self._bench.randomness.random(),
            progressed=ended.progressed,
            blamed=ended.blamed,
        )

    def _say(self, batch: Sequence[Finished], settled: Settled) -> None:
        """Log what changed: lanes that were told or parked, and the gate when it shuts or opens.

        What goes on waiting is no news: a system that is away for an hour makes a handful of lines.
        """
        for one, became in zip(batch, settled.became, strict=True):
            if became in {"waiting", "again"}:
                continue
            log.info(
                became,
                system=self._system.name,
                dossier=str(one.claim.dossier_id),
                fence=one.claim.fence,
                attempt=str(one.id),
                outcome=one.name or word(one.outcome),
            )
        is_open = settled.gate == "open"
        if is_open != self._open:
            self._open = is_open
            log.warning("gate", system=self._system.name, state="open" if is_open else "shut")

    def _settle_rows(self, connection: Connection, batch: Sequence[Finished], at: Entry) -> Settled:
        settled = settling.settle(connection, self._rules, batch, at)
        if settled.codes:
            systems = self._bench.systems
            freed = assign_codes(connection, systems, self._system, settled.codes)
            return replace(settled, freed=freed)
        return settled

    async def _wait(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        spread = seconds * (0.9 + 0.2 * self._bench.randomness.random())
        try:
            async with asyncio.timeout(spread):
                await self._news.wait()
        except TimeoutError:
            return

    async def _gather(self, until: float) -> None:
        """Wait for more to end, unless nobody talks any more, or half of the places are to free."""
        enough = self._system.facts.at_once * self._together // 2
        while self._talking and len(self._ended) < enough:
            left = until - time.monotonic()
            if left <= 0:
                return
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._news.wait()

    async def _finish(self) -> None:
        """Let conversations come to their end: their deadline bounds the wait."""
        if self._talking:
            await asyncio.wait(self._talking, timeout=self._system.facts.conversation)
        while self._ended:
            await self._settle_and_claim(0)

    async def close(self) -> None:
        """Close the way to the system."""
        await self._outbound.close()
