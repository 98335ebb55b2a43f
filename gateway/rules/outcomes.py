"""From an outcome to what becomes of the lane: the match is exhaustive, and mypy holds it so."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.rules import suspects
from gateway.rules.gate import Gate, Word
from gateway.rules.schedule import backoff
from schemas.outcome import (
    EXISTS_ALREADY,
    Blocked,
    CannotExpress,
    Delivered,
    Effect,
    Malformed,
    Outcome,
    Pending,
    Problem,
    Refused,
    Remote,
    Suspect,
    Uncertain,
    Unreachable,
    Untold,
)

PARK_AFTER_FAILURES = 8
SUSPECT = "suspect"
"""For which a lane waits whose last answer may blame the record or us."""
ALONE, CERTAIN, MAY_STAND, MAY_STAND_TWICE, ALL_MAY_STAND_TWICE = -1, 0, 1, 2, 3
"""Doubts of a lane: nothing, and it goes alone since its batch failed as a whole; nothing;
something may have landed; an `append` may have; each of several may, as after a restore."""


@dataclass(frozen=True, slots=True)
class Close:
    """They have everything up to `up_to`."""

    up_to: int
    remote: Remote
    official_code: str | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Try again after so many seconds. `counted`: it was a failed try of this lane."""

    seconds: float
    reason: str
    uncertainty: int
    counted: bool = True


@dataclass(frozen=True, slots=True)
class AskLater:
    """They have it and will judge it; ask after so many seconds."""

    seconds: float
    remote: Remote
    holds: bool


@dataclass(frozen=True, slots=True)
class Park:
    """A human must act: officer, operator or integrator."""

    owner: str
    reason: str
    cause: str
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Shadowed:
    """It was translated in shadow mode, and not sent: no outcome of theirs, and nobody was told."""


@dataclass(frozen=True, slots=True)
class Leave:
    """It is not told, as the settings say; the dossier's next event is a reason to look again."""

    cause: str
    problems: tuple[Problem, ...]


Decision = Close | Wait | AskLater | Park | Leave


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """What the decision depends on besides the outcome.

    dossier, call: by which what is parked or closed can be named; suspect_since: when it became
    suspect, if its last try left it so
    """

    tries: int
    uncertainty: int
    failing_since: int | None
    linger: float
    on_uncertain: str
    looks_up: bool = False
    dossier: str = ""
    call: str = ""
    suspect_since: int | None = None


def word(outcome: Outcome | CannotExpress | Shadowed) -> str:
    """Name an outcome for the ledger and the metrics."""
    names = {
        Delivered: "delivered",
        Pending: "pending",
        Refused: "refused",
        Unreachable: "unreachable",
        Uncertain: "uncertain",
        Blocked: "blocked",
        Suspect: "suspect",
        Malformed: "malformed",
        CannotExpress: "cannot_express",
        Untold: "untold",
        Shadowed: "shadowed",
    }
    return names[type(outcome)]


def decide(
    outcome: Outcome | CannotExpress, lane: Lane, gate: Gate, jitter: float
) -> tuple[Decision, Word, str]:
    """Say what becomes of the lane, and what the gate learns: a word and a cause."""
    match outcome:
        case Delivered(up_to=up_to, remote=remote, official_code=code):
            return Close(up_to, remote, code), "good", ""
        case Pending(remote=remote, ask_after=seconds, holds=holds):
            return AskLater(seconds, remote, holds), "good", ""
        case Refused(code=code, message=message, problems=problems, owner=owner):
            exists = code == EXISTS_ALREADY
            reason, cause = (code, code) if exists else ("refused", f"refused:{code}")
            shown = problems or (Problem("", code, message),)
            park = Park(owner, reason, cause, shown)
            return _park_unless_paused(gate, lane, park, jitter), "odd", cause
        case Malformed(why=why):
            cause = f"malformed:{why}"[:200]
            return (
                _park_unless_paused(gate, lane, Park("integrator", "malformed", cause), jitter),
                "odd",
                cause,
            )
        case Unreachable():
            return _unreachable(outcome, lane, gate, jitter), "bad", ""
        case Uncertain(effect=effect, undecided=undecided):
            decided = _uncertain(effect, lane, gate, jitter, undecided=undecided)
            return decided, "none" if undecided else "bad", ""
        case Blocked():
            return _uncounted(lane, "blocked", jitter), "blocked", ""
        case Suspect(why=why):
            return _suspect(why, lane, gate, jitter)
        case CannotExpress():
            return _unsaid(outcome), "none", ""


