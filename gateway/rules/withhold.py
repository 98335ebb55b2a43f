"""What stays in the house, whatever an adapter would carry."""

from __future__ import annotations

from schemas.dossier import Dossier


def withheld(dossier: Dossier) -> Dossier:
    """Give the dossier as outside systems may be told of it: without the client's own data."""
    if dossier.extensions is None and dossier.source.raw is None:
        return dossier
    source = dossier.source.model_copy(update={"raw": None})
    return dossier.model_copy(update={"extensions": None, "source": source})
