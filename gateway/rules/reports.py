"""From what a system reports to the event that says so; no step is made up in between."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gateway.rules.lifecycle import REOPENING
from gateway.rules.snapshot import ENDS, KIND_TO
from schemas.dossier import Dossier
from schemas.event import HandOver, NewEvent, SupplementNote
from schemas.inbound import Report
from schemas.parts import Officer
from schemas.status import Kind, Status

BEYOND = frozenset({Status.PROCESSING, Status.FINISHED, Status.RETURNED, Status.STOPPED})
BACK = frozenset({Status.SUBMITTED, Status.ACCEPTED, Status.PROCESSING})


def events_of(report: Report, held: Dossier, system: str, now: datetime) -> tuple[NewEvent, ...]:
    """Give the events that a report means for this dossier; none: it says what we hold."""
    kind = _kind(report, held)
    if kind is None:
        return ()
    event = _event(report, kind, system, now)
    beyond = held.status is Status.SUBMITTED and report.status in BEYOND
    if not beyond or report.received_at is None or report.due is None:
        return (event,)
    reception = NewEvent(
        ref=f"{system}:{report.ref}"[:97] + ":tn",
        kind=Kind.ACCEPTED,
        occurred_at=report.received_at,
        received_at=report.received_at,
        due=report.due,
    )
    return reception, event


def _event(report: Report, kind: Kind, system: str, now: datetime) -> NewEvent:
    seen = f"theo {system}"
    fields: dict[str, Any] = {
        "ref": f"{system}:{report.ref}"[:100],
        "kind": kind,
        "occurred_at": report.at or now,
        "action": report.action or ("Cập nhật trạng thái" if kind is Kind.PROGRESS else None),
        "note": report.note,
        "officer": report.officer,
        "department": report.department,
        "status": report.status,
        "reason": report.reason or seen,
        "results": report.results,
        "fees": report.fees,
    }
    return NewEvent(**fields, **_payload(kind, report, seen))


def _kind(report: Report, held: Dossier) -> Kind | None:
    """Say what happened: their word for it, or what leads from our state to theirs."""
    if report.kind is not None and not (report.kind is Kind.ACCEPTED and report.due is None):
        return report.kind
    if report.status is None or report.status is held.status:
        told = report.action or report.results or report.fees
        return Kind.PROGRESS if told else None
    if held.status in ENDS and report.status in REOPENING:
        return Kind.REOPENED
    if held.status is Status.AWAITING_SUPPLEMENT and report.status in BACK:
        return Kind.SUPPLEMENT_RECEIVED
    kind = KIND_TO[report.status]
    # A reception without the promised date is told as it is: the state, without a promise.
    return Kind.PROGRESS if kind is Kind.ACCEPTED and report.due is None else kind


def _payload(kind: Kind, report: Report, seen: str) -> dict[str, Any]:
    match kind:
        case Kind.ACCEPTED:
            return {"received_at": report.received_at or report.at, "due": report.due}
        case Kind.SUPPLEMENT_REQUESTED:
            note = report.supplement or SupplementNote(content=report.note or seen)
            stage = note.stage or "processing"
            return {"supplement": note.model_copy(update={"stage": stage})}
        case Kind.SUPPLEMENT_RECEIVED:
            return {"supplement": report.supplement, "due": report.due}
        case Kind.RETURNED:
            return {"hand_over": HandOver(note=report.note or seen)}
        case Kind.REOPENED:
            return {"approver": report.officer or Officer(name=seen)}
        case _:
            return {}
