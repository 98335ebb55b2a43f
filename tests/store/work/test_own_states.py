"""What was not told has a state of its own, whatever mode kept it back: on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pytest
import sqlalchemy as sa

from gateway.admission.batcher import RequestBatcher
from gateway.admission.requests import Answer, RecordEvent
from gateway.dossiers import outbox as routes
from gateway.dossiers.systems import Systems
from gateway.main.bootstrap import find_systems, open_store
from gateway.rules.gate import Gate
from gateway.rules.lane_states import READY, WAITING
from gateway.rules.outcomes import Shadowed
from gateway.settings import Settings, read_systems
from gateway.store.ledger import consistency, dossiers, own_states, saving
from gateway.store.tables import attempt, lane, outbox, system
from gateway.store.work import modes, steps
from schemas.event import NewEvent
from schemas.outcome import Delivered, Outcome, Remote, Unreachable
from tests.store.work.test_operating import CLIENT, SYSTEMS, Office

Mode = Literal["off", "shadow", "live"]
NEXT = {"kind": "progress", "action": "Ghi chú", "occurred_at": "2026-03-20T10:00:00+07:00"}


def in_mode(systems: Systems, mode: Mode) -> Systems:
    """Give the same systems in another mode, as after a change of the systems file."""
    changed = (replace(one, config=replace(one.config, mode=mode)) for one in systems.all)
    return replace(systems, all=tuple(changed))


@dataclass
class Ledger(Office):
    """An office whose system changes its mode, and whose dossiers go on."""

    async def switch(self, mode: Mode) -> None:
        """Start the gateway anew with the system in this mode."""
        self.systems = in_mode(self.systems, mode)
        told = {one.id: one.config.mode for one in self.systems.all}
        await self.store.write(lambda connection: modes.note(connection, told))

    async def event(self, which: int = 0, ref: str = "n1", **more: Any) -> None:
        """Add an event to a dossier."""
        answer = await RequestBatcher(self.store, self.systems, lambda _: None).submit(
            RecordEvent(
                client=CLIENT,
                dossier=self.ids[which],
                event=NewEvent.model_validate({"ref": ref, **NEXT, **more}),
                digest=ref.encode(),
            )
        )
        assert isinstance(answer, Answer), answer

    async def lane(self) -> Any:
        """Read the one lane."""
        return (await self.rows(lane))[0]

    async def counts(self) -> Mapping[str, int]:
        """Count lanes as the status and the metrics show them."""
        standing, _ = await self.survey()
        return {state: many for state, many in standing.lanes.items() if many}

    async def orderly(self) -> bool:
        """Say whether outbox and ledger agree."""
        return not await self.store.read(consistency.compare)

    async def shadow(self, count: int = 1) -> None:
        """Take dossiers in while the system is in shadow mode, and translate them."""
        await self.switch("shadow")
        await self.post(count)
        await self.complete(await self.claim(), Shadowed())


def told(up_to: int) -> Outcome:
    """Say that they have it."""
    return Delivered(up_to=up_to, remote=Remote(created=True, line=up_to))


@pytest.fixture
async def office(tmp_path: Path, database: dict[str, Any]) -> AsyncIterator[Ledger]:
    """Open an office over an empty database."""
    settings = Settings(data=tmp_path, **database, systems=read_systems(SYSTEMS, {}))
    store = await open_store(settings)
    made = Ledger(store, await find_systems(settings, store), [])
    await made.set(system, sa.true(), gate=Gate(window=64, good_at=1).row())
    yield made
    await store.close()


async def test_what_was_shadowed_is_not_told(office: Ledger) -> None:
    """Law 20: A shadowed lane stands nowhere as told: in the ledger, the counts, the checker."""
    await office.shadow(2)
    one = await office.lane()

    assert (one.done_seq, one.done_at, one.state, one.state_seq) == (0, None, "shadowed", 1)
    assert await office.counts() == {"shadowed": 2}
    assert {row.outcome for row in await office.rows(attempt)} == {"shadowed"}
    assert (await office.rows(outbox), await office.orderly()) == ([], True)


async def test_going_live_begins_from_now(office: Ledger) -> None:
    """Law 20: Neither what was shadowed nor what still waited for it is sent by going live."""
    await office.shadow(1)
    await office.post(2)
    await office.switch("live")

    assert await office.claim() == []
    assert await office.counts() == {"shadowed": 2}
    assert await office.orderly()


async def test_the_next_event_of_a_shadowed_dossier_brings_it_whole(office: Ledger) -> None:
    """Law 20: Live, a dossier that goes on is told with all that they were never told of it."""
    await office.shadow()
    await office.switch("live")
    await office.event()
    (claim,) = await office.claim()
    found = await office.store.read(lambda connection: steps.versions(connection, [claim]))
    ((work,), _) = steps.unpack("a", [claim], found)
    waits = await office.counts()
    await office.complete([claim], told(2))
    one = await office.lane()

    assert ([event.seq for event in work.events], work.claim.remote.created) == ([1, 2], False)
    assert waits == {"sending": 1}
    assert (one.done_seq, one.state, await office.counts()) == (2, None, {})


async def test_what_was_owed_before_the_shadow_is_still_owed(office: Ledger) -> None:
    """What waited when a live system was put into shadow mode goes on when it is live again."""
    await office.switch("live")
    await office.post(1)
    await office.end(Unreachable(why="away"))
    await office.switch("shadow")
    await office.switch("live")

    assert [row.state for row in await office.rows(outbox)] == [WAITING]


async def test_told_before_the_shadow_stays_told(office: Ledger) -> None:
    """What they were truly told stays; only what came later is shadowed."""
    await office.switch("live")
    await office.post(1)
    await office.complete(await office.claim(), told(1))
    await office.switch("shadow")
    await office.event()
    await office.complete(await office.claim(), Shadowed())
    one = await office.lane()

    assert (one.done_seq, one.state, one.state_seq) == (1, "shadowed", 2)
    assert one.remote["created"]


async def test_what_happens_while_a_system_is_off_is_said(office: Ledger) -> None:
    """Law 20: An event that passes a known lane by while the system is off leaves it untold."""
    await office.switch("live")
    await office.post(1)
    await office.complete(await office.claim(), told(1))
    await office.switch("off")
    await office.event()
    one = await office.lane()
    counts = await office.counts()
    await office.switch("live")

    assert (one.done_seq, one.state, one.state_seq) == (1, "off", 2)
    assert counts == {"untold": 1}
    assert (await office.claim(), await office.orderly()) == ([], True)


async def test_what_waits_when_a_system_is_switched_off_grows(office: Ledger) -> None:
    """What was owed when it was switched off is told with all that came since."""
    await office.switch("live")
    await office.post(1)
    await office.switch("off")
    await office.event()
    await office.switch("live")
    (claim,) = await office.claim()

    assert (claim.done_seq, claim.head_seq) == (0, 2)


async def test_a_word_of_their_own_brings_nothing_old_to_them(office: Ledger) -> None:
    """Law 20: What a system itself reports of a dossier from before it was added sends nothing."""
    await office.switch("off")
    await office.post(1)
    await office.switch("live")
    from_them = office.systems.all[0].name
    await office.store.write(lambda connection: _heard(connection, office, from_them))
    one = await office.lane()

    assert (one.state, one.state_seq) == ("added", 1)
    assert (await office.claim(), await office.orderly()) == ([], True)


def _heard(connection: sa.Connection, office: Ledger, name: str) -> None:
    """Add an event that the system told us."""
    (record,) = dossiers.load(connection, office.ids)
    now = datetime.now(UTC)
    version = record.follow(NewEvent.model_validate({"ref": "theirs", **NEXT}), now=now)
    assert not isinstance(version, tuple)
    record.add(version, origin=name, digest=b"1")
    routes.route(record, office.systems, 1)
    saving.save(connection, [record], 1)


async def test_shadow_asks_no_gate(office: Ledger) -> None:
    """In shadow a closed gate bars nobody and learns nothing: nothing is sent."""
    shut = Gate(state="closed", window=1, why="failing").row()
    await office.set(system, sa.true(), gate=shut, gate_until=2**50)
    await office.switch("shadow")
    await office.post(3)
    claims = await office.claim(shadow=True)
    await office.complete(claims, Shadowed())
    standing, _ = await office.survey()

    assert (len(claims), standing.gate.state, standing.inflight) == (3, "closed", 0)


async def test_lanes_are_counted_by_the_index_of_their_state(office: Ledger) -> None:
    """What is counted at every look costs by what was left aside, not by all lanes."""
    await office.shadow(3)
    await office.switch("live")
    await office.post(5)

    assert await office.store.read(own_states.counted) == {office.number: {"shadowed": 3}}
    assert {row.state for row in await office.rows(outbox)} == {READY}
