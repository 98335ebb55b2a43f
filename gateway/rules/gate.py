"""The gate of a system: open, probing, or closed until; and how many conversations may pass.

It is one row that every process reads at the claim and writes when attempts end, so the limits
hold over all processes. Figures:

    closes      after failures of 5 different dossiers without a success in between; at once when
                our credential or address is refused; after 3 suspects (`rules.suspects`)
    probes      one lane at a time, after 5, 10, 20 … 300 seconds (60, 120 … 900 when blocked); not
                before their Retry-After, of an hour at most
    window      1 after a closure; doubles per full window of successes, halves on failure
    pauses      when more than half of the last 20 lanes ended badly for one and the same cause
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

State = Literal["open", "probing", "closed"]
Word = Literal["good", "bad", "blocked", "odd", "suspect", "none"]

DISTINCT = 5
SUSPECTS = 3
RECENT = 20
FIRST_CLOSURE, LONGEST_CLOSURE = 5.0, 300.0
FIRST_BLOCK, LONGEST_BLOCK = 60.0, 900.0
LONGEST_RETRY_AFTER = 3600.0
"""Seconds for which probes keep to what they ask for, at most."""


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
    passed_at: int = 0
    """When the newest talk began in which they took something: a no of their rule is no pass."""
    suspected_at: int = 0
    """When the last of the suspects became one."""
    suspects: tuple[str, ...] = ()
    """Different dossiers that were suspect since that, or since the gate closed for them.

    Not those that parked: they were known not to be taken.
    """
    since: int | None = None
    """Since when it is not open, in milliseconds."""
    by: str | None = None
    """The dossier whose try closed it for `why`."""
    call: str | None = None
    """The call on which it closed, as `Result.call`."""
    terms: str | None = None
    """A digest of the settings under which it closed as blocked or for suspects."""

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Gate:
        """Read a gate as it was stored."""
        return cls(
            **row
            | {
                "failing": tuple(row.get("failing", ())),
                "suspects": tuple(row.get("suspects", ())),
                "recent": tuple((lane, cause) for lane, cause in row.get("recent", ())),
            }
        )

    def row(self) -> dict[str, Any]:
        """Give the gate in the form in which it is stored."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class Result:
    """What a completed attempt says of its system: whose it was, a word, and a cause.

    call: its last exchange, without query and without what may name somebody
    after: for how many seconds they asked us to stay away
    alone: it is suspect for a second time, and nobody else was there to be tried
    took: milliseconds since it began: what had begun before proves nothing of what came meanwhile
    """

    dossier: str
    word: Word
    cause: str = ""
    call: str = ""
    after: float | None = None
    alone: bool = False
    took: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On what terms a system is spoken to: lanes at once, the scale of time, our settings."""

    now: int
    at_once: int
    scale: float
    settings: str | None = None


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
    gate: Gate,
    until: int,
    results: Sequence[Result],
    *,
    now: int,
    at_once: int,
    scale: float,
    settings: str | None = None,
) -> tuple[Gate, int]:
    """Take results into account, in order; give the gate and until when it stays closed.

    settings: a digest of those under which these tries were made
    """
    terms = Terms(now=now, at_once=at_once, scale=scale, settings=settings)
    for result in results:
        gate, until = _one(gate, until, result, terms)
    return gate, until


def _one(gate: Gate, until: int, result: Result, terms: Terms) -> tuple[Gate, int]:
    if result.word == "none":
        return gate, until
    gate = replace(gate, recent=_remember(gate.recent, result))
    match result.word:
        case "blocked":
            return _close(gate, until, "blocked", result, terms)
        case "suspect":
            return _suspect(gate, until, result, terms)
        case "odd":
            if _one_cause(gate.recent):
                return _close(gate, until, "one_cause", result, terms)
            if gate.state != "open" and gate.why == "suspects":
                return gate, until  # their rule's no does not show that they take anything of ours
            # Their rule spoke, so they are there: a probe has succeeded.
            return _pass(gate, terms), until
        case "good":
            begun = terms.now - result.took
            cleared = () if begun > gate.suspected_at else gate.suspects
            passed = max(begun, gate.passed_at)
            return replace(_pass(gate, terms), passed_at=passed, suspects=cleared), until
        case "bad":
            return _bad(gate, until, result, terms)


def _bad(gate: Gate, until: int, result: Result, terms: Terms) -> tuple[Gate, int]:
    failing = gate.failing if result.dossier in gate.failing else (*gate.failing, result.dossier)
    gate = replace(gate, failing=failing[-DISTINCT:], run=0, window=max(1, gate.window // 2))
    if gate.state == "open" and len(failing) < DISTINCT:
        return gate, until
    return _close(gate, until, "failing", result, terms)


def _suspect(gate: Gate, until: int, result: Result, terms: Terms) -> tuple[Gate, int]:
    """Remember whom it befell; the others go on, until it has befallen three of them in a row."""
    if gate.state == "closed":  # it was under way when it closed
        return gate, until
    if result.cause:  # it was parked: that they do not take it was known
        return gate, until
    others = tuple(one for one in gate.suspects if one != result.dossier)
    gate = replace(gate, suspects=(*others, result.dossier), suspected_at=terms.now)
    if result.alone or len(gate.suspects) >= SUSPECTS:
        return _close(gate, until, "suspects", result, terms)
    return gate, until


def _pass(gate: Gate, terms: Terms) -> Gate:
    """One went through: open, and widen when a whole window went through."""
    run, window = gate.run + 1, gate.window if gate.state == "open" else 1
    if run >= window:
        run, window = 0, min(window * 2, max(terms.at_once, 1))
    return replace(
        gate,
        state="open",
        window=window,
        run=run,
        failing=(),
        closures=0,
        good_at=terms.now,
        **OPENED,
    )


OPENED: dict[str, Any] = dict.fromkeys(("why", "since", "by", "call", "terms"))
"""What an open gate says of its last closure: nothing."""
PAUSES = {
    "failing": (FIRST_CLOSURE, LONGEST_CLOSURE),
    "suspects": (FIRST_CLOSURE, LONGEST_CLOSURE),
    "blocked": (FIRST_BLOCK, LONGEST_BLOCK),
    "one_cause": (FIRST_BLOCK, LONGEST_BLOCK),
}
"""Seconds of the first and of the longest closure, by reason."""


def _close(gate: Gate, until: int, why: str, result: Result, terms: Terms) -> tuple[Gate, int]:
    first, longest = PAUSES[why]
    asked = min(result.after or 0.0, LONGEST_RETRY_AFTER)
    if gate.state == "closed":  # attempts that were under way when it closed say nothing new
        again = min(first * 2 ** max(gate.closures - 1, 0), longest)
        return gate, max(until, terms.now + _millis(max(again, asked), terms))
    seconds = max(min(first * 2**gate.closures, longest), asked)
    known = gate.why == why and gate.by is not None
    gate = replace(
        gate,
        state="closed",
        window=1,
        run=0,
        failing=(),
        suspects=() if why == "suspects" else gate.suspects,
        why=why,
        closures=min(gate.closures + 1, 20),
        since=terms.now if gate.since is None else gate.since,
        by=gate.by if known else result.dossier,
        call=gate.call if known else result.call or None,
        terms=terms.settings,
    )
    return gate, terms.now + _millis(seconds, terms)


def _millis(seconds: float, terms: Terms) -> int:
    return int(seconds * 1000 * terms.scale)


def _remember(recent: tuple[tuple[str, str], ...], result: Result) -> tuple[tuple[str, str], ...]:
    """Keep the last word on each of the last lanes."""
    cause = result.cause if result.word == "odd" else ""
    others = tuple(entry for entry in recent if entry[0] != result.dossier)
    return (*others, (result.dossier, cause))[-RECENT:]


def _one_cause(recent: tuple[tuple[str, str], ...]) -> bool:
    causes = [cause for _, cause in recent if cause]
    return len(recent) == RECENT and any(causes.count(cause) * 2 > RECENT for cause in set(causes))
