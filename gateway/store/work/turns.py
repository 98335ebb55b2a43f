"""A worker's turn with one system: what ended is completed, and what may begin is claimed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.engine import Connection

from gateway.dossiers.limits import Limits
from gateway.store.work import steps
from gateway.store.work.claims import LOOK_AGAIN, Claimed, claim
from gateway.store.work.completion import Completed, complete
from gateway.store.work.finished import Finished
from gateway.store.work.gate_lock import locked
from gateway.store.work.steps import Restored, Versions, Work, unpack

Allocate = Callable[[Connection, Sequence[tuple[UUID, str]]], frozenset[int]]
"""Records official codes that the system allocated; gives the systems that may be told now."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What came of a turn; `versions`: of each claimed lane what it has to say, still packed."""

    completed: Completed | None
    claimed: Claimed
    versions: list[Versions]


def take_turn(
    connection: Connection,
    limits: Limits,
    finished: Sequence[Finished],
    free: int,
    *,
    allocate: Allocate,
    reclaim: bool = True,
    since: int | None = None,
) -> Turn:
    """Complete attempts, then claim up to `free` lanes; both under one lock of the system's row.

    Repeating it after a failure is harmless. reclaim, since: as of `claims.claim`
    """
    completed, claimed = None, Claimed((), LOOK_AGAIN)
    with locked(connection, limits.system) as lock:
        if finished:
            completed = complete(connection, limits, finished, lock)
            if completed.codes:
                completed = replace(completed, freed=allocate(connection, completed.codes))
        if free:
            claimed = claim(connection, limits, free, lock, reclaim=reclaim, since=since)
    return Turn(completed, claimed, steps.versions(connection, claimed.claims))


__all__ = [
    "Claimed",
    "Completed",
    "Finished",
    "Restored",
    "Turn",
    "Versions",
    "Work",
    "take_turn",
    "unpack",
]
