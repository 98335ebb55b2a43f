"""What is decided on a request: the dossier and what is told, or why nothing changes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gateway.admission.requests import Denied
from gateway.dossiers.evidence import Evidence
from gateway.dossiers.record import DossierRecord
from gateway.rules.history import Version
from gateway.words.fault import Fault
from schemas.dossier import Content, Dossier
from schemas.inbound import Word


@dataclass(slots=True)
class Decided:
    """The decision on one request; `head`: the dossier as it stood when it was decided.

    evidence: what it was kept as, where it moves nothing
    """

    record: DossierRecord | None
    head: Dossier | None
    status: int
    more: dict[str, Any]
    word: Word = "stored"
    denied: Denied | None = None
    evidence: Evidence | None = None
    stated: Content | None = None
    """Where whoever asked does not read the dossier: all that it is answered, its own words."""
    aside: Content | None = None
    """What a further source or an older row said, which the dossier itself does not show."""


def denied(
    status: int, code: str, faults: Sequence[Fault] = (), more: dict[str, Any] | None = None
) -> Decided:
    """Decide that nothing changes."""
    why = Denied(status=status, code=code, faults=tuple(faults), more=more or {})
    return Decided(None, None, status, {}, "refused", why)


def decided(
    record: DossierRecord, status: int, more: dict[str, Any], word: Word = "stored"
) -> Decided:
    """Decide on a dossier as it stands now."""
    return Decided(record, record.dossier, status, more, word)


def refused(faults: tuple[Fault, ...]) -> Decided:
    """Refuse what is impossible, or merely wrong."""
    impossible = any(fault.code == "impossible_transition" for fault in faults)
    return denied(409 if impossible else 422, "impossible" if impossible else "invalid", faults)


def digest_of(version: Version) -> bytes:
    """Hash an event that came without a request of its own."""
    return hashlib.sha256(version.event.model_dump_json(exclude_none=True).encode()).digest()
