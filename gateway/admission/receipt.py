"""From a decision to what the client is told, after the commit."""

from __future__ import annotations

from gateway.admission.decisions import Decided
from gateway.admission.requests import Answer, Denied
from gateway.admission.warn import warnings
from gateway.dossiers.systems import Systems


def receipt(one: Decided, systems: Systems) -> Answer | Denied:
    """Put a decision into an answer; what a system will lack is worked out only now."""
    if one.record is None or one.head is None:
        return one.denied or Denied(status=500, code="internal")
    record, head = one.record, one.head
    return Answer(
        status=one.status,
        body={
            "id": str(record.id),
            "version": head.version,
            "status": head.status.value,
            "official_code": head.official_code,
            "environment": head.environment,
            **one.more,
            "systems": [system.name for system in systems.all if system.id in record.lanes],
            "data_quality": [
                flag.model_dump(mode="json", exclude_none=True) for flag in head.data_quality
            ],
            "warnings": warnings(record, systems),
        },
    )
