"""What becomes of a lane that is picked from the queue."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.rules.leases import Leased, Withheld, lease

PLAIN: dict[str, Any] = {
    "expired": True,
    "uncertainty": 0,
    "expired_leases": 0,
    "appends": False,
    "parks_uncertain": False,
}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"expired": False}, Leased(0, 0)),
        ({"expired": False, "uncertainty": 2, "expired_leases": 2}, Leased(2, 2)),
        ({}, Leased(1, 1)),
        ({"appends": True}, Leased(2, 1)),
        ({"uncertainty": 2}, Leased(2, 1)),
        ({"parks_uncertain": True}, Leased(1, 1)),
        ({"expired_leases": 1}, Leased(1, 2)),
        ({"expired_leases": 2}, Withheld("lapsed", "integrator", 1, 3)),
        (
            {"appends": True, "parks_uncertain": True},
            Withheld("may_stand_once", "operator", 2, 1),
        ),
        (
            {"appends": True, "parks_uncertain": True, "expired": False},
            Leased(0, 0),
        ),
        (
            {"appends": True, "parks_uncertain": True, "expired_leases": 2},
            Withheld("lapsed", "integrator", 2, 3),
        ),
    ],
)
def test_a_picked_lane_is_leased_or_withheld(
    given: dict[str, Any], expected: Leased | Withheld
) -> None:
    """Law 5: A lapsed lease makes it uncertain; the third, or a line under `park`, parks it."""
    assert lease(**PLAIN | given) == expected
