"""How far ahead of its share each agency is, so that one agency's rush does not delay the others.

Every agency has a clock of its own that runs ahead by a quarter of a second for each thing it
brings, and never falls behind the real one. What it is ahead by is its own backlog, as a penalty
in the queue, never more than `schedule.MOST_BACKLOG`. Each process keeps these clocks for what it
takes in itself: they are a courtesy and no promise, so nothing of them is stored.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.rules.schedule import MOST_BACKLOG

SHARE = 250
"""Milliseconds that one thing costs: four a second and agency are taken without a penalty."""
MOST_AGENCIES = 10_000
"""More clocks than the country has agencies are not kept: those that are not ahead go first."""


@dataclass(slots=True)
class Pace:
    """The clocks of all agencies that are ahead."""

    clocks: dict[str, int] = field(default_factory=dict)

    def ahead(self, agency: str, now: int) -> int:
        """Say by how many milliseconds an agency is ahead, and move its clock on."""
        clock = max(self.clocks.get(agency, now), now)
        self.clocks[agency] = min(clock + SHARE, now + MOST_BACKLOG)
        if len(self.clocks) > MOST_AGENCIES:
            self.clocks = {name: at for name, at in self.clocks.items() if at > now}
        return clock - now
