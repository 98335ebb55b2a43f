"""Backfill and resend as values: what is chosen, how it goes, what is left alone; on both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

import sqlalchemy as sa

from gateway.operations import plans
from gateway.operations.plans import Choice, Preview, Told
from gateway.operations.refusals import Refusal
from gateway.rules.outcomes import Shadowed
from gateway.store.tables import attempt, dossier, lane, outbox, plan_lane
from gateway.store.work import plans as rows
from gateway.store.work import steps, systems
from gateway.store.work.lanes import Claim
from gateway.store.work.plans import Plan
from schemas.event import Event
from schemas.outcome import Delivered, Outcome, Refused, Remote
from tests.store.work.test_own_states import Ledger, in_mode, office, told

__all__ = ["office"]

NOW = 2**50


def took(claim: Claim) -> Outcome:
    """Take whatever it is."""
    return told(claim.head_seq)


def refused(_: Claim) -> Outcome:
    """Refuse whatever it is."""
    return Refused(code="7", message="no")


async def backfill(office: Ledger, **choice: object) -> Preview:
    """See what the system was not told."""
    configured = [one.config for one in office.systems.all]
    asked = Choice(**choice)  # type: ignore[arg-type]
    found = await plans.preview_backfill(office.store, configured, office.systems.all[0], asked)
    assert isinstance(found, Preview)
    return found


async def made(office: Ledger, previewed: Preview, **more: bool) -> UUID:
    """Make a plan of it."""
    which = await plans.make(office.store, previewed, by="os:night", reason="new", **more)
    assert isinstance(which, UUID)
    return which


async def advance(office: Ledger, which: UUID) -> int:
    """Carry a plan one step on, as whoever leads does."""
    return await office.store.write(
        lambda connection: rows.advance(connection, office.systems, which)
    )


async def stands(office: Ledger, which: UUID) -> Plan:
    """See how a plan stands."""
    return next(one for one in await plans.listed(office.store) if one.id == which)


async def run(office: Ledger, which: UUID, answer: Callable[[Claim], Outcome]) -> list[int]:
    """Carry a plan out, the system answering so; give the sizes of its waves."""
    waves: list[int] = []
    while (await stands(office, which)).state == "running":
        waves += [went] if (went := await advance(office, which)) else []
        for claim in await office.claim():
            await office.complete([claim], answer(claim))
    return waves


async def work(office: Ledger, claims: Sequence[Claim]) -> list[tuple[Event, ...]]:
    """Give what claims have to say."""
    found = await office.store.read(lambda connection: steps.versions(connection, claims))
    return [one.events for one in steps.unpack("a", claims, found)[0]]


async def test_what_was_not_told_is_counted_by_what_kept_it_back(office: Ledger) -> None:
    """Law 20: Shadowed, off, older than the connection, and reached by a wider route: all of it."""
    office.systems = in_mode(office.systems, "off")
    await office.post(1)  # before any gateway had started with the system
    await asyncio.sleep(0.01)
    await office.shadow(3)
    await office.switch("off")
    await office.event(3)
    await office.switch("live")
    found = await backfill(office)

    assert dict(found.counts(lambda one: one.member.was)) == {"added": 1, "shadowed": 1, "off": 1}
    assert sum(many for _, many in found.counts(lambda one: one.procedure)) == 3
    assert (found.hindrance, await office.rows(plan_lane)) == (None, [])


async def test_a_route_that_was_widened_reaches_back(office: Ledger) -> None:
    """Law 20: Dossiers that the route did not reach are found once it does, and only then."""
    await office.switch("live")
    wide = office.systems
    narrow = replace(
        wide.all[0].config, route=replace(wide.all[0].config.route, procedures=("9.9",))
    )
    office.systems = replace(wide, all=(replace(wide.all[0], config=narrow),))
    await asyncio.sleep(0.01)
    await office.post(2)
    before = await backfill(office)
    office.systems = wide

    assert before.chosen == ()
    assert {one.member.was for one in (await backfill(office)).chosen} == {"widened"}


async def test_a_backfill_goes_in_growing_waves(office: Ledger) -> None:
    """Law 20: One lane first, then five, then twenty; the whole of each is told, and no more."""
    await office.shadow(9)
    await office.switch("live")
    which = await made(office, await backfill(office))
    waves = await run(office, which, took)
    one = await stands(office, which)

    assert waves == [1, 5, 3]
    assert (one.state, one.counts) == ("done", {"passed": 9})
    assert {(row.done_seq, row.state) for row in await office.rows(lane)} == {(1, None)}
    assert await office.counts() == {}


async def test_what_it_lets_go_goes_behind_what_comes(office: Ledger) -> None:
    """A backfill is bulk: what an officer enters meanwhile goes first."""
    await office.shadow(1)
    await office.switch("live")
    await advance(office, await made(office, await backfill(office)))
    old = office.ids[0]
    await office.set(dossier, sa.true(), due_at=None)
    await office.post(2)
    ranks = {row.dossier_id: row.rank for row in await office.rows(outbox)}

    assert ranks.pop(old) > max(ranks.values())


async def test_a_backfill_stops_by_itself(office: Ledger) -> None:
    """Where more than half of a wave fails no further one goes; resumed, it begins small again."""
    await office.shadow(9)
    await office.switch("live")
    which = await made(office, await backfill(office))
    first = await run(office, which, refused)
    stopped = await stands(office, which)
    resumed = await plans.resume(office.store, which, by="os:night")
    then = await run(office, which, took)

    assert (first, stopped.state, stopped.why, stopped.failed) == (
        [1],
        "stopped",
        "failing",
        {"refused": 1},
    )
    assert (resumed, then, (await stands(office, which)).counts) == (
        True,
        [1, 5, 2],
        {"passed": 8, "failed": 1},
    )


async def test_a_plan_doubles_nothing_however_often_it_is_carried_on(office: Ledger) -> None:
    """A wave that went is not let go again: whoever comes after a crash goes on behind it."""
    await office.shadow(3)
    await office.switch("live")
    which = await made(office, await backfill(office))
    sizes = [await advance(office, which) for _ in range(3)]

    assert sizes == [1, 0, 0]
    assert len(await office.rows(outbox)) == 1


async def test_a_lapsed_lease_is_no_failure_of_a_plan(office: Ledger) -> None:
    """A worker that was killed in the middle of a wave is followed by another; so is the plan."""
    await office.shadow(3)
    await office.switch("live")
    which = await made(office, await backfill(office))
    await advance(office, which)
    await office.claim(lease=0)
    waves = await run(office, which, took)

    assert "lapsed" in {row.outcome for row in await office.rows(attempt)}
    assert (waves, (await stands(office, which)).counts) == ([2], {"passed": 3})


async def test_what_moved_meanwhile_is_left_alone(office: Ledger) -> None:
    """A dossier that an event brought on its way is told once, and the plan says that it moved."""
    await office.shadow(2)
    await office.switch("live")
    which = await made(office, await backfill(office))
    await office.event(0)
    await office.complete(await office.claim(), told(2))
    waves = await run(office, which, took)

    assert (waves, (await stands(office, which)).counts) == ([1], {"moved": 1, "passed": 1})


async def test_a_stopped_plan_lets_nothing_go(office: Ledger) -> None:
    """Stopped by hand no wave goes; what was let go goes on."""
    await office.shadow(4)
    await office.switch("live")
    which = await made(office, await backfill(office))
    await advance(office, which)
    await plans.stop(office.store, which, by="os:night")
    await office.complete(await office.claim(), told(1))

    assert await advance(office, which) == 0
    assert (await office.counts(), (await stands(office, which)).why) == (
        {"shadowed": 3},
        "by_hand",
    )
    assert not await plans.stop(office.store, which, by="os:night")


async def test_a_plan_waits_for_a_system_that_is_held(office: Ledger) -> None:
    """While somebody holds the system no wave goes, and the plan says why."""
    await office.shadow(1)
    await office.switch("live")
    which = await made(office, await backfill(office))
    await office.store.write(lambda connection: systems.hold(connection, ["a"], "me", "test"))
    went = await advance(office, which)
    held = await stands(office, which)
    await office.store.write(lambda connection: systems.release(connection, ["a"]))

    assert (went, held.state, held.why) == (0, "running", "held")
    assert await run(office, which, took) == [1]


async def test_nothing_is_planned_for_a_system_that_is_not_live(office: Ledger) -> None:
    """Off or in shadow it can be counted, and not begun."""
    await office.shadow(1)
    found = await backfill(office)

    assert (len(found.chosen), found.hindrance) == (1, "shadow")
    assert await plans.make(office.store, found, by="os:night", reason="") == Refusal(
        "not_live", "a", ("shadow",)
    )


async def test_a_choice_narrows_a_backfill(office: Ledger) -> None:
    """By day, agency and procedure; what none of them names is left."""
    await office.shadow(4)
    row = (await office.rows(dossier))[0]
    by_agency = await backfill(office, agency=row.agency)
    by_procedure = await backfill(office, procedure=row.procedure)

    assert 0 < len(by_agency.chosen) <= 4
    assert {one.procedure for one in by_procedure.chosen} == {row.procedure}
    assert (await backfill(office, since=NOW)).chosen == ()


async def two_mappings(office: Ledger) -> None:
    """Tell one dossier under a wrong mapping, and one under the right one."""
    await office.switch("live")
    await office.post(2)
    for name, claim in zip(("a 1 wrong", "a 2 right"), await office.claim(), strict=True):
        await office.complete([claim], told(1))
        which = attempt.c.dossier_id == claim.dossier_id
        await office.set(attempt, which, adapter=name)


async def resend(office: Ledger, **meant: object) -> Preview:
    """See what was told by these tries."""
    found = await plans.preview_resend(
        office.store,
        office.systems.all[0],
        Choice(),
        Told(**meant),  # type: ignore[arg-type]
    )
    assert isinstance(found, Preview)
    return found


async def test_a_resend_chooses_by_what_told_it(office: Ledger) -> None:
    """By mapping, by version of the adapter, by time; what was told again since is left."""
    await two_mappings(office)
    sizes: Mapping[str, int] = {
        "mapping": len((await resend(office, mapping="wrong")).chosen),
        "version": len((await resend(office, version="1")).chosen),
        "all": len((await resend(office, until=NOW)).chosen),
        "none": len((await resend(office, since=NOW)).chosen),
    }
    await run(office, await made(office, await resend(office, mapping="wrong")), took)

    assert sizes == {"mapping": 1, "version": 1, "all": 2, "none": 0}
    assert (await resend(office, mapping="wrong")).chosen == ()


async def test_a_resend_tells_all_of_it_again(office: Ledger) -> None:
    """Where repeating is harmless the steps are told again; the ledger stays as it is till then."""
    await two_mappings(office)
    which = await made(office, await resend(office, mapping="wrong"))
    await advance(office, which)
    before = {row.done_seq for row in await office.rows(lane)}
    (claim,) = await office.claim()
    (events,) = await work(office, [claim])
    orderly = await office.orderly()
    await office.complete([claim], took(claim))

    assert (before, [one.seq for one in events], claim.remote) == (
        {1},
        [1],
        Remote(created=True, line=0),
    )
    assert (orderly, await office.counts()) == (True, {})
    assert "retried" in {row.outcome for row in await office.rows(attempt)}


async def test_lines_that_can_only_be_added_go_again_only_by_order(office: Ledger) -> None:
    """A system that appends keeps its lines; by order they go again, and the ledger says so."""
    await two_mappings(office)
    only = replace(office.systems.all[0], facts=replace(office.systems.all[0].facts, appends=True))
    office.systems = replace(office.systems, all=(only,))
    found = await resend(office, mapping="wrong")
    await advance(office, await made(office, found))
    (claim,) = await office.claim()
    await office.complete([claim], Delivered(up_to=1, remote=claim.remote))
    await advance(office, await made(office, found, lines_again=True))
    (by_order,) = await office.claim()
    notes = [row.detail for row in await office.rows(attempt) if row.outcome == "retried"]

    assert (found.appends, claim.remote.line, by_order.remote.line) == (True, 1, 0)
    assert [one.get("may_stand_twice") for one in notes] == [None, [1, 1]]


async def test_an_event_during_a_resend_is_told_with_it(office: Ledger) -> None:
    """What is being told again and goes on meanwhile is told once more, up to its newest event."""
    await two_mappings(office)
    await advance(office, await made(office, await resend(office, mapping="wrong")))
    (claim,) = await office.claim()
    await office.event(office.ids.index(claim.dossier_id))
    await office.complete([claim], told(1))
    (again,) = await office.claim()

    assert ((again.done_seq, again.head_seq), again.remote.line) == ((1, 2), 1)


async def test_shadowed_by_a_plan_is_no_success(office: Ledger) -> None:
    """A system that was put back into shadow mode under a plan makes it stop, not pass."""
    await office.shadow(2)
    await office.switch("live")
    which = await made(office, await backfill(office))
    await advance(office, which)
    await office.complete(await office.claim(shadow=True), Shadowed())
    await advance(office, which)
    one = await stands(office, which)

    assert (one.state, one.failed, await office.counts()) == (
        "stopped",
        {"shadowed": 1},
        {"shadowed": 2},
    )
