"""The outcome of one try to deliver: a word that says who acts next.

    Delivered     they have it                              nobody
    Pending       accepted, their verdict comes later       we ask again
    Refused       their rule says no                        the officer
    Unreachable   surely not received, or "come back"       nobody: it is repeated
    Uncertain     sent, and no answer of theirs was read    nobody: it is resolved first
    Blocked       our credential or address is wrong        the operator
    Suspect       a status that may blame the record or us  nobody: it waits until others show
    Malformed     an answer their contract does not know    the integrator

An adapter returns one of these and never raises for an answer.
Before anything is sent, translation may raise `CannotExpress`, or `Untold` where the deployment
says that such a dossier is not told to this system.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

EXISTS_ALREADY = "exists_already"
"""Code of a `Refused`: something stands there under our code, and nothing says that it is ours."""
Effect = Literal["read", "keyed", "append"]
"""What repeating a request does: nothing at all, nothing more, or the thing a second time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """What a lane remembers of its system between steps; the adapter alone gives it meaning."""

    id: str | None = None
    """Their name for the dossier, where it is not the official code."""
    created: bool = False
    """They hold the dossier: speak of a change, never ask them to create it."""
    line: int = 0
    """The number of the last event of which they were told in a line of its own."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """Whatever else the adapter needs next time: ids of files, a number it took. Keep it small."""

    def row(self) -> dict[str, Any]:
        """Give it in the form in which it is stored."""
        return {
            "id": self.id,
            "created": self.created,
            "line": self.line,
            "notes": dict(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that their rule forbids, in canonical names (a JSON pointer into the dossier)."""

    pointer: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """They have everything up to event `up_to`, or already had it."""

    up_to: int
    remote: Remote
    official_code: str | None = None
    """The official code, where it is this system that allocates it."""
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """Accepted; their verdict is asked for again after `ask_after` seconds."""

    remote: Remote
    ask_after: float
    holds: bool = False
    """True: later events of this lane wait for the verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Their rule says no; the same bytes can never pass."""

    code: str
    message: str
    problems: tuple[Problem, ...] = ()
    owner: Literal["officer", "operator", "integrator"] = "officer"
    """Who can mend it: what no officer can (unknown at the portal, their database) is another's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """Surely not received, or a clear "come back later"; `retry_after` is theirs, in seconds."""

    why: str
    retry_after: float | None = None
    at_login: bool = False
    """It befell the login: that says nothing of this dossier, however often it happens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertain:
    """Sent, and no answer of theirs was read: it may have landed."""

    why: str
    effect: Effect
    undecided: bool = False
    """Nothing was sent now: that of an earlier try may stand there, and no look-up can tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """Our credential, certificate or address is wrong; trying harder makes it worse."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """An HTTP status outside their contract's table that may be the record's fault or ours.

    Whose it is shows by what becomes of other dossiers (403, 404, 405, 409, 410, 421, 422).
    """

    why: str
    raw: str = ""
    """The answer, cut short and redacted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """An answer in their format, with a code or a shape that the contract does not know."""

    why: str
    raw: str
    """The answer, cut short and redacted."""


Outcome = Delivered | Pending | Refused | Unreachable | Uncertain | Blocked | Suspect | Malformed


class CannotExpress(Exception):  # noqa: N818 - a sentence, not an accident
    """A canonical field cannot be said in their language; raised before anything is sent."""

    def __init__(self, field: str, why: str) -> None:
        """Name the canonical field as a JSON pointer, and say why in a short English sentence."""
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


class Untold(CannotExpress):
    """A setting says that this is not told to the system: nobody acts, until an event changes it.

    It is no delivery: the lane stays behind, is counted and shown, with what is lacking.
    """
