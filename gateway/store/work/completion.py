"""How attempts end: ledger, lanes, gate and outbox move together, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.dossiers.limits import Limits
from gateway.rules import gate as gates
from gateway.rules.lane_states import ASKED, PARKED, READY, SHADOWED, UNTOLD, WAITING
from gateway.rules.outcomes import (
    ALONE,
    CERTAIN,
    SUSPECT,
    AskLater,
    Close,
    Decision,
    Leave,
    Park,
    Shadowed,
    Wait,
    decide,
)
from gateway.rules.schedule import RUNGS, Waiting, rung_of
from gateway.store import rows
from gateway.store.ledger import attempts, doubts
from gateway.store.ledger.attempts import Attempt
from gateway.store.tables import lane, outbox
from gateway.store.work.finished import Finished, lane_of, line_of, result_of
from gateway.store.work.gate_lock import SystemLock
from gateway.store.work.lanes import Claim
from schemas.outcome import Suspect, Uncertain

Transition = Literal["told", "waiting", "parked", "untold", "shadowed", "again", "late"]


@dataclass(frozen=True, slots=True)
class Completed:
    """What became of the lanes: which wait, and which official codes were allocated.

    transitions: of each attempt in turn: told, waiting, parked, untold, shadowed, again, or late
    gate: as it stands now
    freed: systems that may be told something by now, because these codes came
    """

    waits: tuple[Waiting, ...]
    codes: tuple[tuple[UUID, str], ...]
    transitions: tuple[Transition, ...]
    gate: gates.Gate
    freed: frozenset[int] = frozenset()


@dataclass(slots=True)
class LaneUpdates:
    """What has to be written of a batch: gathered row by row, written kind by kind."""

    system: int
    now: int
    scale: float
    told: list[dict[str, Any]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    aside: list[dict[str, Any]] = field(default_factory=list)
    gone: list[dict[str, Any]] = field(default_factory=list)
    changed: dict[tuple[str, ...], list[dict[str, Any]]] = field(default_factory=dict)
    doubled: dict[UUID, tuple[int, int]] = field(default_factory=dict)
    waits: list[Waiting] = field(default_factory=list)
    codes: list[tuple[UUID, str]] = field(default_factory=list)

    def change(self, dossier_id: UUID, **columns: Any) -> None:
        """Change a row of the outbox; its lease ends with that."""
        row = {"dossier_id": dossier_id, "system": self.system, "lease_until": None, **columns}
        self.changed.setdefault(tuple(row), []).append(row)

    def lane(self, dossier_id: UUID, **columns: Any) -> dict[str, Any]:
        """Give a row of the ledger."""
        return {"dossier_id": dossier_id, "system": self.system, **columns}

    def gather(self, writing: rows.Writing, lines: Sequence[Attempt]) -> None:
        """Gather what is to be written; the rows of the outbox were locked before, in one order."""
        writing.update(lane, KEYS, self.told, rising="done_seq")
        writing.update(lane, KEYS, self.asked)
        writing.update(lane, KEYS, self.aside)
        for alike in self.changed.values():
            writing.update(outbox, KEYS, alike)
        writing.delete(outbox, KEYS, self.gone)
        attempts.add(writing, lines)


KEYS = ("dossier_id", "system")


def complete(
    connection: Connection, limits: Limits, finished: Sequence[Finished], lock: SystemLock
) -> Completed:
    """Write what became of some attempts of the locked system; a late one moves no lane.

    The system's own row is changed in `lock`, and written by whoever locked it.
    """
    now = lock.now
    held = _held(connection, limits.system, finished)
    updates = LaneUpdates(limits.system, now, limits.scale)
    idle = _idle(connection, limits.system, finished)
    lines: list[Attempt] = []
    transitions: list[Transition] = []
    for one in finished:
        head = held.get(one.claim.dossier_id)
        late = head is None or head.fence != one.claim.fence or head.lease_until is None
        lines.append(line_of(one, limits, late=late))
        if one.doubled is not None:
            updates.doubled[one.claim.dossier_id] = one.doubled
        if late or head is None:
            transitions.append("late")
            continue
        if isinstance(one.outcome, Shadowed):  # of the system nothing was learned
            transitions.append(_set_aside(updates, one.claim, head.head_seq))
            continue
        if not one.blamed and not isinstance(one.outcome, Uncertain):
            # It goes on at once, alone, and no more in doubt than before: what was answered, or
            # surely not received, is no create that may have landed.
            uncertainty = one.claim.uncertainty if one.claim.uncertainty > CERTAIN else ALONE
            updates.change(
                one.claim.dossier_id, state=READY, rank=now, wake_at=None, uncertainty=uncertainty
            )
            transitions.append("again")
            continue
        decision, said, cause = decide(one.outcome, lane_of(one, limits), lock.gate, one.jitter)
        if not one.blamed:
            said, cause = "none", ""
        lock.gate, lock.until = gates.record(
            lock.gate,
            lock.until,
            [result_of(one, said, cause, idle=idle, took=now - head.lease_until + limits.lease)],
            now=now,
            at_once=limits.at_once,
            scale=limits.scale,
            settings=limits.settings,
        )
        transitions.append(_move(updates, one, head.head_seq, decision))
    lock.inflight -= len(transitions) - transitions.count("late")
    lock.changed = True
    writing = rows.Writing(connection)
    updates.gather(writing, lines)
    writing.write()
    doubts.mark(connection, limits.system, updates.doubled)
    return Completed(
        tuple(updates.waits),
        tuple(updates.codes),
        tuple(transitions),
        lock.gate,
    )


AFRESH = {
    "uncertainty": 0,
    "tries": 0,
    "expired_leases": 0,
    "failing_since": None,
    "reason": None,
    "again_from": None,
    "again_lines": None,
}
"""How a lane goes on that was told something."""
MENDING = frozenset({"officer", "integrator"})
"""Who mends by an event: a correction that came while the step was under way counts."""


def _held(connection: Connection, of: int, finished: Sequence[Finished]) -> dict[UUID, Any]:
    """Lock the outbox's rows in one order, so that two completions cannot wait for each other."""
    ids = [one.claim.dossier_id for one in finished]
    if connection.dialect.name == "postgresql":
        rows = connection.execute(_HELD, {"of": of, "ids": ids})
    else:
        columns = (outbox.c.dossier_id, outbox.c.fence, outbox.c.lease_until, outbox.c.head_seq)
        rows = connection.execute(
            sa.select(*columns).where(outbox.c.system == of, outbox.c.dossier_id.in_(ids))
        )
    return {row.dossier_id: row for row in rows}


