"""Which systems must know of a dossier, and from where on.

A system gets a lane when its mode is not `off`, its environment is the dossier's, and its route
matches. Where another matching live system `reaches` it, that one reports there itself: the lane
only says `via` and nothing is ever sent (law 12: one road to each system).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.rules.agencies import within
from gateway.settings import Route, SystemSettings
from schemas.base import VIETNAM
from schemas.dossier import Dossier, Known
from schemas.event import Event
from schemas.outcome import Remote


@dataclass(frozen=True, slots=True)
class NewLane:
    """How a lane begins: up to which event the system knows, and what we remember of it."""

    done_seq: int
    remote: Remote
    born_here: bool
    via: str | None


def matches(dossier: Dossier, config: SystemSettings) -> bool:
    """Say whether a system must know of this dossier."""
    return config.mode != "off" and concerns(dossier, config)


def concerns(dossier: Dossier, config: SystemSettings) -> bool:
    """Say whether a system would have to know of this dossier, whatever its mode is."""
    return config.environment == dossier.environment and _fits(dossier, config.route)


@dataclass(frozen=True, slots=True)
class Traits:
    """What of a dossier most routes ask for; agencies: codes of the competent and receiving one."""

    agencies: Sequence[str]
    procedure: str
    status: str


def may_fit(traits: Traits, route: Route) -> bool:
    """Say whether a dossier with these traits fits a route, but for the day it was received."""
    if route.agencies and not any(
        within(code, root) for code in traits.agencies for root in route.agencies
    ):
        return False
    if route.procedures and traits.procedure not in route.procedures:
        return False
    return not route.statuses or traits.status in route.statuses


def _fits(dossier: Dossier, route: Route) -> bool:
    codes = [
        ref.code
        for ref in (dossier.agencies.competent, dossier.agencies.receiving)
        if ref is not None and ref.code is not None
    ]
    if not may_fit(Traits(codes, dossier.procedure.code, dossier.status.value), route):
        return False
    if route.received_since is not None:
        day = (dossier.received_at or dossier.submitted_at).astimezone(VIETNAM).date()
        return day >= route.received_since
    return True


def reached_by(name: str, matching: Sequence[SystemSettings]) -> str | None:
    """Name the live system through which `name` hears of the dossier, if there is one."""
    return next(
        (other.name for other in matching if other.mode == "live" and name in other.reaches), None
    )


def begin(
    dossier: Dossier,
    events: Sequence[Event],
    known_in: Sequence[Known],
    config: SystemSettings,
    via: str | None,
) -> NewLane:
    """Say how the lane of a system begins."""
    born = dossier.origin is not None and dossier.origin.system == config.name
    known = next((known for known in known_in if known.system == config.name), None)
    done = 0
    if known is not None:
        # They know the history up to `as_of`; old progress is not told a second time.
        told = [event.seq for event in events if event.occurred_at <= known.as_of]
        done = (
            next((seq for seq in range(1, len(events) + 1) if seq not in told), len(events) + 1) - 1
        )
    code = (
        known.ref
        if known is not None
        else (dossier.origin.code if born and dossier.origin else None)
    )
    return NewLane(
        done_seq=done,
        remote=Remote(id=code, created=born or known is not None, line=done),
        born_here=born,
        via=via,
    )


def news(events: Sequence[tuple[int, str | None]], done_seq: int, system: str) -> bool:
    """Say whether there is an event, as (seq, origin), that this system has not been told."""
    return any(seq > done_seq and origin != system for seq, origin in events)
