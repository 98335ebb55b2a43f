"""The canonical dossier as JSON: nothing is left out."""

from __future__ import annotations

from typing import Any

from adapters.kit import Step
from schemas.dossier import Dossier


def dossier_body(dossier: Dossier) -> dict[str, Any]:
    """Give the dossier as it is."""
    return dossier.model_dump(mode="json", exclude_none=True)


def snapshot_body(step: Step) -> dict[str, Any]:
    """Give the dossier with what is new in it: why something happened stands in events alone."""
    events = [event.model_dump(mode="json", exclude_none=True) for event in step.events]
    return {**dossier_body(step.dossier), "events": events}


def event_bodies(step: Step) -> dict[str, Any]:
    """Give the events, each with a key by which they recognise a repeat, and the dossier."""
    events = [event.model_dump(mode="json", exclude_none=True) for event in step.events]
    keyed = [{"key": f"{step.dossier.id}-{event['seq']}", "event": event} for event in events]
    return {"events": keyed, "dossier": dossier_body(step.dossier)}
