"""When a dossier would be due by the catalogue, beside what its source promises.

Worked out whenever somebody reads, and kept nowhere: a mended catalogue or calendar mends it. Of a
procedure whose duration the catalogue does not state nothing is worked out, and nothing is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel, Field

from gateway.dossiers.systems import Systems
from gateway.rules.calendar import Office
from gateway.rules.expected import Expected, expected_due
from schemas.base import VIETNAM, Instant, as_day, spoken
from schemas.dossier import Dossier, Supplement
from schemas.parts import Due
from schemas.status import Status

SAID = frozenset({"counted", "clock_stands"})
"""What is told; where nothing can be counted for want of a word, nothing is."""


class _Procedure(BaseModel):
    code: str


class Held(BaseModel):
    """What must be read of a stored dossier to count its time."""

    procedure: _Procedure
    submitted_at: Instant
    received_at: Instant | None = None
    status: Status
    supplements: tuple[Supplement, ...] = ()
    due: Due | None = None
    day_times: tuple[str, ...] = Field(())


def prepare(systems: Systems) -> None:
    """Load the days off, so that the first who asks need not wait for them."""
    if systems.procedures.timed:
        systems.calendar.sessions(systems.calendar.published_until, _office())


def expected(dossier: Dossier, systems: Systems) -> dict[str, Any]:
    """Give `expected_due` for an answer about a dossier, or nothing."""
    if dossier.procedure.code not in systems.procedures.timed:
        return {}
    return _told(dossier, systems)


def expected_of(body: Mapping[str, Any], systems: Systems) -> dict[str, Any]:
    """Give the same of a dossier as it is stored."""
    if body["procedure"]["code"] not in systems.procedures.timed:
        return {}
    held = Held.model_validate(body)
    if held.received_at is not None and "/received_at" in held.day_times:
        held.received_at = as_day(held.received_at)
    return _told(held, systems)


def _told(dossier: Dossier | Held, systems: Systems) -> dict[str, Any]:
    day = (dossier.received_at or dossier.submitted_at).astimezone(VIETNAM).date()
    version = systems.procedures.find(dossier.procedure.code, day)
    found = expected_due(dossier, version, systems.calendar, _office())
    return {"expected_due": _said(found)} if found.basis in SAID else {}


def _said(found: Expected) -> dict[str, Any]:
    stated = found.stated.at if found.stated is not None else None
    said = {
        "at": spoken(found.at) if found.at is not None else None,
        "basis": found.basis,
        "rule": {"vi": found.rule[0], "en": found.rule[1]},
        "provisional": found.provisional,
        "stated": spoken(stated) if stated is not None else None,
        "compared": found.compared,
    }
    return {name: value for name, value in said.items() if value is not None}


@cache
def _office() -> Office:
    """Give the usual hours: no setting states others."""
    return Office()
