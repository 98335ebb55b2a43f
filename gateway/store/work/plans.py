"""The door to plans, and a plan's next step: see what came of its wave, let the next one go.

All of it in one transaction: killed anywhere, the next process finds the plan as it was or one wave
further, and never a wave that went twice.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.engine import Connection

from gateway.dossiers import outbox as routes
from gateway.dossiers.record import DossierRecord
from gateway.dossiers.systems import System, Systems
from gateway.rules.waves import Tally, failing, plan_size
from gateway.store import rows
from gateway.store.dialect import now as db_now
from gateway.store.ledger import attempts, borne, dossiers, saving
from gateway.store.ledger.untold import (
    PAGE,
    Candidate,
    Told,
    delivered,
    left_aside,
    newest,
    without_lane,
)
from gateway.store.work import plan_rows, retrying
from gateway.store.work.plan_rows import (
    Kind,
    Member,
    Plan,
    add,
    found,
    make,
    resume,
    start,
    stop,
)

__all__ = [
    "PAGE",
    "Candidate",
    "Kind",
    "Member",
    "Plan",
    "Told",
    "add",
    "advance",
    "borne",
    "delivered",
    "found",
    "left_aside",
    "make",
    "newest",
    "resume",
    "start",
    "stop",
    "without_lane",
]


def advance(connection: Connection, systems: Systems, which: UUID) -> int:
    """Carry a plan one step on; give how many lanes are ready by it that were not."""
    row = plan_rows.lock(connection, which)
    if row is None:
        return 0
    plan_rows.look(connection, which, row.system)
    counted = plan_rows.tally(connection, which, row.wave)
    decided = Tally(
        went=sum(counted.get(state, 0) for state in ("gone", "passed", "failed")),
        through=counted.get("passed", 0),
        failed=counted.get("failed", 0),
    )
    if failing(decided):
        plan_rows.change(connection, which, state="stopped", why="failing")
        return 0
    if decided.open:
        return 0
    hindered = _hindered(connection, systems, row.system)
    if hindered is not None:
        if row.why != hindered:
            plan_rows.change(connection, which, why=hindered)
        return 0
    wave = plan_rows.next_wave(connection, which, plan_size(row.step + 1))
    if not wave:
        plan_rows.change(connection, which, state="done", why=None)
        return 0
    went = _let_go(connection, systems, row, wave)
    plan_rows.change(connection, which, wave=row.wave + 1, step=row.step + 1, why=None)
    return went


def _hindered(connection: Connection, systems: Systems, of: int) -> str | None:
    """Say why nothing would be sent now: the plan waits for that."""
    system = _system(systems, of)
    if system is None or system.config.mode != "live":
        return "not_live"
    shut = retrying.shut(connection, of)
    if shut.until == retrying.HELD:
        return "held"
    return "gate_closed" if shut.closed else None


def _system(systems: Systems, of: int) -> System | None:
    return next((one for one in systems.all if one.id == of), None)


def _let_go(connection: Connection, systems: Systems, row: Any, wave: list[Any]) -> int:
    """Put a wave's lanes on the outbox, each with a line in the ledger; leave what has moved."""
    system = _system(systems, row.system)
    if system is None:
        raise LookupError("a system that is not configured")
    ids = [one.dossier_id for one in wave]
    records = {one.id: one for one in dossiers.load(connection, ids)}
    before = plan_rows.fences(connection, system.id, ids)
    now, number = db_now(connection), row.wave + 1
    changed: list[DossierRecord] = []
    lines: list[attempts.Attempt] = []
    went: list[dict[str, Any]] = []
    moved: list[dict[str, Any]] = []
    for place, one in enumerate(wave):
        record = records.get(one.dossier_id)
        if record is None or not _put(record, system, systems, row, one, now):
            moved.append({"dossier_id": one.dossier_id, "state": "moved", "wave": number})
            continue
        entry, fence = record.outbox[system.id], before.get(one.dossier_id, 0)
        entry.change["rank"] += place
        changed.append(record)
        went.append({"dossier_id": one.dossier_id, "state": "gone", "wave": number, "fence": fence})
        lines.append(_line(record, system, row, one, fence=fence, now=now))
    plan_rows.note(connection, row.id, moved)
    plan_rows.note(connection, row.id, went)
    writing = rows.Writing(connection)
    saving.save_lanes(connection, writing, changed)
    attempts.add(writing, lines)
    writing.write()
    return len(went)


def _put(
    record: DossierRecord, system: System, systems: Systems, row: Any, one: Any, now: int
) -> bool:
    if row.kind == "backfill":
        return routes.backfill(record, system, systems, now)
    lines = row.lines_again or not system.facts.appends
    return routes.resend(
        record, system, systems, now, told=one.seq, first=one.from_seq, lines=lines
    )


def _doubles(system: System, row: Any) -> bool:
    """Say whether lines are told again to a system that can only add them."""
    return row.kind == "resend" and row.lines_again and system.facts.appends


def _line(
    record: DossierRecord, system: System, row: Any, one: Any, *, fence: int, now: int
) -> attempts.Attempt:
    """Note in the ledger by whom, why and by which plan a lane goes, and what may stand twice."""
    entry = record.outbox[system.id]
    first = entry.change.get("again_from") or record.lanes[system.id].done_seq + 1
    twice = {"may_stand_twice": [one.from_seq, one.seq]} if _doubles(system, row) else {}
    return attempts.retried(
        record.id,
        system.id,
        first,
        entry.head_seq,
        fence=fence,
        by=row.made_by.rpartition(":")[2],
        at=now,
        detail={"was": one.was, "why": row.reason, "plan": str(row.id)} | twice,
    )
