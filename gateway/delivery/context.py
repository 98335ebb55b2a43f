"""What runners and pollers of one process work with."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from gateway.dossiers.systems import Systems
from gateway.retries.port import Retries
from gateway.store.engine import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerContext:
    """What every runner and poller of a process shares; `scale` multiplies all waits."""

    store: Store
    systems: Systems
    retries: Retries
    worker: str
    scale: float
    wake: Callable[[Collection[int]], None] = lambda _: None
    """Told the systems that got new work within this process."""
    ways: Mapping[int, str] = field(default_factory=dict)
    """By system a digest of the settings that open the way to it (`rules.gate.Gate.terms`)."""
    randomness: random.Random = field(default_factory=random.Random)
