"""One system's retry: let some lanes go, see what comes of it, go on or stop.

A gateway or its workers do the sending; this only makes lanes ready and reads the ledger. What
happens is told as it happens, in the values of this page.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from gateway.access.audit import Entry, record
from gateway.rules import waves
from gateway.rules.waves import Shut, Tally, Verdict
from gateway.store.engine import Connection, Store
from gateway.store.work import retrying
from gateway.store.work.retrying import Chosen, Made

LOOK = 0.5
"""Seconds between two looks at the outcomes of a wave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Who wants it and why, how many go first, and for how many seconds a wave is waited for.

    by: as the audit names whoever asks, `os:USER`; the ledger has the name alone
    """

    by: str
    why: str
    first: int
    patience: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveBegan:
    """A wave goes: so many lanes are ready, others are left alone.

    moved: no longer as they were chosen; resting: what was sent may yet land
    closed_until: the gate opens only then, in milliseconds; None: nothing stands in the way
    """

    system: str
    number: int
    ready: int
    moved: int
    resting: int
    closed_until: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveEnded:
    """What came of a wave, with the outcomes of what failed, the commonest first."""

    system: str
    number: int
    tally: Tally
    failed: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """No further wave goes, for this reason."""

    system: str
    why: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What became of all that was chosen of one system.

    open: let go and without an outcome; gone: deleted meanwhile; untouched: their wave did not go
    stopped: why it ended early; None: every wave went
    """

    system: str
    through: int = 0
    failed: int = 0
    open: int = 0
    gone: int = 0
    moved: int = 0
    resting: int = 0
    untouched: int = 0
    stopped: Verdict | None = None

    @property
    def left(self) -> int:
        """How many are as they were."""
        return self.untouched + self.moved + self.resting

    @property
    def well(self) -> bool:
        """Say whether all went through that were still as chosen."""
        return self.stopped is None and not self.failed and not self.resting


Event = WaveBegan | WaveEnded | Stopped | Summary


@dataclass(slots=True)
class Waves:
    """One system's waves; `linger` in milliseconds, `tell` is called with all that happens."""

    store: Store
    orders: Orders
    linger: int
    tell: Callable[[Event], None]

    async def run(self, chosen: Sequence[Chosen]) -> Summary:
        """Retry these lanes of one system, until all have gone or one wave says to stop."""
        name, waiting = chosen[0].name, list(chosen)
        counts = Counter[str]()
        verdict: Verdict = "next"
        for number, size in enumerate(waves.sizes(len(chosen), self.orders.first), 1):
            wave, waiting = waiting[:size], waiting[size:]
            verdict = await self._wave(number, wave, counts)
            if verdict != "next":
                self.tell(Stopped(system=name, why=verdict))
                break
        counts["untouched"] += len(waiting)
        stopped = None if verdict == "next" else verdict
        summary = Summary(system=name, stopped=stopped, **counts)
        self.tell(summary)
        return summary

    async def _wave(self, number: int, wave: Sequence[Chosen], counts: Counter[str]) -> Verdict:
        """Let one wave go and follow it to its end; adds to the counts of the whole."""
        of, name = wave[0].system, wave[0].name
        before = await self.store.read(lambda connection: retrying.shut(connection, of))
        if before.until == retrying.HELD:  # nothing would be sent: somebody has just held it
            counts.update(untouched=len(wave))
            return "gate_closed"
        made = await self.store.write(lambda connection: self._make_ready(connection, wave))
        self.store.announce({of})
        self.tell(_began(name, number, made, before))
        words, verdict = await self._follow(of, made.ready, before)
        tally = _tally(made.ready, words)
        counts.update(through=tally.through, failed=tally.failed, gone=tally.gone, open=tally.open)
        counts.update(made.left.values())
        self.tell(WaveEnded(system=name, number=number, tally=tally, failed=_failed(words)))
        return verdict

    def _make_ready(self, connection: Connection, wave: Sequence[Chosen]) -> Made:
        """Let a wave go, and say in the audit of how many lanes of which system."""
        by, why = self.orders.by, self.orders.why
        shown = by.rpartition(":")[2]
        made = retrying.make_ready(connection, wave, linger=self.linger, by=shown, why=why)
        about = f"{wave[0].name} {len(made.ready)}"
        record(connection, Entry(who=by, what="retry", object=about, reason=why))
        return made

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


def _began(name: str, number: int, made: Made, before: Shut) -> WaveBegan:
    """Tell that a wave goes, and why it may take long."""
    left = Counter(made.left.values())
    waits = made.ready and before.closed and before.until > time.time() * 1000
    return WaveBegan(
        system=name,
        number=number,
        ready=len(made.ready),
        moved=left["moved"],
        resting=left["resting"],
        closed_until=before.until if waits else None,
    )


def _tally(ready: dict[UUID, int], words: dict[UUID, str]) -> Tally:
    gone = sum(word == "gone" for word in words.values())
    through = sum(retrying.passed(word) for word in words.values())
    return Tally(went=len(ready), through=through, gone=gone, failed=len(words) - gone - through)


def _failed(words: dict[UUID, str]) -> dict[str, int]:
    bad = (word for word in words.values() if word != "gone" and not retrying.passed(word))
    return dict(Counter(bad).most_common())
