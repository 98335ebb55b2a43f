"""Settling: attempts, lanes, gate and agenda move together, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.rules import gate as gates
from gateway.rules.gate import Gate, Result
from gateway.rules.outcomes import AskLater, Close, Fate, Lane, Park, Wait, decide, word
from gateway.rules.schedule import Waiting
from gateway.store import attempts
from gateway.store.attempts import Attempt
from gateway.store.dialect import now as db_now
from gateway.store.lanes import Claim
from gateway.store.tables import ASKED, PARKED, READY, WAITING, lane, system, todo
from schemas.outcome import CannotExpress, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """An attempt that ended: what it was, what came of it, and a jitter drawn for its wait."""

    id: UUID
    claim: Claim
    outcome: Outcome | CannotExpress
    started_at: int
    ended_at: int
    detail: dict[str, Any]
    jitter: float
    name: str | None = None  # instead of the outcome's own word: "shadowed"
    progressed: bool = False  # the next try begins further on


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What settling needs to know of the system; times in seconds."""

    system: int
    worker: str
    adapter: str
    at_once: int
    linger: float
    on_uncertain: str
    scale: float


Became = Literal["told", "waiting", "parked", "again", "late"]


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of the lanes: which wait, and which official codes were allocated.

    became: of each attempt in turn: told, waiting, parked, again, or late; gate: its state now
    """

    waits: tuple[Waiting, ...]
    codes: tuple[tuple[UUID, str], ...]
    became: tuple[Became, ...]
    gate: gates.State


_KEY = sa.and_(todo.c.dossier_id == sa.bindparam("d"), todo.c.system == sa.bindparam("s"))


def settle(connection: Connection, rules: Rules, finished: Sequence[Finished]) -> Settled:
    """Write what became of some attempts of one system; a late one changes no lane."""
    now = db_now(connection)
    row = connection.execute(
        sa.select(system.c.gate, system.c.gate_until)
        .where(system.c.id == rules.system)
        .with_for_update()
    ).one()
    gate, until = Gate.read(row.gate), row.gate_until
    held = _held(connection, rules.system, finished)
    lines: list[Attempt] = []
    became: list[Became] = []
    waits: list[Waiting] = []
    codes: list[tuple[UUID, str]] = []
    places = 0
    for one in finished:
        head = held.get(one.claim.dossier_id)
        late = head is None or head.fence != one.claim.fence or head.lease_until is None
        lines.append(_line(one, rules, late=late))
        if late or head is None:
            became.append("late")
            continue
        places += 1
        fate, said, cause = decide(one.outcome, _lane(one, rules), gate, one.jitter)
        gate, until = gates.settle(
            gate,
            until,
            [Result(str(one.claim.dossier_id), said, cause)],
            now=now,
            at_once=rules.at_once,
            scale=rules.scale,
        )
        if isinstance(fate, Park) and fate.owner in MENDING and head.head_seq > one.claim.head_seq:
            _again(connection, one, now)  # something came in meanwhile that may have mended it
            became.append("again")
            continue
        became.append(BECAME[type(fate)])
        wait = _move(connection, one, head.head_seq, fate, now, rules)
        if wait is not None:
            waits.append(wait)
        if isinstance(fate, Close) and fate.official_code is not None:
            codes.append((one.claim.dossier_id, fate.official_code))
    attempts.write(connection, lines)
    connection.execute(
        system.update()
        .where(system.c.id == rules.system)
        .values(gate=gate.row(), gate_until=until, inflight=system.c.inflight - places)
    )
    return Settled(tuple(waits), tuple(codes), tuple(became), gate.state)


BECAME: dict[type, Became] = {Close: "told", AskLater: "told", Wait: "waiting", Park: "parked"}
MENDING = frozenset({"officer", "integrator"})
"""Who mends by an event: a correction that came while the step was under way counts."""


def _again(connection: Connection, one: Finished, now: int) -> None:
    """Let a lane go on at once with what is new."""
    connection.execute(
        todo.update().where(_KEY).values(state=READY, lease_until=None, rank=now, wake_at=None),
        {"d": one.claim.dossier_id, "s": one.claim.system},
    )


def _held(connection: Connection, of: int, finished: Sequence[Finished]) -> dict[UUID, Any]:
    """Lock the agenda's rows in one order, so that two settlements cannot wait for each other."""
    rows = connection.execute(
        sa.select(todo.c.dossier_id, todo.c.fence, todo.c.lease_until, todo.c.head_seq)
        .where(
            todo.c.system == of, todo.c.dossier_id.in_([one.claim.dossier_id for one in finished])
        )
        .order_by(todo.c.dossier_id)
        .with_for_update()
    )
    return {row.dossier_id: row for row in rows}


