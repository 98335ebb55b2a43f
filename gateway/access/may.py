"""Who may do what to which dossier: the one place that answers it.

`visibility.visible` says in SQL what `may_see` says here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gateway.access.principals import Principal
from gateway.access.roles import Reach, Right
from gateway.dossiers.record import DossierRecord, Whose
from gateway.rules.codes import unit_of
from schemas.dossier import Content, Dossier
from schemas.status import Kind

NEEDED: Mapping[Kind, Right] = MappingProxyType(
    {
        Kind.CORRECTED: Right.CORRECT,
        Kind.DUE_CHANGED: Right.CORRECT,
        Kind.LINKED: Right.CORRECT,
        Kind.TRANSFERRED: Right.HAND_OVER,
        Kind.VOIDED: Right.VOID,
    }
)
"""What whoever tells of such a thing must have; the other kinds need the right to file, and move a
state only for its owner."""


BY_AGENCY = "agency"
"""As owner of a state: whoever serves the competent agency."""


def may_file(principal: Principal, content: Content | Dossier) -> bool:
    """Say whether one serves the competent or the receiving agency, or may help the competent one.

    Help is given near the citizen's home: the agency that helps is the principal's own.
    """
    agencies = content.agencies
    competent, helped = agencies.competent, agencies.helped
    codes = [ref.code for ref in (competent, agencies.receiving) if ref is not None]
    if principal.may_speak_for(*codes):
        return True
    own = helped is not None and principal.may_speak_for(helped.code)
    return own and principal.may_help(competent.code)


def helps(principal: Principal, content: Content | Dossier) -> bool:
    """Say whether one files for a competent agency that is not its own, near a citizen's home."""
    helped, competent = content.agencies.helped, content.agencies.competent
    return (
        helped is not None
        and principal.may_speak_for(helped.code)
        and not principal.may_speak_for(competent.code)
        and principal.may_help(competent.code)
    )


def may_claim(principal: Principal, code: str) -> bool:
    """Say whether one may state an official code: of its own units, or one that names no unit."""
    unit = unit_of(code)
    return unit is None or principal.sort == "system" or principal.may_speak_for(unit)


def may_see(principal: Principal, record: DossierRecord, right: Right = Right.BODIES) -> bool:
    """Say whether one may know of a dossier, as far as a right of it reaches."""
    return may_know(principal, record.whose, right)


def may_know(principal: Principal, whose: Whose, right: Right) -> bool:
    """Say the same of a dossier whose content has not been read."""
    reach = principal.reach(right)
    if whose.environment != principal.environment or reach is Reach.NONE:
        return False
    if reach >= Reach.ALL_WITH_REASON:
        return True
    places = (whose.competent, whose.receiving)
    if reach is Reach.AGENCY and principal.may_speak_for(*places, whose.helped):
        return True
    if principal.id == whose.owner or whose.sources.get(principal.id, False):
        return True
    return whose.by_agency and principal.may_speak_for(*places)


def may_change(
    principal: Principal, record: DossierRecord, right: Right, owner: str | None
) -> bool:
    """Say whether one may correct, void, merge or hand over a dossier.

    owner: who owns its state: `client:NUMBER`, `system:NAME`, or nobody yet
    """
    reach = principal.reach(right)
    if reach >= Reach.ALL_WITH_REASON or reach is Reach.NONE:
        return reach is not Reach.NONE
    if reach is Reach.AGENCY:
        return serves(principal, record.dossier)
    if not record.by_agency:
        return principal.id == record.owner or owner == f"client:{principal.id}"
    return owner == f"client:{principal.id}" or (
        _no_client(owner) and decides(principal, record.dossier)
    )


def _no_client(owner: str | None) -> bool:
    """Say whether no client owns a state: those who serve the agency act for it."""
    return owner in {None, BY_AGENCY} or str(owner).startswith("system:")


def serves(principal: Principal, dossier: Content | Dossier) -> bool:
    """Say whether a dossier was helped, received or is to be decided in somebody's agencies."""
    agencies = dossier.agencies
    refs = (agencies.competent, agencies.receiving, agencies.helped)
    return principal.may_speak_for(*(ref.code for ref in refs if ref is not None))


def decides(principal: Principal, dossier: Content | Dossier) -> bool:
    """Say whether somebody serves the agency that a dossier belongs to: where it is decided.

    That is the one where it was received too, unless that one only helped.
    """
    agencies = dossier.agencies
    refs = [agencies.competent]
    if agencies.receiving is not None and agencies.receiving != agencies.helped:
        refs.append(agencies.receiving)
    return principal.may_speak_for(*(ref.code for ref in refs))
