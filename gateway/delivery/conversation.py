"""One conversation on a leased lane: who carries it, what the store records, how it ended."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from adapters.kit.driver import Conversation, Exchanged, Fenced, Transport, first_request
from adapters.kit.files import Folder
from adapters.kit.http import HttpTransport
from adapters.kit.port import Checkpoint, Http, Put, Step, Take
from adapters.kit.session import SessionCache
from adapters.kit.sql import OdbcDatabase
from gateway.delivery.foreign_clocks import ForeignClocks
from gateway.dossiers.systems import System
from gateway.dossiers.unheard import unheard
from gateway.rules.outcomes import ALL_MAY_STAND_TWICE, MAY_STAND_TWICE, Shadowed, word
from gateway.store.engine import Store
from gateway.store.work import lanes
from gateway.store.work.lanes import Claim
from schemas.outcome import (
    Blocked,
    CannotExpress,
    Delivered,
    Malformed,
    Outcome,
    Pending,
    Uncertain,
    Unreachable,
)

MAY_STAND = (Delivered, Pending, Uncertain)
"""Outcomes after which what was sent last stands there, or may."""
EXCHANGED = tuple(one.name for one in fields(Exchanged))


@dataclass(frozen=True, slots=True)
class SystemConnection:
    """The ways to one system: its socket and its session, or its folder and its database.

    clocks: who looks at the clock of its replies
    """

    session_cache: SessionCache
    transport: HttpTransport | None = None
    folder: Folder | None = None
    database: OdbcDatabase | None = None
    clocks: ForeignClocks | None = None

    @property
    def way(self) -> Transport | None:
        """Give the way that conversations go."""
        if self.transport is None or self.clocks is None:
            return self.transport
        return self.clocks.on(self.transport.host, self.transport)

    async def close(self) -> None:
        """Close what is open."""
        if self.transport is not None:
            await self.transport.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a conversation ended; `name` is the outcome's word.

    progressed: a checkpoint was stored on the way, so that the next try begins further on
    blamed: False: it was told with others, and what befell all of them says nothing of this one
    appended: the event up to which the first line told that was added, as far as is known; None:
        nothing was
    """

    id: UUID
    outcome: Outcome | CannotExpress | Shadowed
    name: str
    started_at: int
    seconds: float
    detail: dict[str, Any]
    progressed: bool = False
    blamed: bool = True
    appended: int | None = None


def unreadable_lane() -> Ended:
    """Say that what is stored of a dossier cannot be read: for the integrator, never repeated."""
    outcome = Malformed(why="what is stored cannot be read", raw="")
    return Ended(
        id=uuid7(),
        outcome=outcome,
        name="malformed",
        seconds=0.0,
        started_at=int(time.time() * 1000),
        detail={"why": outcome.why},
    )


def told_perhaps() -> Ended:
    """Say that a step may have been told in a time of which nothing is known: a human looks."""
    why = "it may have been told before the database was restored"
    outcome = Uncertain(why=why, effect="append", undecided=True)
    return Ended(
        id=uuid7(),
        outcome=outcome,
        name="uncertain",
        seconds=0.0,
        started_at=int(time.time() * 1000),
        detail={"exchanges": [], "why": why},
    )


async def converse(
    store: Store,
    system: System,
    outbound: SystemConnection,
    step: Step,
    claim: Claim,
    attempt: UUID,
) -> Ended:
    """Hold the conversation of one step; in shadow mode translate it, and send nothing.

    attempt: under which it stands in the ledger and in the logs
    """
    begun, started = time.monotonic(), int(time.time() * 1000)
    outcome: Outcome | CannotExpress | Shadowed
    progressed = False
    silent = unheard(step, claim.done_seq)
    appended: int | None = None
    if silent is not None:
        outcome, detail = silent, {"exchanges": [], **_detail(silent)}
    elif system.config.mode == "shadow":
        outcome, detail = _shadow(system, step)
    else:
        live = await _live(store, system, outbound, step, claim)
        outcome, detail, progressed, appended = live
    return Ended(
        id=attempt,
        outcome=outcome,
        name=word(outcome),
        started_at=started,
        seconds=time.monotonic() - begun,
        detail=detail,
        progressed=progressed,
        appended=appended,
    )


