"""One side of a comparison with a commit: the product of a checkout, and what a round costs it.

It is used only by what all commits share: environment, systems file, commands, HTTP.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass

import asyncpg

from tests.bench import measure
from tests.bench.checkout import Checkout
from tests.bench.contenders import Gateway
from tests.bench.ground import ROOT, Ground, Shape, environment
from tests.bench.load import Result
from tests.bench.rounds import TO_THE_END

PATIENCE = 60.0
"""Seconds after the last answer in which everything must have been delivered."""
MOMENT = 0.25
"""Seconds that a side runs before it is the next one's turn."""
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
    """What a round cost one side: milliseconds of CPU per dossier, by part."""

    side: str
    dossiers: int
    ms: dict[str, float]


class Side(Gateway):
    """The product of one checkout."""

    def __init__(self, on: Ground, side: str, checkout: Checkout, scenario: Scenario) -> None:
        super().__init__(
            on, f"{side}-{scenario.name}", embedded=scenario.embedded, root=checkout.root
        )
        self.side, self.embedded, self.used = side, scenario.embedded, 0.0
        self.family: list[int] = []
        self.posting: subprocess.Popen[bytes] | None = None
        if not self.embedded:
            on.rabbit.control("add_vhost", side)
            on.rabbit.control("set_permissions", "-p", side, "guest", ".*", ".*", ".*")
            self.environ["LIENTHONG_AMQP"] = on.rabbit.url + side

    def _key(self) -> str:
        try:
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
        return {
            "API": measure.cpu(one.pid for one in self.apis),
            "worker": measure.cpu(one.pid for one in self.workers),
            "database": self.used,
        }

    def begin(self, count: int) -> None:
        """Let the load generator begin to post so many dossiers."""
        self.family = [pid for root in self.pids for pid in measure.tree(root)]
        order = self.order(first=self.on.numbers(count), connections=TO_THE_END, count=count)
        self.posting = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.load"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
            cwd=ROOT,
        )
        if self.posting.stdin is not None:
            with self.posting.stdin as words:
                words.write(json.dumps(asdict(order)).encode())

    @property
    def posted(self) -> bool:
        """Tell whether every post has its answer."""
        return self.posting is not None and self.posting.poll() is not None

    def check(self, count: int) -> None:
        """Make sure that every post was accepted."""
        if self.posting is None or self.posting.stdout is None:
            raise NotMeasured(f"{self.side}: nothing was posted")
        with self.posting.stdout as said:
            done = Result(**json.loads(said.read() or "{}"))
        if done.accepted != count or done.others:
            others = ", ".join(f"{what} {times} times" for what, times in done.others.items())
            raise NotMeasured(f"{self.side}: of {count} posts {done.accepted} accepted; {others}")

    def run(self, seconds: float, before: float) -> float:
        """Let it go on for a moment; what the database uses from `before` on is its doing."""
        self._tell_all(signal.SIGCONT)
        time.sleep(seconds)
        self._tell_all(signal.SIGSTOP)
        now = database(self.on)
        self.used += now - before
        return now

    def come_to_rest(self, reading: float) -> float:
        """Let it go on until all that followed from its posts is done."""
        until = time.monotonic() + AT_LONGEST
        while time.monotonic() < until:
            before = measure.cpu(self.pids)
            reading = self.run(LOOK, reading)
            if measure.cpu(self.pids) - before < REST * LOOK:
                break
        return reading

    def _tell_all(self, order: signal.Signals) -> None:
        for pid in self.family or self.pids:
            with suppress(ProcessLookupError):
                os.kill(pid, order)

    def close(self) -> None:
        """End its processes, which may be frozen."""
        if self.posting is not None and self.posting.poll() is None:
            self.posting.kill()
            self.posting.wait()
        self._tell_all(signal.SIGCONT)
        super().close()


def database(on: Ground) -> float:
    """Give the CPU seconds that the database server has used."""
    server = on.postgres.process
    return 0.0 if server is None else measure.cpu([server.pid])


def in_turns(sides: Sequence[Side], reading: float) -> float:
    """Let every side go on for a moment."""
    for one in sides:
        reading = one.run(MOMENT, reading)
    return reading


def together(sides: Sequence[Side], count: int) -> list[Turn]:
    """Let all sides deliver so many dossiers each, a moment everyone in turn; give what that cost.

    Whatever else the machine does meanwhile is as hard on the one as on the other.
    """
    on = sides[0].on
    asyncio.run(_vacuum([on.database(one.name) for one in sides if not one.embedded]))
    on.witness.ask("/reset")
    before = [one.spent() for one in sides]
    for one in sides:
        one.begin(count)
    reading = in_turns(sides, database(on))
    while not all(one.posted for one in sides):
        reading = in_turns(sides, reading)
    for one in sides:
        one.check(count)
    until = time.monotonic() + PATIENCE
    while min(seen := [one["distinct"] for one in on.witness.ask("/counts")]) < count * len(sides):
        if time.monotonic() > until:
            raise NotMeasured(f"of {count * len(sides)} dossiers {seen} arrived at the systems")
        reading = in_turns(sides, reading)
    for one in sides:
        reading = one.come_to_rest(reading)
    turns = []
    for one, was in zip(sides, before, strict=True):
        ms = {part: 1000 * (now - was[part]) / count for part, now in one.spent().items()}
        turns.append(Turn(one.side, count, ms))
    return turns


async def _vacuum(dsns: Sequence[str]) -> None:
    """Vacuum between rounds: autovacuum would come in somebody's moment."""
    await asyncio.gather(*(_vacuum_one(dsn) for dsn in dsns))


async def _vacuum_one(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
