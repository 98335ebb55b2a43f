"""Attempts under way: conversations on claimed lanes, and how those that ended did."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from uuid import UUID

import structlog
from uuid_utils.compat import uuid7

from adapters.kit.port import Facts, Step
from gateway.delivery.context import WorkerContext
from gateway.delivery.conversation import (
    Ended,
    SystemConnection,
    converse,
    converse_many,
    told_perhaps,
    unreadable_lane,
)
from gateway.dossiers.systems import System
from gateway.rules.outcomes import MAY_STAND_TWICE
from gateway.store.errors import StoreUnavailable
from gateway.store.work.lanes import Claim
from gateway.store.work.turns import Finished, Work
from gateway.watch import metrics
from schemas.outcome import Delivered

log = structlog.get_logger()


class Attempts:
    """The attempts of one system in one process; `ended` waits to be completed in the store."""

    def __init__(
        self,
        context: WorkerContext,
        system: System,
        outbound: SystemConnection,
        news: Callable[[], None],
    ) -> None:
        self._context = context
        self._system = system
        self._outbound = outbound
        self._news = news
        self.running: set[asyncio.Task[None]] = set()
        self.ended: list[Finished] = []

    def begin(self, works: Sequence[Work]) -> None:
        """Begin one conversation: about one lane, or about several."""
        talk = self._one(works[0]) if len(works) == 1 else self._many(works)
        task = asyncio.create_task(talk)
        self.running.add(task)
        task.add_done_callback(self.running.discard)

    def unreadable(self, claim: Claim) -> None:
        """End an attempt at a lane of which the stored dossier cannot be read."""
        log.error("unreadable", system=self._system.name, dossier=str(claim.dossier_id))
        self._pile(claim, unreadable_lane())

    def left_to_a_human(self, works: Sequence[Work], *, looks_up: bool) -> list[Work]:
        """Leave out what may have been told before a restore, where a human is to decide on that.

        Whoever lets such a lane go again has looked, and it is told. looks_up: the system can be
        asked instead
        """
        kept = []
        for one in works:
            if looks_up or not one.lost or one.ordered:
                kept.append(one)
            else:
                self._pile(one.claim, told_perhaps())
        return kept

    async def finish(self) -> None:
        """Let conversations come to their end: their deadline bounds the wait."""
        if self.running:
            await asyncio.wait(self.running, timeout=self._system.facts.conversation)

    async def _one(self, work: Work) -> None:
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
                self._context.store,
                self._system,
                self._outbound,
                _step(work, self._system.facts),
                claim,
                attempt,
            )
        except StoreUnavailable:
            # What was sent stands in no ledger yet: the lease lapses, and the lane is in doubt.
            log.debug("checkpoint_lost")
            return
        self._exchanged(ended)
        self._note(work, ended)

    async def _many(self, works: Sequence[Work]) -> None:
        """Hold one conversation about several dossiers; each has its own end."""
        told = [_step(one, self._system.facts) for one in works]
        attempts: list[UUID] = [uuid7() for _ in works]
        ended = await converse_many(self._system, self._outbound, told, attempts)
        self._exchanged(ended[0])
        for work, one in zip(works, ended, strict=True):
            self._note(work, one)

    def _exchanged(self, ended: Ended) -> None:
        for one in ended.detail.get("exchanges", ()):
            metrics.exchanged(self._system.name, one["ms"] / 1000)

    def _note(self, work: Work, ended: Ended) -> None:
        metrics.attempted(self._system.name, ended.name, ended.seconds)
        if isinstance(ended.outcome, Delivered) and work.events:
            stored = min(event.recorded_at for event in work.events)
            metrics.delivered(self._system.name, time.time() - stored.timestamp())
        self._pile(work.claim, ended)

    def _pile(self, claim: Claim, ended: Ended) -> None:
        """Put what came of an attempt on the pile to complete."""
        self.ended.append(
            Finished(
                id=ended.id,
                claim=claim,
                outcome=ended.outcome,
                started_at=ended.started_at,
                ended_at=int(time.time() * 1000),
                detail=ended.detail,
                jitter=self._context.randomness.random(),
                progressed=ended.progressed,
                blamed=ended.blamed,
                appended=ended.appended,
            )
        )
        self._news()


def _step(work: Work, facts: Facts) -> Step:
    claim = work.claim
    return Step(
        dossier=work.dossier,
        events=work.events,
        remote=claim.remote,
        doubt=work.doubt,
        born_here=claim.born_here,
        on_exists=facts.on_exists,
        on_undecided="park"
        if facts.on_uncertain == "park" and claim.uncertainty == MAY_STAND_TWICE
        else "send",
    )
