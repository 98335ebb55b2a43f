"""The ledger as an audit needs it: lanes and tries, with the times of wrong clocks put right."""

from __future__ import annotations

import json
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from tests.crash.findings import Try
from tests.crash.nemesis import LEASE

_LANES = """
    SELECT l.dossier_id, s.name, l.done_seq, l.via, l.doubled, l.state_seq, l.state AS own,
           t.state, t.reason, t.lease_until
    FROM lane l JOIN system s ON s.id = l.system
    LEFT JOIN outbox t ON t.dossier_id = l.dossier_id AND t.system = l.system
"""
_TRIES = """
    SELECT a.dossier_id, s.name, a.from_seq, a.to_seq, a.started_at, a.ended_at, a.outcome, a.late,
           a.fence, a.worker
    FROM attempt a JOIN system s ON s.id = a.system ORDER BY a.ended_at
"""
WORDS = {None: "done", 1: "ready", 2: "waiting", 3: "parked", 4: "asked", 5: "untold"}


@dataclass(frozen=True, slots=True)
class Jump:
    """A clock that was wrong for a while: whose, when, and by how much."""

    worker: str
    begin: float
    end: float
    offset: float


Lanes = dict[UUID, dict[str, dict[str, Any]]]


async def read(dsn: str, jumps: Sequence[Jump] = ()) -> tuple[Lanes, dict[UUID, list[Try]]]:
    """Read the lanes and the tries of every dossier; jumps: of the clocks of some workers."""
    connection = await asyncpg.connect(dsn)
    lanes: Lanes = {}
    for row in await connection.fetch(_LANES):
        on_outbox = row["own"] if row["state"] is None and row["own"] else WORDS[row["state"]]
        state = "sending" if row["lease_until"] is not None else on_outbox
        doubled = json.loads(row["doubled"] or "[]")
        lane = {**row, "state": state, "may_stand_twice": doubled}
        lanes.setdefault(row["dossier_id"], {})[row["name"]] = lane
    rows = await connection.fetch(_TRIES)
    await connection.close()
    placed = place([(row["fence"], _readings(row, jumps)) for row in rows])
    tries: dict[UUID, list[Try]] = {}
    for row, (begin, end) in zip(rows, placed, strict=True):
        tries.setdefault(row["dossier_id"], []).append(
            Try(
                row["name"],
                row["from_seq"],
                row["to_seq"],
                begin,
                end,
                row["outcome"],
                row["late"],
                row["fence"],
            )
        )
    return lanes, tries


Readings = tuple[list[float], list[float]]
"""When a try may have begun, and when it may have ended."""


def _readings(row: Any, jumps: Sequence[Jump]) -> Readings:
    """Say what the times of a try may mean, if the clock of its worker was wrong now and then."""
    begin, end = row["started_at"] / 1000, row["ended_at"] / 1000
    if row["outcome"] == "lapsed":  # written by the database's clock; its begin was lost
        return [begin - LEASE], [end]
    own = [one for one in jumps if row["worker"].endswith(f":{one.worker}")]
    return readings(begin, own), readings(end, own)


def readings(moment: float, jumps: Sequence[Jump]) -> list[float]:
    """Give a time as it was noted, and as it was if it was noted while the clock was wrong."""
    jumped = (
        moment - jump.offset for jump in jumps if jump.begin <= moment - jump.offset <= jump.end
    )
    return [moment, *jumped]


def place(tries: Sequence[tuple[int, Readings]]) -> list[tuple[float, float]]:
    """Choose among the readings of each try: fences are drawn in turn, just before a try begins.

    A time that has only one reading is right; any other is right where it lies nearest to that of
    the nearest fence. Jumps are by a minute and more, and neighbours begin within seconds.
    """
    sure = sorted((fence, begins[0]) for fence, (begins, _) in tries if len(begins) == 1)
    placed = []
    for fence, (begins, ends) in tries:
        begin = begins[0]
        if len(begins) > 1 and sure:
            at = bisect(sure, (fence, 0.0))
            near = min(sure[max(0, at - 1) : at + 1], key=lambda one: abs(one[0] - fence))
            begin = min(begins, key=lambda one: abs(one - near[1]))
        placed.append((begin, min(ends, key=lambda one: abs(one - begin))))
    return placed
