"""The gate of a system: open, probing, or closed until; and how many conversations may pass.

It is one row that every process reads at the claim and writes when attempts end, so the limits
hold over all processes. Figures:

    closes      after failures of 5 different dossiers without a success in between
    probes      one lane at a time, after 5, 10, 20 … 300 seconds (60, 120 … 900 when blocked)
    window      1 after a closure; doubles per full window of successes, halves on failure
    pauses      when more than half of the last 20 lanes ended badly for one and the same cause
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

State = Literal["open", "probing", "closed"]
Word = Literal["good", "bad", "blocked", "odd", "none"]

DISTINCT = 5
RECENT = 20
FIRST_CLOSURE, LONGEST_CLOSURE = 5.0, 300.0
FIRST_BLOCK, LONGEST_BLOCK = 60.0, 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What is remembered of a system's behaviour."""

    state: State = "open"
    window: int = 1
    run: int = 0
    """Successes in the present window."""
    failing: tuple[str, ...] = ()
    """Different dossiers that failed since the last success."""
    closures: int = 0
    """Closures in a row."""
    good_at: int = 0
    """When something last passed, in milliseconds."""
    recent: tuple[tuple[str, str], ...] = ()
    """The last lanes with their cause ("" for a success)."""
    why: str | None = None

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Gate:
        """Read a gate as it was stored."""
        return cls(
            **row
            | {
                "failing": tuple(row.get("failing", ())),
                "recent": tuple((lane, cause) for lane, cause in row.get("recent", ())),
            }
        )

    def row(self) -> dict[str, Any]:
        """Give the gate in the form in which it is stored."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class Result:
    """What a completed attempt says of its system: whose it was, a word, and a cause."""

    dossier: str
    word: Word
    cause: str = ""


def places(gate: Gate, until: int, inflight: int, now: int, at_once: int) -> int:
    """Say how many more conversations may begin now."""
    if gate.state == "closed" and now < until:
        return 0
    width = 1 if gate.state != "open" else min(gate.window, at_once)
    return max(0, width - inflight)


def claimed(gate: Gate) -> Gate:
    """Say how the gate stands once a lane has been claimed: a closed one is now being probed."""
    return replace(gate, state="probing") if gate.state == "closed" else gate


def record(
    gate: Gate, until: int, results: Sequence[Result], *, now: int, at_once: int, scale: float
) -> tuple[Gate, int]:
    """Take results into account, in order; give the gate and until when it stays closed."""
    for result in results:
        gate, until = _one(gate, until, result, now=now, at_once=at_once, scale=scale)
    return gate, until


def _one(
    gate: Gate, until: int, result: Result, *, now: int, at_once: int, scale: float
) -> tuple[Gate, int]:
    if result.word == "none":
        return gate, until
    gate = replace(gate, recent=_remember(gate.recent, result))
    if result.word == "blocked":
        return _close(gate, "blocked", now, FIRST_BLOCK, LONGEST_BLOCK, scale)
    if result.word == "odd":
        if _one_cause(gate.recent):
            return _close(gate, "one_cause", now, FIRST_BLOCK, LONGEST_BLOCK, scale)
        # Their rule spoke, so they are there: a probe has succeeded.
        return _pass(gate, now, at_once), until
    if result.word == "good":
        return _pass(gate, now, at_once), until
    failing = gate.failing if result.dossier in gate.failing else (*gate.failing, result.dossier)
    gate = replace(gate, failing=failing[-DISTINCT:], run=0, window=max(1, gate.window // 2))
    if gate.state == "probing" or len(failing) >= DISTINCT:
        return _close(gate, "failing", now, FIRST_CLOSURE, LONGEST_CLOSURE, scale)
    return gate, until


def _pass(gate: Gate, now: int, at_once: int) -> Gate:
    """One went through: open, and widen when a whole window went through."""
    run, window = gate.run + 1, gate.window if gate.state == "open" else 1
    if run >= window:
        run, window = 0, min(window * 2, max(at_once, 1))
    return replace(
        gate, state="open", window=window, run=run, failing=(), closures=0, good_at=now, why=None
    )


def _close(
    gate: Gate, why: str, now: int, first: float, longest: float, scale: float
) -> tuple[Gate, int]:
    if gate.state == "closed":  # attempts that were under way when it closed say nothing new
        return gate, now + int(min(first * 2 ** max(gate.closures - 1, 0), longest) * 1000 * scale)
    seconds = min(first * 2**gate.closures, longest)
    gate = replace(
        gate,
        state="closed",
        window=1,
        run=0,
        failing=(),
        why=why,
        closures=min(gate.closures + 1, 20),
    )
    return gate, now + int(seconds * 1000 * scale)


def _remember(recent: tuple[tuple[str, str], ...], result: Result) -> tuple[tuple[str, str], ...]:
    """Keep the last word on each of the last lanes."""
    cause = result.cause if result.word == "odd" else ""
    others = tuple(entry for entry in recent if entry[0] != result.dossier)
    return (*others, (result.dossier, cause))[-RECENT:]


def _one_cause(recent: tuple[tuple[str, str], ...]) -> bool:
    causes = [cause for _, cause in recent if cause]
    return len(recent) == RECENT and any(causes.count(cause) * 2 > RECENT for cause in set(causes))
