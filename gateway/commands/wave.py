"""The waves of `lienthong retry` for one system: let some go, see what comes of it, go on or stop.

A gateway or its workers do the sending; this only makes lanes ready and reads the ledger.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from gateway.commands.shown import clock, plain
from gateway.rules import waves
from gateway.rules.waves import Shut, Tally, Verdict
from gateway.store.engine import Store
from gateway.store.postgres import PostgresStore
from gateway.store.work import retrying
from gateway.store.work.retrying import Chosen, Made

LOOK = 0.5
"""Seconds between two looks at the outcomes of a wave."""

STOPPED: dict[Verdict, str] = {
    "failing": "more than half of the wave failed again",
    "gate_closed": "the system's gate is closed again, or somebody holds it",
    "no_outcome": "a part of the wave has no outcome yet (does a gateway run?); it stays ready",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Who wants it and why, how many go first, and for how many seconds a wave is waited for."""

    by: str
    why: str
    first: int
    patience: float


@dataclass(slots=True)
class Retry:
    """One system's retry; `linger` in milliseconds, `say` takes a line for the operator."""

    store: Store
    orders: Orders
    linger: int
    say: Callable[[str], None]

    async def run(self, chosen: Sequence[Chosen]) -> bool:
        """Retry these lanes in waves; True: all of them that were still as chosen went through."""
        name, waiting = chosen[0].name, list(chosen)
        whole = Counter[str]()
        verdict: Verdict = "next"
        for number, size in enumerate(waves.sizes(len(chosen), self.orders.first), 1):
            wave, waiting = waiting[:size], waiting[size:]
            verdict = await self._wave(f"{name}: wave {number}", wave, whole)
            if verdict != "next":
                self.say(f"{name}: stopped: {STOPPED[verdict]}")
                break
        self._sum_up(name, whole, len(waiting))
        return verdict == "next" and not whole["failed"] and not whole["resting"]

    async def _wave(self, title: str, wave: Sequence[Chosen], whole: Counter[str]) -> Verdict:
        """Let one wave go and follow it to its end; adds to the counts of the whole."""
        of = wave[0].system
        before = await self.store.read(lambda connection: retrying.shut(connection, of))
        if before.until == retrying.HELD:  # nothing would be sent: somebody has just held it
            whole.update(untouched=len(wave))
            return "gate_closed"
        made = await self.store.write(
            lambda connection: retrying.make_ready(
                connection, wave, linger=self.linger, by=self.orders.by, why=self.orders.why
            )
        )
        if isinstance(self.store, PostgresStore):
            self.store.announce({of})
        self._begin(title, made, before)
        words, verdict = await self._follow(of, made.ready, before)
        tally = _tally(made.ready, words)
        whole.update(through=tally.through, failed=tally.failed, gone=tally.gone, open=tally.open)
        whole.update(made.left.values())
        self.say(f"{title}: {_told(tally, words)}")
        return verdict

    def _begin(self, title: str, made: Made, before: Shut) -> None:
        """Say that a wave goes, and why it may take long."""
        left = Counter(made.left.values())
        moved = f", {left['moved']} had moved by themselves" if left["moved"] else ""
        rest = (
            f", {left['resting']} must rest: what was sent may yet land" if left["resting"] else ""
        )
        self.say(f"{title}: {len(made.ready)} let go{moved}{rest}")
        if made.ready and before.closed and before.until > time.time() * 1000:
            self.say(f"{title}: the gate is closed until {clock(before.until)}; waiting for it")

    async def _follow(
        self, of: int, ready: dict[UUID, int], before: Shut
    ) -> tuple[dict[UUID, str], Verdict]:
        """Wait until a wave is decided one way or the other."""
        deadline = time.monotonic() + self.orders.patience
        while True:
            words, now = await self.store.read(
                lambda connection: (
                    retrying.outcomes(connection, of, ready),
                    retrying.shut(connection, of),
                )
            )
            verdict = waves.verdict(
                _tally(ready, words), before, now, patient=time.monotonic() < deadline
            )
            if verdict != "wait":
                return words, verdict
            await asyncio.sleep(LOOK)

    def _sum_up(self, name: str, whole: Counter[str], untouched: int) -> None:
        """Say in one line what became of everything that was chosen."""
        left = untouched + whole["untouched"] + whole["moved"] + whole["resting"]
        parts = [f"{whole['through']} went through", f"{whole['failed']} failed again"]
        parts += [f"{whole['open']} have no outcome yet"] if whole["open"] else []
        parts += [f"{whole['gone']} were deleted meanwhile"] if whole["gone"] else []
        self.say(f"{name}: {', '.join(parts)}, {left} left as they were")


def _tally(ready: dict[UUID, int], words: dict[UUID, str]) -> Tally:
    gone = sum(word == "gone" for word in words.values())
    through = sum(retrying.passed(word) for word in words.values())
    return Tally(went=len(ready), through=through, gone=gone, failed=len(words) - gone - through)


def _told(tally: Tally, words: dict[UUID, str]) -> str:
    """Say what came of a wave, with the words of what failed."""
    bad = Counter(word for word in words.values() if word != "gone" and not retrying.passed(word))
    which = ", ".join(f"{many} {plain(word)}" for word, many in bad.most_common())
    failed = f"{tally.failed} failed again" + (f" ({which})" if which else "")
    return f"{tally.through} went through, {failed}, {tally.open} without an outcome"
