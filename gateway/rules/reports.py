"""From what a system reports to the event that says so; no step is made up in between."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gateway.rules.lifecycle import ONLY_OF
from gateway.rules.snapshot import kind_to, patch_of
from gateway.rules.times import CLOSING
from schemas.dossier import Dossier
from schemas.event import HandOver, NewEvent, SupplementNote
from schemas.inbound import Report
from schemas.status import Kind, Status

BEYOND = frozenset(
    {Status.PROCESSING, Status.STOPPED, *(state for states in CLOSING.values() for state in states)}
) - {Status.REFUSED}


def events_of(report: Report, held: Dossier, system: str, now: datetime) -> tuple[NewEvent, ...]:
    """Give the events that a report means for this dossier; none: it says what we hold."""
    kind = _kind(report, held)
    corrections = _corrections(report, held, kind, system, now)
    if kind is None:
        return corrections
    event = _event(report, kind, system, now)
    beyond = held.status is Status.SUBMITTED and report.status in BEYOND
    if not beyond or report.received_at is None or report.due is None:
        return (event, *corrections)
    reception = NewEvent(
        ref=_ref(report, system, ":tn"),
        kind=Kind.ACCEPTED,
        occurred_at=report.received_at,
        received_at=report.received_at,
        due=report.due,
    )
    return reception, event


def _ref(report: Report, system: str, tail: str = "") -> str:
    return f"{system}:{report.ref}"[: 100 - len(tail)] + tail


def _event(report: Report, kind: Kind, system: str, now: datetime) -> NewEvent:
    fields: dict[str, Any] = {
        "ref": _ref(report, system),
        "kind": kind,
        "occurred_at": report.at or now,
        "action": report.action or ("Cập nhật trạng thái" if kind is Kind.PROGRESS else None),
        "note": report.note,
        "officer": report.officer,
        "department": report.department,
        "status": report.status,
        "reason": report.reason,
        "results": report.results,
        "fees": report.fees,
    }
    for name in ("received_at", "due", "supplement"):
        if kind in ONLY_OF[name]:
            fields[name] = getattr(report, name)
    return NewEvent(**fields | _payload(kind, report))


def _kind(report: Report, held: Dossier) -> Kind | None:
    """Say what happened: their word for it, or what leads from our state to theirs."""
    if report.kind is not None:
        return report.kind
    if report.status is None or report.status is held.status:
        told = report.action or report.results or report.fees
        return Kind.PROGRESS if told else None
    return kind_to(held, report.status)


def _payload(kind: Kind, report: Report) -> dict[str, Any]:
    match kind:
        case Kind.ACCEPTED:
            return {"received_at": report.received_at or report.at}
        case Kind.SUPPLEMENT_REQUESTED:
            note = report.supplement or SupplementNote()
            content = note.content or (report.note or "")[:1000] or None
            return {"supplement": note.model_copy(update={"content": content})}
        case Kind.RETURNED if report.note:
            return {"hand_over": HandOver(note=report.note[:500])}
        case _:
            return {}


def _corrections(
    report: Report, held: Dossier, kind: Kind | None, system: str, now: datetime
) -> tuple[NewEvent, ...]:
    """Say what corrects the reception and the promise, where the event itself does not say it."""
    said = {
        name: getattr(report, name)
        for name in ("received_at", "due")
        if getattr(report, name) is not None and (kind is None or kind not in ONLY_OF[name])
    }
    patch = patch_of(held, said)
    if not patch:
        return ()
    return (
        NewEvent(
            ref=_ref(report, system, ":dc"),
            kind=Kind.CORRECTED,
            occurred_at=report.at or now,
            patch=patch,
        ),
    )
