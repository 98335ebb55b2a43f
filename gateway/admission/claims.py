"""Codes as claims: whoever states one says that it is its own; nothing more is known (law 17)."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.admission.decisions import digest_of
from gateway.admission.unit_of_work import UnitOfWork
from gateway.dossiers.record import DossierRecord, known_codes
from gateway.rules.codes import is_code, is_official
from gateway.rules.history import Version
from schemas.dossier import Content, Dossier, NewDossier
from schemas.event import NewEvent, OtherCode
from schemas.outcome import Remote
from schemas.status import Kind

TELLING = frozenset({"official", "portal", "interlinked"})
"""Kinds of codes that name one dossier in the whole country; a local one names one per office."""
DOUBTFUL = frozenset({"other", "claimed"})
"""Kinds that may name a dossier, and never join anybody who does not surely mean the same one."""
GATEWAY = "gateway"


@dataclass(frozen=True, slots=True)
class Claim:
    """A code by which a dossier may be known to somebody else. system: whose name for it it is."""

    code: str
    pointer: str
    kind: str
    system: str | None = None


def claims_of(content: Content | Dossier) -> list[Claim]:
    """Give the claims that a statement makes, the official code first."""
    found = []
    if content.official_code is not None:
        found.append(Claim(content.official_code, "/official_code", "official"))
    origin = content.origin
    if origin is not None and origin.code is not None:
        found.append(Claim(origin.code, "/origin/code", "portal", origin.system))
    if isinstance(content, NewDossier):
        found += [
            Claim(known.ref, f"/known_in/{index}/ref", "portal", known.system)
            for index, known in enumerate(content.known_in)
            if known.ref is not None
        ]
    found += [
        Claim(code.value, f"/codes/{index}/value", code.kind, code.issuer)
        for index, code in enumerate(content.codes)
        if code.kind in TELLING
    ]
    return [claim for claim in found if is_code(claim.code)]


def rivals(unit: UnitOfWork, record: DossierRecord) -> list[Claim]:
    """Give those claims of a dossier that another open dossier makes too: both are flagged."""
    stated = claims_of(record.dossier) + [
        Claim(code.value, f"/codes/{index}/value", code.kind)
        for index, code in enumerate(record.dossier.codes)
        if code.kind == "claimed"
    ]
    return [
        claim
        for claim in stated
        if any(kind_of(other, claim.code) in CONTESTING for other in _others(unit, record, claim))
    ]


def contested(unit: UnitOfWork, record: DossierRecord, claims: list[Claim]) -> list[Claim]:
    """Give those claims that a dossier may not make good: another one has them."""
    return [
        claim
        for claim in claims
        if any(bars(unit, other, claim) for other in _others(unit, record, claim))
    ]


def _others(unit: UnitOfWork, record: DossierRecord, claim: Claim) -> list[DossierRecord]:
    found = unit.by_code.get((record.dossier.environment, claim.code), ())
    return [other for other in found if other is not record and is_open(other)]


def bars(unit: UnitOfWork, other: DossierRecord, claim: Claim) -> bool:
    """Say whether a dossier has a code so that no other one gets it.

    An official code is only stated by whoever serves its unit: what anybody else says of it bars
    nobody, unless a system has it so.
    """
    kind = kind_of(other, claim.code)
    if kind not in TELLING:
        return False
    if claim.kind != "official" or kind == "official" or not is_official(claim.code):
        return True
    return any(holds(unit, other, one.name, claim.code) for one in unit.systems.all)


CONTESTING = TELLING | {"claimed"}


def is_open(record: DossierRecord) -> bool:
    """Say whether a dossier still stands for itself."""
    return record.merged_into is None and not record.dossier.voided


def kind_of(record: DossierRecord, code: str) -> str:
    """Say as what a dossier has a code; empty: it has it no more."""
    return known_codes(record.dossier).get(code) or record.codes.get(code, "")


def issued(unit: UnitOfWork, record: DossierRecord, system: str) -> bool:
    """Say whether a system itself brought this dossier, or surely means the same one."""
    account = unit.accounts.get(system)
    return account is not None and record.is_source(account.id)


def holds(unit: UnitOfWork, record: DossierRecord, system: str, code: str) -> bool:
    """Say whether a system has a dossier under a code by more than somebody's word.

    It issued the code, or its lane was told of the dossier under it, or the code is an official one
    that names a unit: those are only claimed by whoever serves the unit.
    """
    if issued(unit, record, system):
        return True
    if record.dossier.official_code == code and is_official(code):
        return True
    number = next((one.id for one in unit.systems.all if one.name == system), -1)
    lane = record.lanes.get(number)
    if lane is None or lane.told_seq == 0 or lane.born_here:
        return False
    if any(one.value == code and one.issuer == system for one in record.dossier.codes):
        return False  # only said to be there, when the dossier was taken over
    return code in {lane.remote.id, record.dossier.official_code}


def set_aside(content: NewDossier, contested: list[Claim]) -> NewDossier:
    """State contested codes as what they are: claims, under which nothing is told to anybody."""
    pointers = {claim.pointer for claim in contested}
    values = {claim.code for claim in contested}
    change: dict[str, object] = {}
    if "/official_code" in pointers:
        change["official_code"] = None
    if "/origin/code" in pointers and content.origin is not None:
        change["origin"] = content.origin.model_copy(update={"code": None})
    change["known_in"] = tuple(
        known for known in content.known_in if known.ref is None or known.ref not in values
    )
    change["codes"] = with_claimed(
        tuple(code for code in content.codes if code.value not in values), contested
    )
    return content.model_copy(update=change)


def set_aside_event(event: NewEvent, head: Dossier, code: str) -> NewEvent:
    """Let an event state a contested official code as a claim; all else that it says stays."""
    known = {one.value for one in head.codes}
    new = () if code in known else with_claimed((), [Claim(code, "", "official")])
    if event.patch is None or "official_code" not in event.patch:
        return event.model_copy(update={"official_code": None, "codes": (*event.codes, *new)})
    patch = {name: value for name, value in event.patch.items() if name != "official_code"}
    held = [one.model_dump(mode="json", exclude_none=True) for one in (*head.codes, *new)]
    patch.setdefault("codes", held)
    return event.model_copy(update={"official_code": None, "patch": patch})


def with_known(content: NewDossier) -> NewDossier:
    """Keep under which names systems are said to know a dossier that is taken over."""
    held = {claim.code for claim in claims_of(content) if not claim.pointer.startswith("/known_in")}
    new = [
        OtherCode(value=known.ref, kind="portal", issuer=known.system)
        for known in content.known_in
        if known.ref is not None and known.ref not in held
    ]
    return content.model_copy(update={"codes": (*content.codes, *new)}) if new else content


def with_claimed(codes: tuple[OtherCode, ...], contested: list[Claim]) -> tuple[OtherCode, ...]:
    """Add contested codes to a list of codes, each once."""
    values = dict.fromkeys(claim.code for claim in contested)
    return (*codes, *(OtherCode(value=value, kind="claimed") for value in values))


def give_way(unit: UnitOfWork, record: DossierRecord, system: str, code: str) -> None:
    """Make a client's word for a system's code a claim again: that system says whose it is.

    Its lane forgets the name too, or what it has to say would be said of somebody else's dossier.
    """
    if holds(unit, record, system, code) or kind_of(record, code) not in TELLING:
        return
    head = record.dossier
    patch: dict[str, object] = {}
    if head.origin is not None and head.origin.code == code:
        patch["origin"] = {"code": None}
    kept = tuple(one for one in head.codes if one.value != code)
    claimed = with_claimed(kept, [Claim(code, "", "portal")])
    patch["codes"] = [one.model_dump(mode="json", exclude_none=True) for one in claimed]
    event = NewEvent(
        ref=f"contested-{code}"[:100],
        kind=Kind.CORRECTED,
        occurred_at=unit.now,
        patch=patch,
        reason=f"{system}: mã này thuộc hồ sơ khác",
        target=system,
    )
    version = record.follow(event, now=unit.now)
    if isinstance(version, Version):
        record.add(version, origin=GATEWAY, digest=digest_of(version))
    for one in unit.systems.all:
        lane = record.lanes.get(one.id)
        if one.name == system and lane is not None and lane.remote.id == code:
            lane.remote, lane.born_here, lane.changed = Remote(), False, True
    unit.route(record)
