"""The ledger's lines: one per try, written in the transaction that moves the lane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Connection
from uuid_utils.compat import uuid7

from gateway.store.rows import Writing
from gateway.store.tables import attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try at a step; `late` when the lease had passed to somebody else."""

    id: UUID
    dossier_id: UUID
    system: int
    from_seq: int
    to_seq: int
    fence: int
    worker: str
    started_at: int
    ended_at: int
    outcome: str
    late: bool
    adapter: str
    detail: dict[str, Any]


COLUMNS = tuple(one.name for one in fields(Attempt))


def lapsed(
    dossier_id: UUID,
    system: int,
    from_seq: int,
    to_seq: int,
    *,
    fence: int,
    worker: str,
    at: int,
    adapter: str,
) -> Attempt:
    """Describe a try whose worker was not heard of again: it may have landed."""
    return Attempt(
        id=uuid7(),
        dossier_id=dossier_id,
        system=system,
        from_seq=from_seq,
        to_seq=to_seq,
        fence=fence,
        worker=worker,
        started_at=at,
        ended_at=at,
        outcome="lapsed",
        late=False,
        adapter=adapter,
        detail={},
    )


RETRIED = "retried"
"""The word of a line that is no try: an operator let the lane go again."""
SETTLED = "settled"
"""The word of another: somebody told them by hand, and the gateway did not."""


def retried(
    dossier_id: UUID,
    system: int,
    from_seq: int,
    to_seq: int,
    *,
    fence: int,
    by: str,
    at: int,
    detail: dict[str, Any],
) -> Attempt:
    """Note that an operator let a lane go again: who, when, from which cause, and why."""
    return noted(
        dossier_id,
        system,
        from_seq,
        to_seq,
        outcome=RETRIED,
        fence=fence,
        by=by,
        at=at,
        detail=detail,
    )


def noted(
    dossier_id: UUID,
    system: int,
    from_seq: int,
    to_seq: int,
    *,
    outcome: str,
    fence: int,
    by: str,
    at: int,
    detail: dict[str, Any],
) -> Attempt:
    """Note an act of a person: who, when, from where on, and why."""
    return Attempt(
        id=uuid7(),
        dossier_id=dossier_id,
        system=system,
        from_seq=from_seq,
        to_seq=to_seq,
        fence=fence,
        worker=by,
        started_at=at,
        ended_at=at,
        outcome=outcome,
        late=False,
        adapter="",
        detail=detail,
    )


def add(writing: Writing, lines: Sequence[Attempt]) -> None:
    """Add lines; one that is already there stays as it is, so a completion may be repeated."""
    shown = [{name: getattr(line, name) for name in COLUMNS} for line in lines]
    writing.insert(attempt, shown, again=True)


def write(connection: Connection, lines: Sequence[Attempt]) -> None:
    """Write lines at once."""
    writing = Writing(connection)
    add(writing, lines)
    writing.write()
