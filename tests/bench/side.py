"""One side of a comparison with a commit: the product of a checkout, and what a round costs it.

It is used only by what all commits share: environment, systems file, commands, HTTP.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass

import asyncpg

from tests.bench import measure
from tests.bench.checkout import Checkout
from tests.bench.contenders import Gateway
from tests.bench.ground import Ground, Shape, post
from tests.bench.rounds import TO_THE_END

PATIENCE = 60.0
"""Seconds after the last answer in which everything must have been delivered."""
REST, LOOK, AT_LONGEST = 0.1, 0.3, 5.0
"""At rest is who uses a tenth of a core, looked at so often; seconds that this is waited for."""


class NotMeasured(Exception):  # noqa: N818 - ends the run in one line
    """A round counts only if all its dossiers came to all systems, and in time."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """How the product runs."""

    name: str
    title: str
    shape: Shape
    embedded: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """One round of a side: milliseconds of CPU per dossier by part, and dossiers per second."""

    side: str
    dossiers: int
    ms: dict[str, float]
    rate: float


class Side(Gateway):
    """The product of one checkout."""

    def __init__(self, on: Ground, side: str, checkout: Checkout, scenario: Scenario) -> None:
        super().__init__(
            on, f"{side}-{scenario.name}", embedded=scenario.embedded, root=checkout.root
        )
        self.side, self.embedded = side, scenario.embedded
        if not self.embedded:
            on.rabbit.control("add_vhost", side)
            on.rabbit.control("set_permissions", "-p", side, "guest", ".*", ".*", ".*")
            self.environ["LIENTHONG_AMQP"] = on.rabbit.url + side

    def _key(self) -> str:
        try:
            self.command("migrate")
            return super()._key()
        except subprocess.CalledProcessError as error:
            said = " ".join(error.cmd[1:])
            raise NotMeasured(f"{self.root.name}: {said} failed, as it says above") from None

    def take(self, shape: Shape) -> None:
        """Bring it to a shape; where it does not come up, say its own last word."""
        try:
            super().take(shape)
        except RuntimeError:
            log = self.on.folder / f"{self.name}-api.log"
            last = log.read_text("utf-8", "replace").strip().splitlines()[-1:]
            raise NotMeasured(f"{self.side}: did not come up: {''.join(last)}") from None

    def spent(self) -> dict[str, float]:
        """Give the CPU seconds used so far, by part."""
        if self.embedded:
            return {"gateway": measure.cpu(self.pids)}
        servers = [] if self.on.postgres.process is None else [self.on.postgres.process.pid]
        return {
            "API": measure.cpu(one.pid for one in self.apis),
            "worker": measure.cpu(one.pid for one in self.workers),
            "database": measure.cpu(servers),
        }

    def freeze(self) -> None:
        """Let it do nothing while the other side runs."""
        self._tell_all(signal.SIGSTOP)

    def wake(self) -> None:
        """Let it go on and catch up; vacuum, since autovacuum would come in somebody's round."""
        self._tell_all(signal.SIGCONT)
        if not self.embedded:
            asyncio.run(_vacuum(self.on.database(self.name)))
        self.come_to_rest()

    def _tell_all(self, order: signal.Signals) -> None:
        for root in self.pids:
            for pid in measure.tree(root):
                with suppress(ProcessLookupError):
                    os.kill(pid, order)

    def close(self) -> None:
        """End its processes, which may be frozen."""
        self._tell_all(signal.SIGCONT)
        super().close()

    def come_to_rest(self) -> None:
        """Wait until all that followed from a round is done."""
        until, before = time.monotonic() + AT_LONGEST, measure.cpu(self.pids)
        while time.monotonic() < until:
            time.sleep(LOOK)
            now = measure.cpu(self.pids)
            if now - before < REST * LOOK:
                return
            before = now

    def turn(self, count: int) -> Turn:
        """Deliver so many dossiers to all systems, and say what that took."""
        on = self.on
        self.wake()
        on.witness.ask("/reset")
        before = self.spent()
        done = post(self.order(first=on.numbers(count), connections=TO_THE_END, count=count))
        if done.accepted != count or done.others:
            said = ", ".join(f"{what} {times} times" for what, times in done.others.items())
            raise NotMeasured(f"{self.side}: of {count} posts {done.accepted} accepted; {said}")
        try:
            counts = on.witness.wait_for(count, self.systems, PATIENCE)
        except TimeoutError as error:
            raise NotMeasured(f"{self.side}: {error}") from None
        self.come_to_rest()
        after = self.spent()
        self.freeze()
        ms = {part: 1000 * (after[part] - before[part]) / count for part in after}
        seconds = max(one["last"] for one in counts) - done.begun
        return Turn(self.side, count, ms, count / seconds)


async def _vacuum(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
