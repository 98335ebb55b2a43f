"""A voided dossier of which a system never heard: there is nothing to tell it, nor to take back."""

from __future__ import annotations

from adapters.kit.port import Step
from schemas.outcome import Delivered

WHY = "voided before this system was told of it: nothing was sent"


def unheard(step: Step, done_seq: int) -> Delivered | None:
    """Close a lane of which nothing can have landed; done_seq: up to where it was told."""
    remote = step.remote
    heard = done_seq or remote.created or remote.line or remote.notes
    if not step.dossier.voided or heard or step.doubt or step.born_here:
        return None
    return Delivered(up_to=step.dossier.version, remote=remote, note=WHY)
