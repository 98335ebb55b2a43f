"""Settled by hand: somebody told a system otherwise, and the lane says so instead of waiting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.rules.lane_states import PARKED, SETTLED, UNTOLD, UNTOLD_BY_US, WAITING
from gateway.store import rows
from gateway.store.dialect import now as db_now
from gateway.store.ledger import attempts
from gateway.store.tables import dossier, lane, outbox
from gateway.store.work.parked import of_cause
from schemas.outcome import Remote

SETTLES = (PARKED, UNTOLD, WAITING)
"""States of the outbox from which a lane may be settled; what is being sent has its own end."""
PART = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A lane with something left to tell, as it stands. was: its cause, or its own state."""

    dossier_id: UUID
    was: str
    fence: int | None
    done_seq: int
    last_seq: int
    remote: Mapping[str, Any]


def left(
    connection: Connection,
    of: int,
    *,
    cause: str | None = None,
    only: Sequence[UUID] | None = None,
) -> list[Left]:
    """Give the lanes of a system that could be settled: of these dossiers, for this cause."""
    waits = sa.and_(outbox.c.state.in_(SETTLES), outbox.c.lease_until.is_(None))
    aside = sa.and_(outbox.c.dossier_id.is_(None), lane.c.state.in_(UNTOLD_BY_US))
    wanted = [lane.c.system == of, lane.c.via.is_(None), sa.or_(waits, aside)]
    if only is not None:
        wanted.append(lane.c.dossier_id.in_(list(only)))
    if cause is not None:
        wanted.append(lane.c.state == cause if cause in UNTOLD_BY_US else of_cause(cause))
    on_outbox = sa.and_(outbox.c.dossier_id == lane.c.dossier_id, outbox.c.system == lane.c.system)
    return [
        Left(
            dossier_id=row.dossier_id,
            was=row.own or row.cause or row.reason or "waiting",
            fence=row.fence,
            done_seq=row.done_seq,
            last_seq=row.last_seq,
            remote=row.remote,
        )
        for row in connection.execute(
            sa.select(
                lane.c.dossier_id,
                lane.c.done_seq,
                lane.c.remote,
                lane.c.state.label("own"),
                dossier.c.last_seq,
                outbox.c.fence,
                outbox.c.cause,
                outbox.c.reason,
            )
            .join(dossier, dossier.c.id == lane.c.dossier_id)
            .outerjoin(outbox, on_outbox)
            .where(*wanted)
            .order_by(lane.c.dossier_id)
        )
    ]


def settle(
    connection: Connection, of: int, which: Sequence[Left], *, code: str | None, by: str, why: str
) -> int:
    """Settle lanes that still stand as they were found; give how many.

    Up to where they were told by us stays as it is: the state says the rest.
    code: under which they hold it
    """
    now, writing, lines = db_now(connection), rows.Writing(connection), []
    changes: list[dict[str, Any]] = []
    for start in range(0, len(which), PART):
        part = which[start : start + PART]
        _lock(connection, of, [one.dossier_id for one in part])
        stands = left(connection, of, only=[one.dossier_id for one in part])
        for one in [one for one in stands if one in part]:
            remote = replace(Remote(**one.remote), created=True, line=one.last_seq)
            changes.append(
                {
                    "dossier_id": one.dossier_id,
                    "system": of,
                    "state": SETTLED,
                    "state_seq": one.last_seq,
                    "remote": replace(remote, id=code or remote.id).row(),
                }
            )
            lines.append(_line(one, of, by=by, at=now, why=why))
    writing.update(lane, ("dossier_id", "system"), changes)
    writing.delete(outbox, ("dossier_id", "system"), changes)
    attempts.add(writing, lines)
    writing.write()
    return len(lines)


def _lock(connection: Connection, of: int, ids: Sequence[UUID]) -> None:
    """Lock dossiers, then what the outbox has of them, in the order in which everybody does."""
    dossiers = sa.select(dossier.c.id).where(dossier.c.id.in_(ids)).order_by(dossier.c.id)
    connection.execute(dossiers.with_for_update()).all()
    waiting = sa.select(outbox.c.dossier_id).where(
        outbox.c.system == of, outbox.c.dossier_id.in_(ids)
    )
    connection.execute(waiting.order_by(outbox.c.dossier_id).with_for_update()).all()


def _line(one: Left, of: int, *, by: str, at: int, why: str) -> attempts.Attempt:
    return attempts.noted(
        one.dossier_id,
        of,
        one.done_seq + 1,
        one.last_seq,
        outcome=attempts.SETTLED,
        fence=one.fence or 0,
        by=by,
        at=at,
        detail={"was": one.was, "why": why},
    )
