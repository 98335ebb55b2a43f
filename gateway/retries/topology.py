"""The queues of the retries: their names, their arguments, and whether messages could vanish.

    lienthong.v2.retry.SYSTEM.wait-10s  ─ttl─►  lienthong.v2.retry.ready  ─►  any worker
                                                    └─ 10 crashes ─► lienthong.v2.retry.parked

What waits stands by system and length, for whoever looks at the broker's own page; what comes out
is a change of one row whatever the system, so one queue is enough. A delay queue is declared at the
first wait for it, and taken away when nothing has waited there for hours: several hundred systems
make a handful of queues, but for those that are away.

Uses nothing beyond RabbitMQ 3.10, nothing that 4.x removes: quorum queues, queue-level TTL,
at-most-once dead-lettering, prefetch per consumer. No `x-expires`: of a quorum queue it counts
consumers and `basic.get` alone, so it would take a delay queue away with all that waits in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.rules.schedule import RUNGS

TOPOLOGY = "v2"
"""Part of every name: queues with other arguments get another version, beside the old ones."""
FORMER = "v1"
"""Had the queues `SYSTEM.ready` and `SYSTEM.parked`, and its delay queues ended a tenth earlier."""
CRASHES = 10

Topology = Mapping[str, Mapping[str, Any]]
"""Queues by name, with their arguments."""


@dataclass(frozen=True, slots=True)
class Queues:
    """The queues of one version; every wait is multiplied by `scale`."""

    scale: float
    version: str = field(default_factory=lambda: TOPOLOGY)

    @property
    def ready(self) -> str:
        """Name the queue that wake-ups come out to."""
        return f"lienthong.{self.version}.retry.ready"

    @property
    def parked(self) -> str:
        """Name the queue of wake-ups that crashed every worker, or are not ours."""
        return f"lienthong.{self.version}.retry.parked"

    def waiting(self, system: str, rung: int) -> str:
        """Name a delay queue by its system and its time to live."""
        return f"lienthong.{self.version}.retry.{system}.wait-{self.seconds(rung):g}s"

    def seconds(self, rung: int) -> float:
        """Say how long a wait lies in a delay queue."""
        return RUNGS[rung] * self.scale

    def lasting(self) -> Topology:
        """Give the queues that stand for as long as anybody works, targets first."""
        return {
            self.parked: {},
            self.ready: {
                "x-delivery-limit": CRASHES,
                "x-dead-letter-exchange": "",
                "x-dead-letter-routing-key": self.parked,  # never back into a delay queue
            },
        }

    def delaying(self, rung: int) -> Mapping[str, Any]:
        """Give the arguments of a delay queue."""
        return {
            "x-message-ttl": max(1, int(self.seconds(rung) * 1000)),
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": self.ready,
        }

    def every(self, systems: Iterable[str]) -> Topology:
        """Give every queue that may ever stand, targets before those that lead to them."""
        return dict(self.lasting()) | {
            self.waiting(system, rung): self.delaying(rung)
            for system in systems
            for rung in range(len(RUNGS))
        }


def former(systems: Iterable[str]) -> tuple[str, ...]:
    """Name the queues of the former version that tell whether it still stands."""
    return tuple(f"lienthong.{FORMER}.retry.{system}.ready" for system in systems)


def unsound(queues: Topology) -> str | None:
    """Say in one line why messages could vanish in these queues; None: they cannot.

    RabbitMQ drops in silence what comes round to a queue it has been in without a rejection, and
    what is dead-lettered to a queue that is not there.
    """
    for name, arguments in queues.items():
        target = arguments.get("x-dead-letter-routing-key")
        delays, limited = "x-message-ttl" in arguments, "x-delivery-limit" in arguments
        if (delays or limited) and target not in queues:
            return f"{name}: what leaves it goes nowhere, since there is no queue {target!r}"
        seen = {name}
        while target is not None:
            if target in seen:
                return f"{name}: what leaves it comes round to it again, and would be dropped"
            seen.add(target)
            target = queues.get(target, {}).get("x-dead-letter-routing-key")
    return None