def _unreachable(outcome: Unreachable, lane: Lane, gate: Gate, jitter: float) -> Decision:
    """Repeat it; what befell the login is no failure of this lane."""
    after = outcome.retry_after
    if not outcome.at_login:
        return _again(lane, gate, after, lane.uncertainty, "unreachable", jitter)
    seconds = backoff(lane.tries + 1, jitter) if after is None else after
    return Wait(seconds, "unreachable", lane.uncertainty, counted=False)


def _uncertain(
    effect: Effect, lane: Lane, gate: Gate, jitter: float, *, undecided: bool
) -> Decision:
    """Resolve it before it is repeated; where settings say so, and nothing can be read, a human."""
    parks = effect == "append" and lane.on_uncertain == "park"
    if parks and (undecided or not lane.looks_up):
        return Park("operator", "may_stand_once", "uncertain:append")
    doubts = {"append": MAY_STAND_TWICE, "keyed": MAY_STAND, "read": lane.uncertainty}
    uncertainty = max(doubts[effect], lane.uncertainty)
    return _again(lane, gate, None, uncertainty, "uncertain", jitter)


def _uncounted(lane: Lane, reason: str, jitter: float) -> Wait:
    """Wait for what is no fault of this lane, or not known to be."""
    return Wait(backoff(lane.tries + 1, jitter), reason, lane.uncertainty, counted=False)


def _suspect(why: str, lane: Lane, gate: Gate, jitter: float) -> tuple[Decision, Word, str]:
    """Park a record that they do not take while they take others, and say on which call."""
    if not suspects.singled_out(gate, lane.dossier, lane.suspect_since):
        return _uncounted(lane, SUSPECT, jitter), "suspect", ""
    said = f"{lane.call}: {why}" if lane.call else why
    cause = f"singled_out:{said}"[:200]
    park = Park("integrator", "singled_out", cause, (Problem("", "singled_out", said),))
    return park, "suspect", cause


def _unsaid(error: CannotExpress) -> Decision:
    """Park what cannot be said for the officer; leave what a setting says not to tell."""
    name = word(error)
    cause, problems = f"{name}:{error.field}", (Problem(error.field, name, error.why),)
    if isinstance(error, Untold):
        return Leave(cause, problems)
    return Park("officer", name, cause, problems)


def _again(
    lane: Lane, gate: Gate, after: float | None, uncertainty: int, reason: str, jitter: float
) -> Decision:
    """Wait and repeat; a lane that fails on and on while others pass is parked instead."""
    tries = lane.tries + 1
    others_pass = lane.failing_since is not None and gate.good_at > lane.failing_since
    if gate.state == "open" and tries >= PARK_AFTER_FAILURES and others_pass:
        return Park("integrator", "too_many_failures", f"too_many_failures:{reason}")
    seconds = backoff(tries, jitter) if after is None else after
    if uncertainty > CERTAIN:
        seconds = max(seconds, lane.linger)  # their side may still act on what we gave up on
    # Failures while a closed gate is probed are the system's, not this lane's.
    return Wait(seconds, reason, uncertainty, counted=gate.state == "open")


def _park_unless_paused(gate: Gate, lane: Lane, park: Park, jitter: float) -> Decision:
    """While a system is paused for one cause, its probes wait: they are not that lane's fault."""
    if gate.state != "open" and gate.why == "one_cause":
        return _uncounted(lane, "system_paused", jitter)
    return park
