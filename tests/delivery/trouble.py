"""Kinds of trouble, each with a thousand lanes waiting: a real store in a time of our own.

What the system answers is decided by the status alone, as for every adapter (`replies.judge`); the
clock is advanced by a conversation at a time, or to the next moment at which anything may begin.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from adapters.kit.port import Reply
from adapters.kit.replies import judge
from gateway.rules.gate import Gate
from gateway.rules.lane_states import PARKED, READY, WAITING
from gateway.store.engine import Connection, Store
from gateway.store.tables import attempt, dossier, lane, outbox, system
from gateway.store.work import claims, completion, probing
from gateway.store.work.finished import Finished
from gateway.store.work.gate_lock import locked
from gateway.store.work.lanes import Claim
from schemas.outcome import Delivered, Malformed, Outcome, Remote
from tests.store.work.test_operating import Office, limits

LANES, NEWCOMERS = 1000, 60
"""So many wait as it begins, and so many come after them, one each second."""
BEGIN = 10**12
TALK = 1000
"""Milliseconds that a conversation takes."""
AT_ONCE = 20
MENDED = 3_600_000
"""Milliseconds after which the trouble is put right."""
DRIFTED = 0
"""Stands for an answer in their format that no row of the contract's table knows."""

Answers = Callable[[int, int], int]
"""Gives the status for a lane, by its number, at a time."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a kind of trouble came to.

    asked: calls until it was put right, or to the end; parked: lanes that wait for a human
    why: for what the gate closed; waited: seconds by which one of the others was told later than in
    health; where nobody was told, from when it was put right to the first who was, at most
    """

    asked: int
    parked: int
    why: str
    waited: int


@dataclass
class Trial:
    """A store with a thousand lanes of one system, and a clock of its own."""

    office: Office
    now: int = 0
    asked: int = 0
    why: set[str] = field(default_factory=set)
    pauses: list[int] = field(default_factory=list)
    spoke: int = 0
    numbers: dict[UUID, int] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        """The store of the office."""
        return self.office.store

    async def fill(self) -> None:
        """Copy the one dossier that was posted until there are a thousand."""
        ids = [self.office.ids[0], *(uuid7() for _ in range(LANES + NEWCOMERS - 1))]
        self.numbers = {one: number for number, one in enumerate(ids)}

        def copy(connection: Connection) -> None:
            for table, key in ((dossier, "id"), (lane, "dossier_id"), (outbox, "dossier_id")):
                row = dict(connection.execute(sa.select(table)).mappings().one())
                copies = [row | {key: one} for one in ids[1:]]
                if table is dossier:
                    copies = [one | {"ref": str(one["id"]), "code": None} for one in copies]
                connection.execute(table.insert(), copies)

        await self.store.write(copy)

    async def begin(self) -> None:
        """Set everything back: a thousand lanes ready, an open gate, nothing ever tried."""
        self.now = self.spoke = BEGIN
        self.asked, self.why, self.pauses = 0, set(), []

        def reset(connection: Connection) -> None:
            connection.execute(attempt.delete())
            connection.execute(outbox.delete())
            connection.execute(outbox.insert(), [self._row(*one) for one in self.numbers.items()])
            gate = Gate(window=AT_ONCE, good_at=1, passed_at=1).row()
            connection.execute(system.update().values(gate=gate, gate_until=0, inflight=0))

        await self.store.write(reset)

    def _row(self, one: UUID, number: int) -> dict[str, Any]:
        """Give the outbox row of a lane: it is ready, or is to be when it comes."""
        row = {"dossier_id": one, "system": self.office.number, "head_seq": 1, "since": self.now}
        comes = self.now + 1000 * (number - LANES)
        if number < LANES:
            return row | {"state": READY, "rank": self.now + number, "wake_at": None}
        return row | {"state": WAITING, "rank": comes, "wake_at": comes}

    async def run(self, answers: Answers, *, until: int, first: bool = False) -> dict[int, int]:
        """Let the workers go on until a time, or nothing is left to try; give when each was told.

        first: end as soon as one was
        """
        told, done = dict[int, int](), list[Finished]()
        while self.now < until and not (first and told):
            ended, found = done, list[Claim]()

            later = await self.store.write(partial(self._turn, ended=ended, found=found))
            told |= {
                self.numbers[one.claim.dossier_id]: self.now
                for one in ended
                if isinstance(one.outcome, Delivered)
            }
            done = [self._talk(claim, answers) for claim in found]
            if found:
                self.pauses.append(self.now - self.spoke)
                self.now += TALK
                self.spoke = self.now
            elif later is None:
                break
            else:
                self.now = later
        return told

    def _turn(
        self, connection: Connection, *, ended: list[Finished], found: list[Claim]
    ) -> int | None:
        """Complete, wake and claim at our own time; give when anything may begin next."""
        of = self.office.number
        terms = limits(of)
        with locked(connection, of) as lock:
            lock.now = self.now
            if ended:
                completion.complete(connection, terms, ended, lock)
            due = outbox.c.state == WAITING, outbox.c.wake_at <= self.now
            connection.execute(
                outbox.update().where(*due).values(state=READY, rank=self.now, wake_at=None)
            )
            found += claims.claim(connection, terms, AT_ONCE, lock, reclaim=False).claims
            if lock.gate.why is not None:
                self.why.add(lock.gate.why)
            ready = sa.select(sa.func.count()).where(outbox.c.state == READY)
            if connection.execute(ready).scalar_one():
                return max(lock.until, self.now + 1)
        wakes = sa.select(sa.func.min(outbox.c.wake_at)).where(outbox.c.state == WAITING)
        next_wake: int | None = connection.execute(wakes).scalar_one()
        return next_wake

    def _talk(self, claim: Claim, answers: Answers) -> Finished:
        self.asked += 1
        status = answers(self.numbers[claim.dossier_id], self.now)
        return Finished(
            id=uuid7(),
            claim=claim,
            outcome=outcome_of(status, claim),
            started_at=self.now,
            ended_at=self.now + TALK,
            detail={"exchanges": [{"method": "PUT", "path": "/dossiers/H99-1"}]},
            jitter=0.0,
        )

    async def parked(self) -> int:
        """Count what waits for a human."""
        count = sa.select(sa.func.count()).where(outbox.c.state == PARKED)
        return await self.store.read(lambda connection: connection.execute(count).scalar_one())

    async def restarted(self) -> None:
        """Start again under other settings, as whoever mends a credential does."""
        ways = {self.office.number: "mended"}

        def probe(connection: Connection) -> None:
            probing.let_probe_mended(connection, ways)
            connection.execute(system.update().values(gate_until=self.now))

        await self.store.write(probe)


def outcome_of(status: int, claim: Claim) -> Outcome:
    """Read a status as every adapter does."""
    if status == DRIFTED:
        return Malformed(why="an unknown code", raw="")
    said = judge(Reply(status=status, headers={}, body=b""), "keyed")
    return said or Delivered(up_to=claim.head_seq, remote=Remote(created=True))
