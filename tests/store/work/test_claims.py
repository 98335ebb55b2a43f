"""What a claim takes: never more than the gate lets pass, and nothing of the living."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.rules.gate import Gate
from gateway.rules.lane_states import PARKED
from gateway.store.dialect import now as db_now
from gateway.store.tables import outbox, system
from gateway.store.work import lanes
from schemas.outcome import Unreachable
from tests.store.work.test_lanes import House, house, told

__all__ = ["house"]
LONG = 60_000


async def stands(house: House, **values: Any) -> None:
    """Let the system stand so."""
    await house.store.write(lambda connection: connection.execute(system.update().values(**values)))


async def inflight(house: House) -> int:
    """Say how many are under way, as every process reads it."""
    (row,) = await house.rows(system)
    number: int = row.inflight
    return number


async def test_a_lapsed_lane_is_left_for_as_long_as_they_may_act(house: House) -> None:
    """Law 3: It is taken over only when their side has done with what we gave up on."""
    await house.post(1)
    await house.claim(lease=-1)

    assert await house.claim(quarantine=LONG) == ()
    assert len(await house.claim(quarantine=0)) == 1


async def test_a_lane_that_is_held_is_not_lapsed(house: House) -> None:
    """Law 3: A lease that ends in a second is a lease."""
    await house.post(1)
    await house.claim(lease=LONG)

    assert await house.claim(quarantine=-LONG // 2) == ()


async def test_each_claim_has_a_greater_fence(house: House) -> None:
    """Law 3: The token says who held a lane later."""
    await house.post(1)
    fences = [claim.fence for _ in range(3) for claim in await house.claim(lease=-1)]

    assert fences == sorted({*fences})
    assert len(fences) == 3


async def test_a_claim_takes_a_place_and_an_end_gives_it_back(house: House) -> None:
    """Law 5: The window of a system holds over all its processes."""
    await house.post(1)
    (claim,) = await house.claim()
    during = await inflight(house)
    await house.complete(claim, told(claim))

    assert (during, await inflight(house)) == (1, 0)


async def test_a_takeover_takes_no_place_of_its_own(house: House) -> None:
    """Whoever died still holds its place: it passes on with the lane."""
    await house.post(1)
    for _ in range(2):
        await house.claim(lease=-1)

    assert await inflight(house) == 1


async def test_a_lane_that_is_parked_at_the_claim_frees_its_place(house: House) -> None:
    """Law 5: At the third lapse nobody holds it any more."""
    await house.post(1)
    for _ in range(4):
        await house.claim(lease=-1)
    (row,) = await house.rows(outbox)

    assert (row.state, row.expired_leases, await inflight(house)) == (PARKED, 3, 0)


async def test_what_was_given_back_frees_its_place_once(house: House) -> None:
    """A second release of one claim changes nothing."""
    await house.post(1)
    claims = await house.claim()
    for _ in range(2):
        await house.store.write(lambda connection: lanes.release(connection, claims))

    assert await inflight(house) == 0


@pytest.mark.parametrize(
    "values",
    [
        {"held_by": "somebody"},
        {"gate": Gate(state="closed").row(), "gate_until": 2**50},
        {"gate": Gate(state="probing").row(), "inflight": 1},
        {"gate": Gate(window=4).row(), "inflight": 4},
    ],
    ids=["held", "closed", "probed", "full"],
)
async def test_the_gate_is_asked_at_the_claim(house: House, values: dict[str, Any]) -> None:
    """Law 2: Sending begins in one place, and what the system's row says holds there."""
    await house.post(1)
    await stands(house, **values)

    assert await house.claim() == ()


async def test_a_gate_whose_time_has_come_lets_one_probe_pass(house: House) -> None:
    """Law 5: Of two lanes that wait one goes, and the gate says that it is on trial."""
    for number in (1, 2):
        await house.post(number)
    await stands(house, gate=Gate(state="closed", window=8).row(), gate_until=1)
    claims = await house.claim()
    (row,) = await house.rows(system)

    assert (len(claims), row.gate["state"], row.inflight) == (1, "probing", 1)


async def test_what_waits_is_not_claimed(house: House) -> None:
    """Law 2: Only a wake-up, the sweeper, a gate or an operator make a waiting lane ready."""
    await house.post(1)
    (claim,) = await house.claim()
    await house.complete(claim, Unreachable(why="x"))

    assert await house.claim() == ()


async def test_the_sweeper_wakes_what_nobody_woke(house: House) -> None:
    """Law 2: Without any broker a wait ends all the same, once it is overdue."""
    await house.post(1)
    (claim,) = await house.claim()
    await house.complete(claim, Unreachable(why="x", retry_after=1))

    async def woken(overdue: int) -> int:
        return await house.store.write(
            lambda connection: lanes.wake_due(connection, claim.system, overdue).woken
        )

    assert [await woken(0), await woken(-2000), await woken(-2000)] == [0, 1, 0]
    assert len(await house.claim()) == 1


async def test_a_wait_that_was_long_over_is_not_woken_early(house: House) -> None:
    """It comes when they said that it may: `Retry-After` in seconds."""
    await house.post(1)
    (claim,) = await house.claim()
    await house.complete(claim, Unreachable(why="x", retry_after=3600))
    (row,) = await house.rows(outbox)
    left = row.wake_at - await house.store.read(db_now)

    assert 3_500_000 < left <= 3_600_000