_HELD = sa.text(
    "SELECT dossier_id, fence, lease_until, head_seq FROM outbox "
    "WHERE system = :of AND dossier_id = ANY(CAST(:ids AS uuid[])) ORDER BY dossier_id FOR UPDATE"
)
"""One statement whatever their number: else the server would plan each number anew."""


def _idle(connection: Connection, of: int, finished: Sequence[Finished]) -> bool:
    """Say whether nobody else is there to be tried; asked only where a suspect failed again."""
    if not any(isinstance(one.outcome, Suspect) and one.claim.suspect_since for one in finished):
        return False
    ids = [one.claim.dossier_id for one in finished]
    other = (
        sa.select(outbox.c.dossier_id)
        .where(outbox.c.system == of, outbox.c.state == READY, outbox.c.dossier_id.not_in(ids))
        .limit(1)
    )
    return connection.execute(other).first() is None


def _move(updates: LaneUpdates, one: Finished, head_seq: int, decision: Decision) -> Transition:
    """Note how one lane moves as decided."""
    claim, now = one.claim, updates.now
    match decision:
        case Close(up_to=up_to, remote=remote, official_code=code):
            updates.told.append(
                updates.lane(claim.dossier_id, remote=remote.row(), done_at=now, done_seq=up_to)
            )
            if code is not None:
                updates.codes.append((claim.dossier_id, code))
            if head_seq <= up_to:
                updates.gone.append(updates.lane(claim.dossier_id))
            else:  # something happened meanwhile
                updates.change(claim.dossier_id, rank=now, since=now, **AFRESH)
            return "told"
        case AskLater(seconds=seconds, remote=remote, holds=holds):
            updates.asked.append(updates.lane(claim.dossier_id, remote=remote.row()))
            updates.change(
                claim.dossier_id,
                state=ASKED if holds or head_seq == claim.head_seq else READY,
                tries=0,
                failing_since=None,
                reason="asked_holds" if holds else "asked",
                **_wait(updates, claim, seconds),
            )
            return "told"
        case Wait(seconds=seconds, reason=reason, uncertainty=uncertainty, counted=counted):
            newly = reason == SUSPECT and claim.suspect_since is None
            moved = one.progressed or claim.failing_since is None or newly
            updates.change(
                claim.dossier_id,
                state=WAITING,
                uncertainty=uncertainty,
                reason=reason,
                tries=(0 if one.progressed else claim.tries) + (counted and one.blamed),
                failing_since=now if moved else claim.failing_since,
                **_wait(updates, claim, seconds),
            )
            return "waiting"
        case Park(owner=owner) if owner in MENDING and head_seq > claim.head_seq:
            return _again(updates, claim)
        case Leave() if head_seq > claim.head_seq:
            return _again(updates, claim)
        case Leave(cause=cause, problems=problems):
            updates.change(
                claim.dossier_id,
                state=UNTOLD,
                wake_at=None,
                reason="untold",
                cause=cause[:200],
                parked_for=None,
                detail=[asdict(problem) for problem in problems],
            )
            return "untold"
        case Park(owner=owner, reason=reason, cause=cause, problems=problems):
            updates.change(
                claim.dossier_id,
                state=PARKED,
                wake_at=None,
                reason=reason,
                cause=cause[:200],
                parked_for=owner,
                detail=[asdict(problem) for problem in problems],
            )
            return "parked"


def _set_aside(updates: LaneUpdates, claim: Claim, head_seq: int) -> Transition:
    """Note that a lane was not told and says so; `done_seq` stays what they were truly told."""
    dossier_id, now = claim.dossier_id, updates.now
    if head_seq > claim.head_seq:  # something happened meanwhile: that is looked at as well
        updates.change(dossier_id, rank=now, since=now, **AFRESH)
    else:
        updates.aside.append(updates.lane(dossier_id, state=SHADOWED, state_seq=head_seq))
        updates.gone.append(updates.lane(dossier_id))
    return "shadowed"


def _again(updates: LaneUpdates, claim: Claim) -> Transition:
    """Go on at once: something came in meanwhile that may have mended it."""
    updates.change(claim.dossier_id, state=READY, rank=updates.now, wake_at=None)
    return "again"


def _wait(updates: LaneUpdates, claim: Claim, seconds: float) -> dict[str, int | None]:
    """Note a wait for the retries; give what the outbox says of it: on a rung, the rung's end."""
    rung, scale = rung_of(seconds), updates.scale
    updates.waits.append(
        Waiting(claim.dossier_id, claim.system, claim.fence, seconds * scale, rung)
    )
    lasts = seconds if rung is None else RUNGS[rung]
    return {"wake_at": updates.now + int(lasts * scale * 1000), "rung": rung}
