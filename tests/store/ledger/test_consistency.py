"""The checker finds what the outbox forgot, and puts it back."""

from __future__ import annotations

from gateway.store.ledger import consistency
from gateway.store.tables import outbox
from tests.store.work.test_lanes import House, house, told

__all__ = ["house"]


async def test_a_forgotten_lane_is_found_and_put_back(house: House) -> None:
    """A lane that lost its row on the outbox is claimed again once it was mended."""
    await house.post(1)
    await house.store.write(lambda connection: connection.execute(outbox.delete()))
    found = await house.store.read(consistency.compare)
    await house.store.write(consistency.mend)

    assert [one.what for one in found] == ["forgotten"]
    assert len(await house.claim()) == 1


async def test_a_house_in_order_has_no_differences(house: House) -> None:
    """Neither what waits nor what is done is a difference."""
    await house.post(1)
    before = await house.store.read(consistency.compare)
    (claim,) = await house.claim()
    await house.complete(claim, told(claim))

    assert (before, await house.store.read(consistency.compare)) == ([], [])
