"""Under which publication a dossier stands: pinned at its reception, and frozen from then on."""

from __future__ import annotations

from datetime import date

from schemas.base import VIETNAM
from schemas.catalogue.procedures import Catalogue
from schemas.dossier import Content, Decision, Dossier, Procedure


def pinned(dossier: Dossier, catalogue: Catalogue) -> Dossier:
    """Fill in the procedure's version, and name and field where absent, once it is received.

    What is there stays: a newer catalogue changes nothing. What the catalogue does not know for
    sure (no decision, a field made up for samples) is not filled in.
    """
    procedure = dossier.procedure
    if dossier.received_at is None or procedure.version is not None:
        return dossier
    found = catalogue.find(procedure.code, _day(dossier))
    if found is None:
        return dossier
    fills = {
        "name": found.name,
        "field": None if found.invented("field") else found.field,
        "version": None
        if found.decision is None or found.invented("decision")
        else Decision(decision=found.decision, effective_from=found.effective_from),
    }
    change = {
        name: value
        for name, value in fills.items()
        if value is not None and getattr(procedure, name) is None
    }
    if not change:
        return dossier
    return dossier.model_copy(update={"procedure": procedure.model_copy(update=change)})


def doubt(content: Content, catalogue: Catalogue) -> str | None:
    """Name what is doubtful about a procedure's code; an empty catalogue doubts nothing."""
    if not catalogue.versions:
        return None
    if not catalogue.knows(content.procedure.code):
        return "unknown_procedure"
    known = catalogue.find(content.procedure.code, _day(content))
    return None if known is not None else "procedure_not_in_force"


def recoded(before: Procedure, after: Procedure) -> Procedure:
    """Give up what was frozen under another code, unless the correction states it anew."""
    if before.version is None or before.code == after.code:
        return after
    stale = {
        name: None
        for name in ("version", "name", "field")
        if getattr(after, name) == getattr(before, name)
    }
    return after.model_copy(update=stale)


def _day(content: Content) -> date:
    """Give the day whose publication counts: of reception, before that of handing in."""
    return (content.received_at or content.submitted_at).astimezone(VIETNAM).date()
