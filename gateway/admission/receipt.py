"""From a decision to what the client is told, after the commit."""

from __future__ import annotations

from typing import Any

from gateway.admission.decisions import Decided
from gateway.admission.requests import Answer, Denied
from gateway.admission.warn import warnings, wrong_formats
from gateway.dossiers.expecting import expected
from gateway.dossiers.record import DossierRecord
from gateway.dossiers.systems import Systems
from schemas.dossier import Content


def receipt(one: Decided, systems: Systems) -> Answer | Denied:
    """Put a decision into an answer; what a system will lack is worked out only now."""
    if one.record is None or one.head is None:
        return one.denied or Denied(status=500, code="internal")
    record, head = one.record, one.head
    if one.stated is not None:
        return Answer(status=one.status, body=_own_words(one, one.stated))
    return Answer(
        status=one.status,
        body={
            "id": str(record.id),
            "version": head.version,
            "status": head.status.value,
            "official_code": head.official_code,
            "environment": head.environment,
            "voided": head.voided,
            **({"merged_into": str(record.merged_into)} if record.merged_into else {}),
            **one.more,
            "systems": [system.name for system in systems.all if system.id in record.lanes],
            "data_quality": [
                flag.model_dump(mode="json", exclude_none=True) for flag in head.data_quality
            ],
            "warnings": _warned(one, record, systems),
            **expected(head, systems),
        },
    )


def _warned(one: Decided, record: DossierRecord, systems: Systems) -> list[dict[str, str]]:
    """Warn about the dossier, and about the identifiers of what was kept beside it."""
    found = warnings(record, systems)
    if one.aside is not None:
        found += [more for more in wrong_formats(one.aside) if more not in found]
    return found


def _own_words(one: Decided, stated: Content) -> dict[str, Any]:
    """Answer whoever may not read the dossier: its id, and what was just said."""
    return {
        "id": str(one.record.id) if one.record is not None else None,
        "version": 0,
        "status": stated.status.value,
        "official_code": stated.official_code,
        "environment": one.head.environment if one.head is not None else None,
        **one.more,
        "systems": [],
        "data_quality": [{"code": "owner_unverified", "pointer": "/owner"}],
        "warnings": wrong_formats(stated),
    }
