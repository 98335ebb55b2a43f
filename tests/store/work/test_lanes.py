"""Claim, fence, lapse and completion: the promises on which everything else rests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from gateway.access.principals import Principal
from gateway.admission.batcher import RequestBatcher
from gateway.admission.requests import Answer, RecordEvent, RegisterDossier
from gateway.dossiers.limits import Limits
from gateway.dossiers.systems import Systems
from gateway.main.bootstrap import find_systems, open_store
from gateway.rules.gate import Gate
from gateway.rules.lane_states import READY
from gateway.settings import Settings, read_systems
from gateway.store.engine import Connection, Store
from gateway.store.ledger import dossiers
from gateway.store.tables import attempt, dossier, lane, outbox, system
from gateway.store.work import claims, completion, lanes, steps
from gateway.store.work.claims import FRESH
from gateway.store.work.completion import Completed
from gateway.store.work.finished import Finished
from gateway.store.work.gate_lock import locked
from gateway.store.work.lanes import Claim
from gateway.workbench.samples.generator import sample
from schemas.dossier import NewDossier
from schemas.event import NewEvent
from schemas.outcome import CannotExpress, Delivered, Outcome, Refused, Remote, Unreachable

SYSTEMS = {
    "systems": {
        "a": {
            "adapter": "echo",
            "environment": "sandbox",
            "settings": {"base_url": "http://127.0.0.1:1"},
        }
    }
}
CLIENT = Principal(id=1, name="x", environment="sandbox", agencies=("*",))


@dataclass
class House:
    """A store with one system, and the limits under which it is claimed."""

    store: Store
    systems: Systems
    limits: Limits

    async def post(self, number: int) -> None:
        """Store a sample dossier."""
        content = NewDossier.model_validate(sample(number, 1).requests[0].body)
        batcher = RequestBatcher(self.store, self.systems, lambda _: None)
        answer = await batcher.submit(
            RegisterDossier(client=CLIENT, content=content, digest=bytes([number]))
        )
        assert isinstance(answer, Answer)

    async def claim(
        self, limit: int = 10, *, since: int | None = None, **limits: Any
    ) -> tuple[Claim, ...]:
        """Claim lanes."""
        used = replace(self.limits, **limits)

        def claim(connection: Connection) -> tuple[Claim, ...]:
            with locked(connection, used.system) as lock:
                return claims.claim(connection, used, limit, lock, since=since).claims

        return await self.store.write(claim)

    async def complete(
        self,
        claim: Claim,
        outcome: Outcome | CannotExpress,
        *,
        blamed: bool = True,
        progressed: bool = False,
        detail: dict[str, Any] | None = None,
    ) -> Completed:
        """Complete a claim."""
        done = Finished(
            id=uuid7(),
            claim=claim,
            outcome=outcome,
            started_at=0,
            ended_at=1,
            detail=detail or {},
            jitter=0.0,
            blamed=blamed,
            progressed=progressed,
        )

        def complete(connection: Connection) -> Completed:
            with locked(connection, self.limits.system) as lock:
                return completion.complete(connection, self.limits, [done], lock)

        return await self.store.write(complete)

    async def widen(self) -> None:
        """Let as many pass at once as the system takes."""
        await self.store.write(
            lambda connection: connection.execute(system.update().values(gate=Gate(window=8).row()))
        )

    async def due(self) -> None:
        """Let a closed gate be probed now."""
        await self.store.write(
            lambda connection: connection.execute(system.update().values(gate_until=0))
        )

    async def checkpoint(self, claim: Claim, up_to: int = 1) -> bool:
        """Make progress on a claim durable."""
        return await self.store.write(
            lambda connection: lanes.checkpoint(connection, claim, Remote(), up_to)
        )

    async def wake(self, claim: Claim, fence: int) -> int:
        """End a wait."""
        return await self.store.write(
            lambda connection: lanes.wake(connection, [(claim.dossier_id, claim.system, fence)])
        )

    async def rows(self, table: sa.Table) -> list[Any]:
        """Read a whole table."""
        return await self.store.read(lambda connection: list(connection.execute(table.select())))


@pytest.fixture
async def house(tmp_path: Path, database: dict[str, Any]) -> AsyncIterator[House]:
    """Set up a house over an empty database."""
    settings = Settings(data=tmp_path, **database, systems=read_systems(SYSTEMS, {}))
    store = await open_store(settings)
    systems = await find_systems(settings, store)
    number = systems.all[0].id
    yield House(
        store,
        systems,
        Limits(
            system=number,
            worker="w",
            adapter="a 1",
            at_once=8,
            together=1,
            lease=60_000,
            quarantine=0,
            linger=0,
            appends=False,
            on_uncertain="resend",
            looks_up=False,
            scale=1.0,
        ),
    )
    await store.close()


def told(claim: Claim) -> Delivered:
    """Say that they have everything."""
    return Delivered(up_to=claim.head_seq, remote=Remote(created=True))


async def test_a_claimed_lane_is_claimed_once(house: House) -> None:
    """Law 3: While a lease stands, nobody else gets the lane."""
    await house.post(1)
    first = await house.claim()

    assert (len(first), len(await house.claim())) == (1, 0)


async def test_what_is_fresh_is_found_wherever_a_search_begins(house: House) -> None:
    """Of two posts at one time the one that is committed last may have the lower rank."""
    await house.post(1)
    now = int(time.time() * 1000)
    await house.store.write(lambda connection: connection.execute(outbox.update().values(rank=now)))

    assert len(await house.claim(since=now + 60_000)) == 1


async def test_what_is_older_is_found_only_from_where_a_search_begins(house: House) -> None:
    """A search over what is settled already would be dear."""
    await house.post(1)
    old = int(time.time() * 1000) - 10 * FRESH
    await house.store.write(lambda connection: connection.execute(outbox.update().values(rank=old)))

    assert await house.claim(since=old + 1) == ()
    assert len(await house.claim(since=old)) == 1


async def test_a_window_of_one_lets_one_begin(house: House) -> None:
    """A system of which nothing is known yet is asked one thing at a time."""
    await house.post(1)
    await house.post(2)

    assert len(await house.claim()) == 1


async def test_delivered_leaves_the_outbox(house: House) -> None:
    """What is done has no row on the outbox; the ledger says up to where."""
    await house.post(1)
    (claim,) = await house.claim()
    await house.complete(claim, told(claim))
    (row,) = await house.rows(lane)

    assert (0, claim.head_seq) == (len(await house.rows(outbox)), row.done_seq)


async def test_a_lapsed_lease_is_taken_over_in_doubt(house: House) -> None:
    """Law 3: Whoever takes over a lapsed lease knows that something may have landed."""
    await house.post(1)
    await house.claim(lease=-1)
    (second,) = await house.claim()
    outcomes = [row.outcome for row in await house.rows(attempt)]

    assert (second.uncertainty, outcomes) == (1, ["lapsed"])


async def test_a_late_result_moves_no_lane_and_is_kept(house: House) -> None:
    """Law 3: The first holder comes back after its lease has passed on: it is kept, late."""
    await house.post(1)
    (first,) = await house.claim(lease=-1)
    (second,) = await house.claim()
    await house.complete(first, told(first))
    (row,) = await house.rows(lane)
    late = [row.late for row in await house.rows(attempt) if row.outcome == "delivered"]

    assert (row.done_seq, late, second.fence > first.fence) == (0, [True], True)


async def test_a_checkpoint_needs_the_fence(house: House) -> None:
    """Law 3: Progress in the middle of a conversation counts only for whoever holds the lane."""
    await house.post(1)
    (first,) = await house.claim(lease=-1)
    (second,) = await house.claim()
    kept = [await house.checkpoint(one) for one in (first, second)]

    assert kept == [False, True]


async def test_three_lapses_park_the_lane(house: House) -> None:
    """Law 5: A dossier that kills its worker three times waits for the integrator."""
    await house.post(1)
    for _ in range(3):
        await house.claim(lease=-1)
    await house.claim()
    (row,) = await house.rows(outbox)

    assert (row.reason, row.parked_for) == ("lapsed", "integrator")


async def test_an_append_in_doubt_is_parked_where_the_setting_says_so(house: House) -> None:
    """Law 5: With `park`, a lapsed lane of an appending system is never sent again by itself."""
    await house.post(1)
    await house.claim(lease=-1)
    claims = await house.claim(appends=True, on_uncertain="park")
    (row,) = await house.rows(outbox)

    assert (claims, row.reason) == ((), "may_stand_once")


async def test_a_wake_up_needs_the_wait_it_was_for(house: House) -> None:
    """Law 2: Only the wait with that fence is ended; an old wake-up does nothing."""
    await house.post(1)
    (claim,) = await house.claim()
    await house.complete(claim, Unreachable(why="x"))
    woken = [await house.wake(claim, fence) for fence in (0, claim.fence, claim.fence)]

    assert woken == [0, 1, 0]


async def test_released_lanes_are_as_if_never_claimed(house: House) -> None:
    """What was not begun when a process stops is claimed by the next without doubt."""
    await house.post(1)
    claims = await house.claim()
    await house.store.write(lambda connection: lanes.release(connection, claims))
    (again,) = await house.claim()

    assert (again.uncertainty, again.tries) == (0, 0)


async def test_confirmed_to_the_last_and_then_killed(house: House) -> None:
    """A worker that dies after its last checkpoint leaves a lane with nothing left to tell."""
    await house.post(1)
    (first,) = await house.claim(lease=-1)
    await house.checkpoint(first)
    (second,) = await house.claim()
    work, unreadable = await house.store.read(
        lambda connection: steps.unpack("a", [second], steps.versions(connection, [second]))
    )

    assert ([one.events for one in work], unreadable) == ([()], [])


async def test_one_unreadable_lane_holds_up_nobody(house: House) -> None:
    """What cannot be read is named, and the others are read."""
    await house.post(1)
    (good,) = await house.claim()
    bad = replace(good, dossier_id=uuid7())
    work, unreadable = await house.store.read(
        lambda connection: steps.unpack("a", [bad, good], steps.versions(connection, [bad, good]))
    )

    assert ([good], [bad]) == ([one.claim for one in work], unreadable)


async def note(house: House, number: int, ref: str, **more: Any) -> None:
    """Add an event to a dossier."""
    (found,) = await house.store.write(
        lambda connection: dossiers.load(
            connection, dossiers.find(connection, refs=[(1, f"1/{number}")]).ids
        )
    )
    content = sample(number, 1).requests[0].body
    event = {
        "ref": ref,
        "kind": "progress",
        "action": "Ghi chú",
        "occurred_at": content["submitted_at"],
        **more,
    }
    batcher = RequestBatcher(house.store, house.systems, lambda _: None)
    answer = await batcher.submit(
        RecordEvent(
            client=CLIENT,
            dossier=found.id,
            event=NewEvent.model_validate(event),
            digest=ref.encode(),
        )
    )
    assert isinstance(answer, Answer), answer


async def test_an_event_that_comes_while_a_lane_is_settled_is_not_lost(house: House) -> None:
    """Law 1: However the two meet, a lane with something left to say has a row on the outbox."""
    await house.post(1)
    for number in range(25):
        claims = await house.claim()
        settling_ = [house.complete(claim, told(claim)) for claim in claims]
        await asyncio.gather(*settling_, note(house, 1, f"n{number}"))
        (row,) = await house.rows(lane)
        (head,) = await house.rows(dossier)
        left = await house.rows(outbox)

        assert bool(left) == (row.done_seq < head.last_seq)


async def test_a_correction_that_comes_during_the_refused_try_counts(house: House) -> None:
    """A lane is not parked for a fault that was mended while the try was under way."""
    await house.post(1)
    (claim,) = await house.claim()
    patch = {"summary": "ngắn"}
    await note(house, 1, "sua", kind="corrected", reason="Sai", patch=patch)
    await house.complete(claim, Refused(code="1", message="no"))
    (row,) = await house.rows(outbox)

    assert (row.state, row.lease_until) == (READY, None)
