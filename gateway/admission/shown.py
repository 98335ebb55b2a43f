"""A dossier as whoever asked may know of it: with its conflicts, without what others have."""

from __future__ import annotations

from uuid import UUID

from gateway.access.may import may_see
from gateway.access.principals import Principal
from gateway.admission.claims import rivals
from gateway.admission.decisions import Decided
from gateway.admission.unit_of_work import UnitOfWork
from gateway.dossiers.record import DossierRecord
from schemas.dossier import Dossier, Quality

CONFLICT = "code_conflict"


def shown(unit: UnitOfWork, client: Principal, record: DossierRecord, head: Dossier) -> Dossier:
    """Flag contested codes, whose they are unsaid; leave out duplicates that one may not read."""
    flags = [flag for flag in head.data_quality if _may_know(unit, client, flag)]
    contested = rivals(unit, record)
    if not contested and len(flags) == len(head.data_quality):
        return head
    flags += [Quality(code=CONFLICT, pointer=claim.pointer) for claim in contested]
    return head.model_copy(update={"data_quality": tuple(flags)})


def conflicts_of(one: Decided) -> list[str]:
    """Give where a dossier that was just opened has a code that another one has."""
    if one.head is None or not one.more.get("created"):
        return []
    return [flag.pointer or "" for flag in one.head.data_quality if flag.code == CONFLICT]


def _may_know(unit: UnitOfWork, client: Principal, flag: Quality) -> bool:
    if flag.code != "possible_duplicate":
        return True
    other = unit.by_id.get(UUID(flag.by or ""))
    return other is not None and may_see(client, other)
