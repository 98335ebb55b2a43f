"""How each system stands now: what an operator looks at first. Changes nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Literal

from gateway.settings import Mode, Settings
from gateway.store.engine import Store
from gateway.store.errors import StoreUnavailable
from gateway.store.work import operating
from gateway.store.work.operating import Standing, Survey

HOUR = 3_600_000
STATES = ("ready", "sending", "waiting", "asked", "parked", "untold", "shadowed", "settled")
"""Of lanes, in the order in which they are shown."""

GateStatus = Literal["unconfigured", "off", "held", "open", "probing", "probe_due", "closed"]
"""What a gate comes to for an operator, with what the systems file and a hold make of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """All systems at one moment, beside what the systems file says of them.

    modes: by the name of each configured system; at_risk_hours: the margin before a due time
    clock_skew: seconds by which our clock is ahead of the database's
    """

    survey: Survey
    modes: Mapping[str, Mode]
    at_risk_hours: float
    clock_skew: float = 0.0

    @property
    def unstarted(self) -> list[str]:
        """Name systems of the systems file with which no gateway has started yet."""
        return sorted(set(self.modes) - {one.name for one in self.survey.systems})

    def gate(self, one: Standing) -> GateStatus:
        """Say what a system's gate comes to: a hold outweighs what it has learned by itself."""
        mode = self.modes.get(one.name)
        if mode is None:
            return "unconfigured"
        if mode == "off":
            return "off"
        if one.held_by is not None:
            return "held"
        if one.gate.state == "closed" and self.survey.now >= one.gate_until:
            return "probe_due"
        return one.gate.state


def ahead(settings: Settings) -> int:
    """Say how many milliseconds before its due time a dossier that waits is at risk."""
    return int(settings.at_risk_hours * HOUR)


async def look(store: Store, settings: Settings) -> Status:
    """See how every system stands."""
    seen = await store.read(lambda connection: operating.survey(connection, ahead(settings)))
    modes = {system.name: system.mode for system in settings.systems}
    return Status(
        survey=seen,
        modes=modes,
        at_risk_hours=settings.at_risk_hours,
        clock_skew=time.time() - seen.now / 1000,
    )


async def looks(store: Store, settings: Settings, every: float) -> AsyncGenerator[Status | None]:
    """Look again every so many seconds, for ever; None: the database was away at this look."""
    while True:
        try:
            seen = await look(store, settings)
        except StoreUnavailable:
            yield None
        else:
            yield seen
        await asyncio.sleep(every)


__all__ = ["HOUR", "STATES", "GateStatus", "Standing", "Status", "Survey", "ahead", "look", "looks"]