async def converse_many(
    system: System, outbound: SystemConnection, steps: Sequence[Step], attempts: Sequence[UUID]
) -> list[Ended]:
    """Hold one conversation about several dossiers; an end for each.

    A system that is away is blamed on the first alone. An answer that judges all of them as one is
    blamed on nobody: who is guilty shows when they go one by one.
    """
    begun, started = time.monotonic(), int(time.time() * 1000)
    conversation = Conversation(
        adapter=system.adapter,
        settings=system.settings,
        transport=outbound.way,
        folder=outbound.folder,
        session_cache=outbound.session_cache,
        seconds=system.facts.conversation,
    )
    found: Sequence[Outcome | CannotExpress] | Outcome | CannotExpress
    try:
        found = await conversation.run_many(steps)
    except TypeError as error:
        found = Malformed(why=f"the adapter failed: {type(error).__name__}", raw="")
    if isinstance(found, Sequence):
        outcomes, blamed = found, len(steps)
    else:
        outcomes = [found] * len(steps)
        blamed = int(isinstance(found, (Unreachable, Uncertain, Blocked)))
    seconds = time.monotonic() - begun
    exchanges = _exchanges(conversation)
    return [
        Ended(
            id=attempt,
            outcome=outcome,
            name=word(outcome),
            started_at=started,
            seconds=seconds,
            detail=_detail(outcome) | {"exchanges": exchanges, "together": len(steps)},
            blamed=number < blamed,
        )
        for number, (attempt, outcome) in enumerate(zip(attempts, outcomes, strict=True))
    ]


def _exchanges(conversation: Conversation) -> list[dict[str, Any]]:
    return [{name: getattr(one, name) for name in EXCHANGED} for one in conversation.trace]


def _detail(outcome: Outcome | CannotExpress) -> dict[str, Any]:
    """Give what the ledger keeps of an outcome's words."""
    found = {name: getattr(outcome, name, None) for name in ("why", "raw", "note")}
    return {name: text for name, text in found.items() if text}


async def _live(
    store: Store, system: System, outbound: SystemConnection, step: Step, claim: Claim
) -> tuple[Outcome | CannotExpress, dict[str, Any], bool, int | None]:
    kept, first = step.remote, None

    async def checkpoint(asked: Checkpoint) -> None:
        nonlocal kept, first
        every = claim.again or claim.uncertainty == ALL_MAY_STAND_TWICE
        doubted = every or (first is None and claim.uncertainty >= MAY_STAND_TWICE)
        twice = doubted and conversation.appended
        if first is None and conversation.appended:
            first = asked.up_to
        held = await store.write(
            lambda connection: lanes.checkpoint(
                connection, claim, asked.remote, asked.up_to, twice=twice
            )
        )
        if not held:
            raise Fenced
        kept = asked.remote

    conversation = Conversation(
        adapter=system.adapter,
        settings=system.settings,
        transport=outbound.way,
        folder=outbound.folder,
        session_cache=outbound.session_cache,
        checkpoint=checkpoint,
        seconds=system.facts.conversation,
    )
    outcome: Outcome | CannotExpress
    try:
        outcome = await conversation.run(step)
    except CannotExpress as error:
        outcome = error
    except Fenced:
        # Somebody else holds the lane: completing it will find that, and mark this try late.
        outcome = Uncertain(why="the lease was lost", effect="keyed")
    except TypeError as error:
        outcome = Malformed(why=f"the adapter failed: {type(error).__name__}", raw="")
    detail = {"exchanges": _exchanges(conversation), **_detail(outcome)}
    if first is None and conversation.appended and isinstance(outcome, MAY_STAND):
        first = claim.head_seq
    return outcome, detail, kept != step.remote, first


def _shadow(system: System, step: Step) -> tuple[CannotExpress | Shadowed, dict[str, Any]]:
    """Translate, keep the exact request, send nothing: the request that would go, were it live."""
    found = first_request(system.adapter, step, system.settings)
    if isinstance(found, CannotExpress):
        return found, {"shadow": True}
    request = {} if found is None else _shown(found)
    return Shadowed(), {"shadow": True, "request": request}


def _shown(asked: Http | Put | Take) -> dict[str, Any]:
    """Write down a request that was not sent."""
    if isinstance(asked, Http):
        return {
            "method": asked.method,
            "path": asked.path,
            "query": dict(asked.query),
            "json": asked.json,
            "form": asked.form,
        }
    if isinstance(asked, Put):
        return {"method": "PUT", "name": asked.name, "body": asked.body.decode("latin-1")}
    return {"method": "TAKE", "name": asked.pattern}
