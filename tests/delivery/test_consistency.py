"""The checker goes round the ledger by itself, and says what it found."""

from __future__ import annotations

from prometheus_client import REGISTRY

from gateway.delivery.consistency import ConsistencyScan
from gateway.store.tables import outbox
from gateway.watch import metrics
from tests.store.work.test_lanes import House, house

__all__ = ["house"]


def shown(what: str) -> float | None:
    """Give what a scrape would say of one kind of difference."""
    return REGISTRY.get_sample_value("lienthong_agenda_differences", {"what": what})


async def names(house: House) -> frozenset[str]:
    """Name every system of the house."""
    found = await house.store.read(
        lambda connection: connection.exec_driver_sql("SELECT name FROM system").scalars().all()
    )
    return frozenset(found)


async def test_a_lap_goes_round_in_parts_and_counts_what_differs(house: House) -> None:
    """Three dossiers in parts of one lane: the sum is told at the end."""
    metrics.not_checking()
    for number in (1, 2, 3):
        await house.post(number)
    await house.store.write(lambda connection: connection.execute(outbox.delete()))
    checker = ConsistencyScan(house.store, "me", await names(house), lanes=1)
    laps = [await checker.look()]
    during = shown("forgotten")
    while not laps[-1]:
        laps.append(await checker.look())

    assert (during, shown("forgotten"), shown("idle")) == (None, 3.0, 0.0)
    assert len(laps) > 2


async def test_what_is_left_for_a_system_that_is_off_is_no_difference(house: House) -> None:
    """Its lanes stay for the day on which it is spoken to again."""
    metrics.not_checking()
    await house.post(1)
    await house.store.write(lambda connection: connection.execute(outbox.delete()))
    await ConsistencyScan(house.store, "me", frozenset()).look()

    assert shown("forgotten") == 0.0


async def test_one_process_checks_for_all(house: House) -> None:
    """Another neither looks nor tells."""
    await ConsistencyScan(house.store, "first", frozenset()).look()
    await ConsistencyScan(house.store, "second", frozenset()).look()

    assert shown("forgotten") is None
