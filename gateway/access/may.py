"""For whom a client may speak: the one place that answers it. `queries.visible` says it in SQL."""

from __future__ import annotations

from gateway.access.principals import Principal
from gateway.dossiers.record import DossierRecord
from schemas.dossier import Content, Dossier


def may_file(client: Principal, content: Content | Dossier) -> bool:
    """Say whether a client serves the agency that is competent or that received the dossier."""
    agencies = content.agencies
    codes = [ref.code for ref in (agencies.competent, agencies.receiving) if ref is not None]
    return client.may_speak_for(*codes)


def may_see(client: Principal, record: DossierRecord, newcomers: frozenset[int]) -> bool:
    """Say whether a client is a source of a dossier, or serves the agency it came in for.

    newcomers: the clients that are systems; what they bring belongs to whoever serves the agency
    """
    if record.dossier.environment != client.environment:
        return False
    if record.knows(client.id):
        return True
    return record.owner in newcomers and may_file(client, record.dossier)
