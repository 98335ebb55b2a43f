"""What a seed breaks: the same seed, the same orders, drawn apart for each lane of faults.

Lanes run side by side, each one order after the other. A lane deals its kinds like cards: each
comes once before any comes again. What must not meet is held apart by `HOLDS`, not by luck.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LANES: dict[str, tuple[str, ...]] = {
    "database": ("kill_postgres", "failover_postgres", "full_disk", "cut_connections"),
    "processes": ("kill_api", "kill_worker", "freeze_worker"),
    "care": ("clock_jump", "rolling_upgrade"),
    "broker": ("kill_rabbit", "rabbit_leader", "rabbit_quorum", "freeze_rabbit"),
    "queues": ("delete_waits", "delete_work"),
    "network": ("cut_network", "slow_network", "slow_portal"),
}
"""What breaks side by side; `care`: processes are replaced, or their clocks are wrong."""
KINDS = tuple(kind for kinds in LANES.values() for kind in kinds)
REDUNDANCY = "redundancy"
HOLDS: dict[str, frozenset[str]] = {
    kind: frozenset({REDUNDANCY}) for kind in ("kill_postgres", "failover_postgres", "full_disk")
}
"""What a kind takes away, one at a time: PostgreSQL's durability or its second copy."""
TARGETS = (
    "door-0",
    "door-1",
    "postgres",
    "replication",
    "rabbit-0",
    "rabbit-1",
    "rabbit-2",
    "national-portal",
    "province",
    "echo",
)
"""The ways that the network lane cuts or slows."""
TAKES = frozenset({"postgres", "replication"})
PAUSES = {
    "database": (1.0, 4.0),
    "processes": (0.5, 3.0),
    "care": (0.5, 3.0),
    "broker": (0.5, 2.0),
    "queues": (4.0, 8.0),
    "network": (0.3, 1.0),
}
JUMPS = (-3600.0, -600.0, -60.0, 60.0, 600.0, 3600.0)


@dataclass(frozen=True, slots=True)
class Order:
    """One fault: what, where, for how long, after which pause.

    target: the way to break; which: of several alike, the number modulo how many there are
    hard: cut instead of swallow; offset: of a clock, in seconds
    """

    kind: str
    pause: float
    seconds: float
    which: int
    target: str
    hard: bool
    offset: float

    @property
    def holds(self) -> frozenset[str]:
        """What must not be taken by anything else at the same time."""
        taken = frozenset({REDUNDANCY}) if self.target in TAKES else frozenset[str]()
        return taken | HOLDS.get(self.kind, frozenset())


def orders(seed: int, lane: str, kinds: Sequence[str] = KINDS) -> Iterator[Order]:
    """Give a lane's orders without end; kinds: only these."""
    draw = random.Random(f"{seed}:{lane}")
    chosen = [kind for kind in LANES[lane] if kind in kinds]
    targets: list[str] = []
    while chosen:
        for kind in draw.sample(chosen, len(chosen)):
            aimed = kind in {"cut_network", "slow_network"}
            targets = targets or draw.sample(TARGETS, len(TARGETS))
            yield Order(
                kind=kind,
                pause=draw.uniform(*PAUSES[lane]),
                seconds=draw.uniform(0.5, 3.0),
                which=draw.randrange(60),
                target=targets.pop() if aimed else "",
                hard=draw.random() < 0.5,
                offset=draw.choice(JUMPS),
            )


__all__ = ["KINDS", "LANES", "TARGETS", "Order", "orders"]
