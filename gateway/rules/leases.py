"""What becomes of a lane that was picked from the queue: it is leased, or parked for a human.

A lane whose lease lapsed has lost its worker in the middle: what was sent may stand on their side.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.rules.outcomes import MAY_STAND, MAY_STAND_TWICE

PARK_AFTER_LAPSES = 3
"""Workers that a lane may outlive: it may be what kills them."""


@dataclass(frozen=True, slots=True)
class Leased:
    """It goes to a worker, this uncertain and after so many expired leases."""

    uncertainty: int
    expired_leases: int


@dataclass(frozen=True, slots=True)
class Withheld:
    """It is parked: why, and who must act."""

    reason: str
    owner: str
    uncertainty: int
    expired_leases: int


def lease(
    *, expired: bool, uncertainty: int, expired_leases: int, appends: bool, parks_uncertain: bool
) -> Leased | Withheld:
    """Decide on a picked lane; `expired`: a worker held it and let its lease lapse.

    appends: what that worker sent may stand twice if it is sent again; parks_uncertain: then a
    human decides
    """
    if not expired:
        return Leased(uncertainty, expired_leases)
    uncertainty = max(uncertainty, MAY_STAND_TWICE if appends else MAY_STAND)
    expired_leases += 1
    if expired_leases >= PARK_AFTER_LAPSES:
        return Withheld("lapsed", "integrator", uncertainty, expired_leases)
    if appends and parks_uncertain:
        return Withheld("may_stand_once", "operator", uncertainty, expired_leases)
    return Leased(uncertainty, expired_leases)
