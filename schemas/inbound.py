"""What an outside system tells us, in canonical words, and what became of each thing it told.

Report    something happened to a dossier that both sides know
Arrival   a dossier that was born there, as `POST /v1/dossiers` would take it
Row       the present state of a dossier, as `POST /v1/snapshots` would take it
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from schemas.event import SupplementNote
from schemas.outcome import Problem
from schemas.parts import Due, Fee, Officer, Result
from schemas.status import Kind, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one system says of one dossier.

    ref: the system's own name for this report: the same one twice is one
    code, remote_id: by which the dossier is found: any of its codes, or the lane's `Remote.id`
    status: where they say it stands; None where the report moves no state
    at: when it happened, None where they do not say (then the time of hearing, flagged)
    kind: what happened, where they say it; else it is worked out from the state
    received_at, due: the reception and the promise, where they state them: a state beyond
        reception then brings the reception with it
    quarantine: why this cannot be read (a state outside the map): kept and shown, never guessed
    """

    ref: str
    code: str | None = None
    remote_id: str | None = None
    status: Status | None = None
    at: datetime | None = None
    kind: Kind | None = None
    action: str | None = None
    note: str | None = None
    reason: str | None = None
    officer: Officer | None = None
    department: str | None = None
    received_at: datetime | None = None
    due: Due | None = None
    supplement: SupplementNote | None = None
    results: tuple[Result, ...] = ()
    fees: tuple[Fee, ...] = ()
    quarantine: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A dossier that was born there; `source.ref` in the body makes a repeat harmless."""

    ref: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of an export: `body` has `source.ref` and `source.as_of`.

    fillers: pointers of what it states only to fill a place: an identity that is none
    """

    ref: str
    body: Mapping[str, Any]
    fillers: tuple[str, ...] = ()


Item = Report | Arrival | Row

Word = Literal["stored", "repeated", "unchanged", "stale", "evidence", "unknown", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one item, once it is committed.

    stored     it changed the dossier, or made one
    repeated   it was known already
    unchanged  it says what we hold
    stale      we hold something newer from the same source
    evidence   it contradicts whoever owns the state: kept and flagged, nothing moved
    unknown    no dossier has that code: kept, and looked at again later
    refused    it cannot be right; `problems` names each field

    Of what was stored, `problems` names the codes that another dossier has too: for a human.
    """

    ref: str
    word: Word
    dossier: str | None = None
    problems: tuple[Problem, ...] = field(default=())
