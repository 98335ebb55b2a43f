"""What a seed breaks can be said before it is done."""

from __future__ import annotations

from itertools import islice

from tests.crash.gauge import queues
from tests.crash.long import FAULTS
from tests.crash.plan import KINDS, LANES, REDUNDANCY, TARGETS, orders


def test_the_same_seed_breaks_the_same() -> None:
    """Each lane by itself, so that a slow lane does not change another."""
    for lane in LANES:
        first, again = (list(islice(orders(7, lane), 50)) for _ in range(2))

        assert first == again
        assert first != list(islice(orders(8, lane), 50))


def test_every_kind_comes_before_any_comes_again() -> None:
    """So no kind is rare, whatever the seed."""
    for lane, kinds in LANES.items():
        dealt = [order.kind for order in islice(orders(3, lane), 4 * len(kinds))]

        assert all(dealt.count(kind) == 4 for kind in kinds)
        assert set(dealt[: len(kinds)]) == set(kinds)


def test_every_way_is_broken() -> None:
    """Each target comes before any comes again."""
    aimed = (order.target for order in orders(5, "network") if order.target)
    dealt = list(islice(aimed, 2 * len(TARGETS)))

    assert all(dealt.count(target) == 2 for target in TARGETS)


def test_only_chosen_kinds_come() -> None:
    """And a lane without any gives nothing."""
    dealt = [order.kind for order in islice(orders(1, "broker", ["rabbit_quorum"]), 5)]

    assert (dealt, list(orders(1, "network", ["rabbit_quorum"]))) == (["rabbit_quorum"] * 5, [])


def test_the_second_copy_is_taken_away_by_one_at_a_time() -> None:
    """Whatever kills the primary, fills its disk, or cuts it off holds the same lock."""
    for lane in LANES:
        for order in islice(orders(2, lane), 60):
            takes = order.kind in {"kill_postgres", "failover_postgres", "full_disk"}
            cuts = order.target in {"postgres", "replication"}

            assert (REDUNDANCY in order.holds) == (takes or cuts)


def test_every_kind_is_done_by_somebody() -> None:
    """A kind that nobody does would be counted as nothing."""
    assert sorted(FAULTS) == sorted(KINDS)


def test_the_queues_of_both_versions_are_known() -> None:
    """Else deleting them would delete nothing."""
    names = queues()

    assert {name.split(".")[1] for name in names} == {"v1", "v2"}
    assert sorted(set(names.values())) == ["parked", "ready", "wait"]
