"""The same dossier known to two sources: whether it is the same, and what then becomes of it.

    owners   same procedure   both serve it   what becomes of the second
    same     yes              yes             joins: a further source; differences are evidence
    unknown  yes, and agency  yes             joins as evidence, and reads nothing until it is sure
    else                                      a dossier of its own, and a conflict for a human

Nobody is turned away for what somebody else said first, so that no citizen's dossier is nowhere.
Only one client that states one and the same dossier under two refs is told so.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

from gateway.access.may import may_file
from gateway.admission.claims import (
    DOUBTFUL,
    TELLING,
    Claim,
    bars,
    claims_of,
    holds,
    is_open,
    kind_of,
    set_aside,
)
from gateway.admission.decisions import Decided, decided, denied, digest_of
from gateway.admission.requests import RecordSnapshot, RegisterDossier
from gateway.admission.unit_of_work import UnitOfWork
from gateway.dossiers.evidence import Evidence
from gateway.dossiers.record import DossierRecord, Source, known_codes, millis
from gateway.rules.agencies import path_of, within
from gateway.rules.codes import is_official
from gateway.rules.history import Version
from gateway.rules.owners import agreement
from gateway.rules.snapshot import aside
from gateway.words.fault import Fault
from schemas.dossier import Content, NewDossier
from schemas.event import NewEvent, OtherCode
from schemas.status import Kind

Filing = RegisterDossier | RecordSnapshot
Answer = Literal["joins", "unsure", "taken", "conflict", "none"]


@dataclass(frozen=True, slots=True)
class Match:
    """What a statement's codes lead to.

    record: the dossier that it joins or repeats, under `claim`
    contested: the claims that belong to somebody else, where it becomes a dossier of its own
    """

    answer: Answer = "none"
    record: DossierRecord | None = None
    claim: Claim | None = None
    contested: tuple[Claim, ...] = ()


def match(unit: UnitOfWork, command: Filing, content: NewDossier) -> Match:
    """Find whether a statement means a dossier that is known under one of its codes."""
    place = command.client.environment
    contested: list[Claim] = []
    found: dict[Answer, Match] = {}
    for claim in claims_of(content):
        for record in unit.by_code.get((place, claim.code), ()):
            answer = judge(unit, command, content, record, claim)
            if answer == "conflict":
                contested.append(claim)
            elif answer != "none":
                found.setdefault(answer, Match(answer, record, claim))
    others = tuple(dict.fromkeys(contested))
    known = found.get("joins") or found.get("taken")
    if known is not None:
        return Match(known.answer, known.record, known.claim, others)
    return Match("conflict", contested=others) if others else found.get("unsure", Match())


def judge(
    unit: UnitOfWork, command: Filing, content: NewDossier, record: DossierRecord, claim: Claim
) -> Answer:
    """Say what a statement is to one dossier that has one of its codes."""
    kind = kind_of(record, claim.code)
    if not is_open(record) or kind not in TELLING | DOUBTFUL:
        return "none"
    agreed = agreement(content.owner, record.dossier.owner)
    known = command.system is not None and holds(unit, record, command.system, claim.code)
    if known and agreed == "unknown":
        agreed = "same"  # it needs no owner for what it issued, or has under this very code
    covered = may_file(command.client, record.dossier) and _one_place(content, record.dossier)
    one_procedure = _one_procedure(content, record.dossier)
    mine = record.knows(command.client.id)
    if agreed == "same" and one_procedure and (covered or known or mine):
        return "taken" if mine else "joins"
    if not bars(unit, record, claim):
        return "none"
    sure_code = is_official(claim.code)
    place = content.agencies.competent.code
    one_place = place is not None and place == record.dossier.agencies.competent.code
    if agreed == "unknown" and one_procedure and one_place and covered and sure_code:
        return "taken" if mine else "unsure"
    return "conflict"


def _one_procedure(left: Content, right: Content) -> bool:
    return left.procedure.code == right.procedure.code


def _one_place(left: Content, right: Content) -> bool:
    """Say whether two competent agencies may be one: equal, one below the other, or not comparable.

    A code of one generation is never converted into one of the other.
    """
    one, two = left.agencies.competent, right.agencies.competent
    if one.code is None or two.code is None:
        return one.name is None or two.name is None or one.name.casefold() == two.name.casefold()
    if path_of(one.code)[0] != path_of(two.code)[0]:
        return True
    return within(one.code, two.code) or within(two.code, one.code)


def join(unit: UnitOfWork, command: Filing, content: NewDossier, found: Match) -> Decided:
    """Make whoever states a known dossier a further source of it."""
    record, claim = found.record, found.claim
    if record is None or claim is None:
        raise ValueError("nothing to join")
    if found.answer == "taken":
        more = {"id": str(record.id)} if record.is_source(command.client.id) else {}
        return denied(409, "code_taken", [Fault("code_taken", claim.pointer)], more)
    source = Source(command.client.id, content.source.ref, command.digest, new=True)
    source.verified = found.answer == "joins"
    if content.source.as_of is not None:
        source.as_of = millis(content.source.as_of)
    record.joined[command.client.id] = source
    record.touched = True
    if not source.verified:
        unit.put(record)
        return keep_unsure(unit, record, command, content)
    add_codes(unit, record, command, content, found.contested)
    fields = aside(record.dossier, content)
    if fields:
        said = content.model_dump(mode="json", exclude_none=True, exclude_unset=True)
        keep_difference(unit, record, command, fields, said)
    unit.route(record)
    joined = decided(record, 200, {"created": False, "joined": True, "differs": fields})
    joined.aside = content
    return joined


def keep_unsure(
    unit: UnitOfWork, record: DossierRecord, command: Filing, content: Content
) -> Decided:
    """Keep what is said of a citizen who may be this one: whole, and shown to nobody else."""
    keep_difference(
        unit,
        record,
        command,
        ["/owner"],
        content.model_dump(mode="json", exclude_none=True),
        why="owner_unverified",
    )
    return unsure(record, content)


def unsure(record: DossierRecord, content: Content) -> Decided:
    """Answer with nothing but what was said: the dossier is not read by whoever may not be it."""
    more = {"created": False, "joined": True, "evidence": True}
    found = decided(record, 202, more, "evidence")
    found.stated = content
    return found


def add_codes(
    unit: UnitOfWork,
    record: DossierRecord,
    command: Filing,
    content: NewDossier,
    contested: tuple[Claim, ...] = (),
) -> None:
    """Keep all codes of both sides; contested ones as claims."""
    content = set_aside(content, list(contested))
    held = known_codes(record.dossier)
    new = [code for code in content.codes if code.value not in held]
    official = content.official_code
    if official is not None and official not in held and record.dossier.official_code is not None:
        new.append(OtherCode(value=official, kind="other", issuer=command.client.name[:100]))
    origin = content.origin
    if command.system is not None and origin is not None and origin.code not in {None, *held}:
        new.append(OtherCode(value=origin.code or "", kind="portal", issuer=command.system[:100]))
    fills = official if record.dossier.official_code is None else None
    if not new and fills is None:
        return
    event = NewEvent(
        ref=f"joined-{command.client.id}",
        kind=Kind.LINKED,
        occurred_at=unit.now,
        codes=tuple(new),
        official_code=fills,
        target=command.client.name[:100],
    )
    version = record.follow(event, now=unit.now)
    if isinstance(version, Version):
        record.add(
            version, origin=command.system, digest=digest_of(version), client=command.client.id
        )


def keep_difference(
    unit: UnitOfWork,
    record: DossierRecord,
    command: Filing,
    fields: list[str],
    body: dict[str, Any],
    *,
    why: str = "differs",
) -> None:
    """Keep what a further source says otherwise; the same difference is kept once."""
    said = hashlib.sha256(repr(sorted(fields)).encode() + _digest(command)).hexdigest()[:16]
    unit.evidence.append(
        Evidence(
            source=f"client:{command.client.id}",
            ref=f"{command.content.source.ref}:{said}",
            why=why,
            at=unit.millis,
            dossier_id=record.id,
            pointers=tuple(fields),
            body=body,
        )
    )


def _digest(command: Filing) -> bytes:
    """Give a digest of what is said; of rows, in whatever night it is said."""
    if not isinstance(command, RecordSnapshot):
        return command.digest
    source = command.content.source.model_copy(update={"as_of": None})
    same = command.content.model_copy(update={"source": source})
    return hashlib.sha256(same.model_dump_json().encode()).digest()


__all__ = ["Match", "add_codes", "join", "keep_difference", "keep_unsure", "match"]
