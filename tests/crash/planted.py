"""The gateway with one bug planted in it: `python -m tests.crash.planted BUG COMMAND ...`.

The crash run must turn red with each of them; a run that cannot is no proof. Nothing of this is in
the product: a process starts here instead, changes one function, and is the gateway from then on.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from adapters.kit import meanings, read_answers
from gateway.commands.app import run
from gateway.delivery import attempts
from gateway.delivery.conversation import Ended, converse
from gateway.dossiers.limits import Limits
from gateway.main import delivery
from gateway.rules.lane_states import PARKED
from gateway.store.engine import Connection
from gateway.store.postgres import PostgresStore
from gateway.store.tables import lane, outbox
from gateway.store.work import claims, completion, lanes, turns
from gateway.store.work.claims import Claimed
from gateway.store.work.finished import Finished
from gateway.store.work.lanes import Claim
from schemas.outcome import Remote, Suspect, Uncertain, Unreachable


def fence_ignored() -> None:
    """Let everybody take and move a lane that somebody else holds."""
    honest_claim = claims.claim

    def claim(connection: Connection, limits: Limits, *words: Any, **more: Any) -> Claimed:
        greedy = replace(limits, quarantine=-(10**12))  # so every lease looks lapsed
        return honest_claim(connection, greedy, *words, **more)

    honest = completion._held

    def held(connection: Connection, of: int, finished: Sequence[Finished]) -> dict[UUID, Any]:
        rows = honest(connection, of, finished)
        fences = {one.claim.dossier_id: one.claim.fence for one in finished}
        return {
            key: SimpleNamespace(head_seq=row.head_seq, fence=fences[key], lease_until=1)
            for key, row in rows.items()
        }

    def checkpoint(
        connection: Connection, one: Claim, remote: Remote, up_to: int, *, twice: bool = False
    ) -> bool:
        del twice
        connection.execute(
            lane.update()
            .where(lane.c.dossier_id == one.dossier_id, lane.c.system == one.system)
            .values(remote=asdict(remote), done_seq=up_to)
        )
        return True

    completion._held = held
    lanes.checkpoint = checkpoint
    setattr(turns, "claim", claim)  # noqa: B010
    lapsed_as_fresh()


def lapsed_as_fresh() -> None:
    """Take over a lane whose worker was not heard of again as if nothing had been sent."""
    honest = claims._lease

    def lease(connection: Connection, limits: Limits, found: Sequence[Any]) -> Any:
        fresh = [
            (SimpleNamespace(**{**row._mapping, "lease_until": None}), fence, now)
            for row, fence, now in found
        ]
        return honest(connection, limits, fresh)

    claims._lease = lease


def uncertain_as_unreachable() -> None:
    """No answer is taken for a proof that nothing arrived."""

    async def hasty(*words: Any) -> Ended:
        ended = await converse(*words)
        if not isinstance(ended.outcome, Uncertain):
            return ended
        return replace(ended, outcome=Unreachable(why=ended.outcome.why), name="unreachable")

    setattr(attempts, "converse", hasty)  # noqa: B010 - it is not offered for change


def answer_before_commit() -> None:
    """Let the API answer what it has not committed yet; workers stay honest."""
    if "serve" not in sys.argv:
        return
    pending = set()

    async def write(self: PostgresStore, job: Callable[[Connection], Any]) -> Any:
        connection = await self._engine.connect()
        transaction = await connection.begin()
        done = await connection.run_sync(job)

        async def later() -> None:
            await asyncio.sleep(0.3)
            await transaction.commit()
            await connection.close()

        task = asyncio.create_task(later())
        pending.add(task)
        task.add_done_callback(pending.discard)
        return done

    PostgresStore._write = write  # type: ignore[method-assign]


def no_sweeper() -> None:
    """Let nobody bring what the broker loses."""

    async def sweep(*_words: Any) -> None:
        await asyncio.Event().wait()

    setattr(delivery, "sweep", sweep)  # noqa: B010


def refusal_as_success() -> None:
    """Read a no as a yes where it speaks of success."""
    honest = read_answers._row

    def row(said: meanings.Said, table: meanings.Answers, words: meanings.Words) -> Any:
        taken = (one for one in table.rows if one.means == "success" and one._shaped(said.value))
        found = next(taken, None) if "thành công" in said.sentence else None
        return found or honest(said, table, words)

    read_answers._row = row
    setattr(read_answers, "denied", lambda *_, **__: None)  # noqa: B010


def suspect_parks_agenda() -> None:
    """Let one refused record park everything that its system is to be told."""
    honest = completion.complete

    def complete(
        connection: Connection, limits: Limits, finished: Sequence[Finished], *words: Any
    ) -> Any:
        done = honest(connection, limits, finished, *words)
        if any(isinstance(one.outcome, Suspect) for one in finished):
            connection.execute(
                outbox.update()
                .where(outbox.c.system == limits.system, outbox.c.lease_until.is_(None))
                .values(state=PARKED, wake_at=None, reason="singled_out", parked_for="integrator")
            )
        return done

    setattr(turns, "complete", complete)  # noqa: B010


def shadow_as_done() -> None:
    """Count what shadow mode held back as told."""

    def set_aside(updates: completion.LaneUpdates, claim: Claim, head_seq: int) -> str:
        told = updates.lane(claim.dossier_id, remote={}, done_at=updates.now, done_seq=head_seq)
        updates.told.append(told)
        updates.gone.append(updates.lane(claim.dossier_id))
        return "told"

    setattr(completion, "_set_aside", set_aside)  # noqa: B010


BUGS = {
    bug.__name__: bug
    for bug in (
        fence_ignored,
        lapsed_as_fresh,
        uncertain_as_unreachable,
        answer_before_commit,
        no_sweeper,
        refusal_as_success,
        suspect_parks_agenda,
        shadow_as_done,
    )
}

if __name__ == "__main__":
    BUGS[sys.argv.pop(1)]()
    run()
