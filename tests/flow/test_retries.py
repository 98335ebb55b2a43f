"""Who ends the waits of a gateway at work, with a real broker and a system that fails."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prometheus_client import generate_latest

from gateway.workbench.faults import Faults
from gateway.workbench.servers import PrivateRabbit
from tests.delivery.test_delivery import dossier, house, idle

COUNTED = re.compile(r'^lienthong_retries_total{what="(\w+)"} (\S+)$', re.MULTILINE)
DOSSIERS, CALLS = 150, 180
SCALE = 0.5
"""The first rung lasts five seconds then, and the sweeper waits half as long for the broker."""


@dataclass
class EveryThird(Faults):
    """Fails each third call of the first, so that many lanes wait once while the gate is open."""

    called: int = 0

    def next(self) -> str | None:
        """Give the fault of the next call."""
        self.called += 1
        return None if self.called % 3 or self.called > CALLS else "error_500_before"


def counted() -> dict[str, float]:
    """Read how many waits ended by whom so far."""
    return {what: float(count) for what, count in COUNTED.findall(generate_latest().decode())}


async def test_the_broker_ends_the_waits(
    tmp_path: Path, migrated: Callable[[], str], rabbit: PrivateRabbit
) -> None:
    """Law 2: In health 99 of 100 tries after a failed one, for whose wait a rung exists, are its.

    Waits that stand on no rung are the sweeper's own, and are counted apart.
    """
    system = {
        "adapter": "echo",
        "faults": EveryThird(flaky=False, seed=1),
        "limits": {"at_once": 4, "linger": 5},
    }
    servers: dict[str, Any] = {"postgres": migrated(), "amqp": rabbit.url, "time_scale": SCALE}
    before = counted()
    async with house(tmp_path, {"a": system}, **servers) as at:
        names = [(await at.post(dossier(number))).body["id"] for number in range(1, DOSSIERS + 1)]
        async with asyncio.timeout(100):
            for name in names:
                while not idle(await at.ledger(name)):
                    await asyncio.sleep(0.2)
    ended = {what: count - before[what] for what, count in counted().items()}
    by_broker = ended["broker"] / (ended["broker"] + ended["sweeper"])

    assert ended["broker"] >= CALLS / 4
    assert (by_broker >= 0.99, ended["dropped"]) == (True, 0), ended