def _lane(one: Finished, rules: Rules) -> Lane:
    """Say how a lane stands; one that came further is not failing at one and the same place."""
    claim = one.claim
    return Lane(
        tries=0 if one.progressed else claim.tries,
        doubt=claim.doubt,
        failing_since=None if one.progressed else claim.failing_since,
        linger=rules.linger,
        on_uncertain=rules.on_uncertain,
    )


def _line(one: Finished, rules: Rules, *, late: bool) -> Attempt:
    claim = one.claim
    return Attempt(
        id=one.id,
        dossier_id=claim.dossier_id,
        system=claim.system,
        from_seq=claim.done_seq + 1,
        to_seq=claim.head_seq,
        fence=claim.fence,
        worker=rules.worker,
        started_at=one.started_at,
        ended_at=one.ended_at,
        outcome=one.name or word(one.outcome),
        late=late,
        adapter=rules.adapter,
        detail=one.detail,
    )


def _move(
    connection: Connection, one: Finished, head_seq: int, fate: Fate, now: int, rules: Rules
) -> Waiting | None:
    """Move one lane as decided."""
    claim = one.claim
    key = {"d": claim.dossier_id, "s": claim.system}
    match fate:
        case Close(up_to=up_to, remote=remote):
            connection.execute(
                lane.update()
                .where(lane.c.dossier_id == claim.dossier_id, lane.c.system == claim.system)
                .values(
                    remote=asdict(remote),
                    done_at=now,
                    done_seq=sa.case((lane.c.done_seq < up_to, up_to), else_=lane.c.done_seq),
                )
            )
            if head_seq <= up_to:
                connection.execute(todo.delete().where(_KEY), key)
            else:  # something happened meanwhile
                connection.execute(
                    todo.update()
                    .where(_KEY)
                    .values(
                        lease_until=None,
                        rank=now,
                        doubt=0,
                        tries=0,
                        lost=0,
                        failing_since=None,
                        reason=None,
                        since=now,
                    ),
                    key,
                )
            return None
        case AskLater(seconds=seconds, remote=remote, holds=holds):
            connection.execute(
                lane.update()
                .where(lane.c.dossier_id == claim.dossier_id, lane.c.system == claim.system)
                .values(remote=asdict(remote))
            )
            waits = ASKED if holds or head_seq == claim.head_seq else READY
            connection.execute(
                todo.update()
                .where(_KEY)
                .values(
                    state=waits,
                    lease_until=None,
                    tries=0,
                    failing_since=None,
                    reason="asked_holds" if holds else "asked",
                    wake_at=now + int(seconds * rules.scale * 1000),
                ),
                key,
            )
            return Waiting(claim.dossier_id, claim.system, claim.fence, seconds * rules.scale)
        case Wait(seconds=seconds, reason=reason, doubt=doubt, counted=counted):
            moved = one.progressed or claim.failing_since is None
            since = now if moved else claim.failing_since
            connection.execute(
                todo.update()
                .where(_KEY)
                .values(
                    state=WAITING,
                    lease_until=None,
                    doubt=doubt,
                    reason=reason,
                    tries=(0 if one.progressed else claim.tries) + counted,
                    failing_since=since,
                    wake_at=now + int(seconds * rules.scale * 1000),
                ),
                key,
            )
            return Waiting(claim.dossier_id, claim.system, claim.fence, seconds * rules.scale)
        case Park(owner=owner, reason=reason, cause=cause, problems=problems):
            connection.execute(
                todo.update()
                .where(_KEY)
                .values(
                    state=PARKED,
                    lease_until=None,
                    wake_at=None,
                    reason=reason,
                    cause=cause[:200],
                    parked_for=owner,
                    detail=[asdict(problem) for problem in problems],
                ),
                key,
            )
            return None
