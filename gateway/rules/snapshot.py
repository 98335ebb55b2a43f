"""From two rows of a software without events to what must have happened in between.

Steps that the rows do not show are not made up: one event leads from state to state, and a time
that the row does not state is the row's own date, flagged as inferred.
"""

from __future__ import annotations

from datetime import datetime
from types import MappingProxyType
from typing import Any

from gateway.rules.patch import merge
from schemas.base import spoken
from schemas.dossier import Content, Dossier
from schemas.event import HandOver, NewEvent, SupplementNote
from schemas.parts import Officer
from schemas.status import Kind, Status

STATED_AT = MappingProxyType(
    {
        Status.ACCEPTED: "received_at",
        Status.REFUSED: "refused_at",
        Status.FINISHED: "finished_at",
        Status.RETURNED: "returned_at",
    }
)
"""Where a row states the time of the step that led to a state."""

KIND_TO = MappingProxyType(
    {
        Status.ACCEPTED: Kind.ACCEPTED,
        Status.REFUSED: Kind.REFUSED,
        Status.PROCESSING: Kind.PROGRESS,
        Status.AWAITING_SUPPLEMENT: Kind.SUPPLEMENT_REQUESTED,
        Status.AWAITING_PAYMENT: Kind.PROGRESS,
        Status.WITHDRAWAL_REQUESTED: Kind.WITHDRAWAL_REQUESTED,
        Status.STOPPED: Kind.STOPPED,
        Status.FINISHED: Kind.FINISHED,
        Status.RETURNED: Kind.RETURNED,
        Status.SUBMITTED: Kind.SUPPLEMENT_RECEIVED,
    }
)
ENDS = frozenset({Status.REFUSED, Status.FINISHED, Status.RETURNED})
SEEN = "theo dữ liệu của phần mềm nguồn"
"""What stands where the row gives no reason: that it is the row that says so."""
COMPARED = frozenset(Content.model_fields) - {
    "source",
    "status",
    "schema_version",
    "received_at",
    "due",
    "refused_at",
    "finished_at",
    "returned_at",
    "return_",
    "extensions",
    "form",
}


def difference(dossier: Dossier, row: Content, *, now: datetime) -> tuple[NewEvent, ...]:
    """Say what happened between what we hold and this row; nothing: an empty tuple."""
    as_of = row.source.as_of or now
    found: list[dict[str, Any]] = []
    if row.status is not dossier.status:
        if _passed_reception(dossier, row):
            found.append(
                {
                    "kind": Kind.ACCEPTED,
                    "occurred_at": row.received_at,
                    "received_at": row.received_at,
                    "due": row.due,
                }
            )
        found.append(_step(dossier, row, as_of))
    elif row.due is not None and dossier.due is not None and row.due.at != dossier.due.at:
        found.append(
            {
                "kind": Kind.DUE_CHANGED,
                "occurred_at": as_of,
                "due": row.due,
                "reason": SEEN,
                "approver": Officer(name=SEEN),
            }
        )
    patch = _patch(dossier, row)
    if patch:
        found.append({"kind": Kind.CORRECTED, "occurred_at": as_of, "patch": patch, "reason": SEEN})
    stamp = spoken(as_of)
    return tuple(
        NewEvent(ref=f"snapshot-{stamp}-{number}", **one)
        for number, one in enumerate(found, start=1)
    )


def _step(dossier: Dossier, row: Content, as_of: datetime) -> dict[str, Any]:
    """Make the one event that leads to the row's state."""
    stated = getattr(row, STATED_AT.get(row.status, ""), None)
    kind = Kind.REOPENED if _reopens(dossier, row) else KIND_TO[row.status]
    if dossier.status is Status.AWAITING_SUPPLEMENT and row.status in {
        Status.SUBMITTED,
        Status.ACCEPTED,
        Status.PROCESSING,
    }:
        kind = Kind.SUPPLEMENT_RECEIVED
    elif kind is Kind.ACCEPTED and row.due is None:
        kind = Kind.PROGRESS
    event: dict[str, Any] = {
        "kind": kind,
        "occurred_at": stated or as_of,
        "status": row.status,
        "reason": SEEN,
    }
    return event | _payload(kind, row, stated or as_of)


def _passed_reception(dossier: Dossier, row: Content) -> bool:
    """Say whether the row itself states a reception that it has already left behind."""
    beyond = {Status.PROCESSING, Status.FINISHED, Status.RETURNED, Status.STOPPED}
    stated = row.received_at is not None and row.due is not None
    return dossier.status is Status.SUBMITTED and stated and row.status in beyond


def _reopens(dossier: Dossier, row: Content) -> bool:
    return dossier.status in ENDS and row.status in {Status.ACCEPTED, Status.PROCESSING}


def _payload(kind: Kind, row: Content, at: datetime) -> dict[str, Any]:
    """Carry what the row says about this step."""
    match kind:
        case Kind.ACCEPTED:
            return {"received_at": row.received_at or at, "due": row.due}
        case Kind.PROGRESS:
            return {"action": "Cập nhật trạng thái"}
        case Kind.SUPPLEMENT_REQUESTED:
            return {"supplement": SupplementNote(stage="processing", content=SEEN)}
        case Kind.FINISHED:
            return {"results": row.results}
        case Kind.RETURNED:
            return {"hand_over": row.return_ or HandOver(note=SEEN), "results": row.results}
        case Kind.REOPENED:
            return {"approver": Officer(name=SEEN)}
        case _:
            return {}


def _patch(dossier: Dossier, row: Content) -> dict[str, Any]:
    """Give the merge patch for content that differs; what a row leaves out is not erased."""
    names = {name: field.alias or name for name, field in Content.model_fields.items()}
    stated = row.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    held = dossier.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    changed = {}
    for name in COMPARED - {"results"}:
        key = names[name]
        if key in stated and merge(held.get(key), stated[key]) != held.get(key):
            changed[key] = stated[key]
    return changed
