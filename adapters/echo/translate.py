"""The canonical dossier as JSON: nothing is left out but identities that are none."""

from __future__ import annotations

from typing import Any

from adapters.kit import Step, well_formed, well_formed_event
from schemas.dossier import Dossier


def dossier_body(dossier: Dossier) -> dict[str, Any]:
    """Give the dossier as it is, with the identities that are well formed."""
    return well_formed(dossier).model_dump(mode="json", exclude_none=True)


def snapshot_body(step: Step) -> dict[str, Any]:
    """Give the dossier with what is new in it: why something happened stands in events alone."""
    return {**dossier_body(step.dossier), "events": _events(step)}


def event_bodies(step: Step) -> dict[str, Any]:
    """Give the events, each with a key by which they recognise a repeat, and the dossier."""
    keyed = [
        {"key": f"{step.dossier.id}-{event['seq']}", "event": event} for event in _events(step)
    ]
    return {"events": keyed, "dossier": dossier_body(step.dossier)}


def _events(step: Step) -> list[dict[str, Any]]:
    return [
        well_formed_event(event).model_dump(mode="json", exclude_none=True) for event in step.events
    ]
