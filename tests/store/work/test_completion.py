"""What befell a whole batch moves its lanes, and is blamed on none but the first."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.rules.lane_states import READY, WAITING
from gateway.store.tables import outbox, system
from schemas.outcome import Malformed, Outcome, Refused, Uncertain, Unreachable
from tests.store.work.test_lanes import House, house

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
    """Ready again, in doubt so that it goes alone; no try counts, the gate hears nothing."""
    gate, row = await befallen(house, outcome)

    assert (row.state, row.uncertainty, row.tries, row.lease_until) == (READY, 1, 0, None)
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
