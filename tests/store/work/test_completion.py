"""How attempts end: what moves the lane, what the gate hears, what befell a whole batch."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.rules.lane_states import ASKED, PARKED, READY, UNTOLD, WAITING
from gateway.rules.outcomes import ALONE
from gateway.store.tables import attempt, lane, outbox, system
from gateway.store.work.lanes import Claim
from schemas.outcome import (
    Blocked,
    Delivered,
    Malformed,
    Outcome,
    Pending,
    Refused,
    Remote,
    Uncertain,
    Unreachable,
    Untold,
)
from tests.store.work.test_lanes import House, house, note, told

__all__ = ["house"]


async def befallen(house: House, outcome: Outcome) -> tuple[dict[str, Any], Any]:
    """Settle a lane that was told with others; give the gate and its row of the outbox."""
    await house.post(1)
    (claim,) = await house.claim()
    await house.complete(claim, outcome, blamed=False)
    gate = (await house.rows(system))[0].gate
    (row,) = await house.rows(outbox)
    return gate, row


@pytest.mark.parametrize(
    "outcome", [Unreachable(why="x"), Refused(code="1", message="x"), Malformed(why="x", raw="")]
)
async def test_a_lane_without_blame_goes_on_alone_at_once(house: House, outcome: Outcome) -> None:
    """Ready again, marked to go alone and in no doubt; no try counts, the gate hears nothing."""
    gate, row = await befallen(house, outcome)

    assert (row.state, row.uncertainty, row.tries, row.lease_until) == (READY, ALONE, 0, None)
    assert (gate["failing"], gate["recent"]) == ([], [])


async def test_after_an_open_end_it_waits_like_the_others(house: House) -> None:
    """Their side may still act on the call; no try counts, the gate hears nothing."""
    gate, row = await befallen(house, Uncertain(why="x", effect="keyed"))

    assert (row.state, row.uncertainty, row.tries) == (WAITING, 1, 0)
    assert (gate["failing"], gate["recent"]) == ([], [])


async def test_whoever_is_blamed_counts(house: House) -> None:
    """One failure of the system, one try of the lane."""
    await house.post(1)
    (claim,) = await house.claim()
    await house.complete(claim, Uncertain(why="x", effect="keyed"))
    gate = (await house.rows(system))[0].gate
    (row,) = await house.rows(outbox)

    assert (len(gate["failing"]), row.tries) == (1, 1)


@pytest.mark.parametrize(("meanwhile", "state"), [(False, UNTOLD), (True, READY)])
async def test_what_is_not_told_stays_until_something_comes(
    house: House, *, meanwhile: bool, state: int
) -> None:
    """The lane stays behind with what is lacking; what came meanwhile is looked at, at once."""
    await house.post(1)
    (claim,) = await house.claim()
    if meanwhile:
        await note(house, 1, "n1")
    await house.complete(claim, Untold("/owner/identities", "no number"))
    (row,) = await house.rows(outbox)

    assert (row.state, row.parked_for, row.wake_at, row.lease_until) == (state, None, None, None)


async def claimed(house: House, *, events: int = 1) -> Claim:
    """Post a dossier with so many events and claim its lane."""
    await house.post(1)
    for number in range(1, events):
        await note(house, 1, f"n{number}")
    (claim,) = await house.claim()
    return claim


def up_to(seq: int) -> Delivered:
    """Say that they have everything up to an event."""
    return Delivered(up_to=seq, remote=Remote(created=True, line=seq))


async def test_what_they_do_not_have_yet_stays_in_the_outbox(house: House) -> None:
    """Law 3: Told up to the last event but one, the lane is ready for the last."""
    claim = await claimed(house, events=3)
    await house.complete(claim, up_to(claim.head_seq - 1))
    (row,) = await house.rows(outbox)
    (again,) = await house.claim()

    assert (row.state, row.lease_until) == (READY, None)
    assert (again.done_seq, again.head_seq) == (claim.head_seq - 1, claim.head_seq)


async def test_what_came_meanwhile_is_told_next_and_afresh(house: House) -> None:
    """A lane that was told something begins anew with what is left."""
    claim = await claimed(house)
    await house.complete(claim, Uncertain(why="cut", effect="keyed"))
    await house.wake(claim, claim.fence)
    (second,) = await house.claim()
    await note(house, 1, "later")
    done = await house.complete(second, told(second))
    (third,) = await house.claim()

    assert (second.uncertainty, second.tries, done.transitions) == (1, 1, ("told",))
    assert (third.done_seq, third.uncertainty, third.tries) == (second.head_seq, 0, 0)
    assert third.failing_since is None


async def test_what_was_told_is_never_taken_back(house: House) -> None:
    """Law 3: An adapter that counts too few does not undo what a checkpoint confirmed."""
    claim = await claimed(house, events=3)
    await house.checkpoint(claim, up_to=3)
    await house.complete(claim, up_to(1))
    (row,) = await house.rows(lane)

    assert row.done_seq == 3


async def test_a_checkpoint_never_falls(house: House) -> None:
    """Law 3: A line of a ledger of theirs can never be unsaid."""
    claim = await claimed(house, events=3)
    for seq in (2, 1):
        await house.checkpoint(claim, up_to=seq)
    (row,) = await house.rows(lane)

    assert row.done_seq == 2


async def test_a_completion_that_is_repeated_is_harmless(house: House) -> None:
    """Law 3: The lease ended with the first: the second is late, and no place is given twice."""
    claim = await claimed(house)
    done = [await house.complete(claim, Unreachable(why="x")) for _ in range(2)]
    (row,) = await house.rows(outbox)
    (stored,) = await house.rows(system)

    assert [one.transitions for one in done] == [("waiting",), ("late",)]
    assert (row.tries, stored.inflight, len(stored.gate["failing"])) == (1, 0, 1)
    assert [one.late for one in await house.rows(attempt)] == [False, True]


async def test_after_the_end_nothing_is_confirmed(house: House) -> None:
    """Law 3: A checkpoint needs the lease, not only the last fence."""
    claim = await claimed(house)
    await house.complete(claim, Unreachable(why="x"))

    assert not await house.checkpoint(claim)


async def test_what_left_the_outbox_cannot_end_again(house: House) -> None:
    """A result of a lane with nothing left to say is kept, late."""
    claim = await claimed(house)
    done = [await house.complete(claim, told(claim)) for _ in range(2)]

    assert [one.transitions for one in done] == [("told",), ("late",)]


@pytest.mark.parametrize(
    ("holds", "more", "state", "reason"),
    [
        (True, True, ASKED, "asked_holds"),
        (True, False, ASKED, "asked_holds"),
        (False, True, READY, "asked"),
        (False, False, ASKED, "asked"),
    ],
    ids=["holds", "holds, no news", "news", "no news"],
)
async def test_a_verdict_that_is_awaited_holds_only_if_it_must(
    house: House, holds: bool, more: bool, state: int, reason: str
) -> None:
    """Law 5: What came meanwhile waits for the verdict only where the adapter says so."""
    claim = await claimed(house)
    if more:
        await note(house, 1, "later")
    done = await house.complete(claim, Pending(remote=Remote(id="7"), ask_after=30, holds=holds))
    (row,) = await house.rows(outbox)
    (known,) = await house.rows(lane)

    assert (row.state, row.reason, row.lease_until) == (state, reason, None)
    assert (known.remote["id"], known.done_seq) == ("7", 0)
    assert [one.seconds for one in done.waits] == [30]


@pytest.mark.parametrize(
    ("progressed", "tries"), [(False, [1, 2]), (True, [1, 1])], ids=["stuck", "further"]
)
async def test_whoever_came_further_is_not_failing(
    house: House, progressed: bool, tries: list[int]
) -> None:
    """Law 5: Tries are counted at one and the same place of a lane."""
    claim, counted = await claimed(house), []
    for _ in range(2):
        await house.complete(claim, Unreachable(why="x"), progressed=progressed)
        counted.append((await house.rows(outbox))[0].tries)
        await house.wake(claim, claim.fence)
        (claim,) = await house.claim()

    assert counted == tries


async def test_a_lane_fails_since_its_first_failure(house: House) -> None:
    """By which it is told whether others passed meanwhile."""
    claim, since = await claimed(house), []
    for _ in range(2):
        await house.complete(claim, Unreachable(why="x"))
        since.append((await house.rows(outbox))[0].failing_since)
        await house.wake(claim, claim.fence)
        (claim,) = await house.claim()

    assert since[0] is not None
    assert since[0] == since[1]


async def test_what_is_parked_says_why_and_for_whom(house: House) -> None:
    """Law 5: With the field, so that the officer knows what to mend; its place is free."""
    claim = await claimed(house)
    done = await house.complete(claim, Refused(code="7", message="no"))
    (row,) = await house.rows(outbox)
    (stored,) = await house.rows(system)

    assert (row.state, row.reason, row.cause) == (PARKED, "refused", "refused:7")
    assert (row.parked_for, row.detail[0]["detail"]) == ("officer", "no")
    assert (done.transitions, done.waits, stored.inflight) == (("parked",), (), 0)


async def test_a_code_that_they_allocated_is_handed_on(house: House) -> None:
    """Whoever completes records it in the same transaction."""
    claim = await claimed(house)
    done = await house.complete(
        claim, Delivered(up_to=claim.head_seq, remote=Remote(), official_code="H99-1")
    )

    assert done.codes == ((claim.dossier_id, "H99-1"),)


async def test_a_wrong_credential_closes_the_gate_and_counts_for_no_lane(house: House) -> None:
    """Law 5: It is the operator's business, and nobody is parked for it."""
    claim = await claimed(house)
    done = await house.complete(claim, Blocked(why="401"))
    (row,) = await house.rows(outbox)

    assert (done.gate.state, row.state, row.tries) == ("closed", WAITING, 0)
