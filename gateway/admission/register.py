"""A first post: a new dossier, the same one again, or one that is known to somebody else."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from uuid_utils.compat import uuid7

from gateway.access.may import helps, may_see
from gateway.access.principals import Principal
from gateway.admission import claims, match
from gateway.admission.catalogue import pin_procedure
from gateway.admission.decisions import Decided, decided, denied, digest_of, refused
from gateway.admission.diff import differing
from gateway.admission.requests import RecordSnapshot, RegisterDossier
from gateway.admission.unit_of_work import UnitOfWork
from gateway.dossiers import outbox
from gateway.dossiers.record import DossierRecord, Source, millis
from gateway.dossiers.systems import Systems, numbering
from gateway.rules.beginning import begin
from gateway.rules.history import Version
from gateway.rules.owners import agreement
from gateway.rules.times import impossible
from gateway.words.fault import Fault
from schemas.base import VIETNAM
from schemas.dossier import Content, NewDossier, Quality
from schemas.identifiers import identity_of


def register(unit: UnitOfWork, command: RegisterDossier) -> Decided:
    """Open a dossier; the same post again changes nothing; a known code joins."""
    record = unit.by_ref.get((command.client.id, command.content.source.ref))
    if record is not None:
        return _again(unit, record, command)
    return file(unit, command, command.content)


def file(
    unit: UnitOfWork, command: RegisterDossier | RecordSnapshot, content: NewDossier
) -> Decided:
    """Join the dossier that is meant, or open one; what is contested is a claim of it."""
    found = match.match(unit, command, content)
    if found.record is not None:
        faults = tuple(impossible(content, unit.now))
        return refused(faults) if faults else match.join(unit, command, content, found)
    own = _undisputed(unit, command, content, found.contested)
    return open_new(unit, command, claims.with_known(own))


def _undisputed(
    unit: UnitOfWork,
    command: RegisterDossier | RecordSnapshot,
    content: NewDossier,
    contested: Sequence[claims.Claim],
) -> NewDossier:
    """Set aside the codes that somebody else has; what a system itself issued is its own."""
    codes = {claim.code for claim in contested if command.system and claim.system == command.system}
    own = {claim for claim in contested if claim.code in codes}
    for claim in own:
        for record in list(unit.by_code.get((command.client.environment, claim.code), ())):
            claims.give_way(unit, record, command.system or "", claim.code)
    return claims.set_aside(content, [claim for claim in contested if claim not in own])


def open_new(
    unit: UnitOfWork, command: RegisterDossier | RecordSnapshot, content: NewDossier
) -> Decided:
    """Begin a dossier; one of a system is never refused for its procedure."""
    procedures = unit.systems.procedures
    if (
        procedures.complete
        and command.system is None
        and not procedures.knows(content.procedure.code)
    ):
        return denied(422, "invalid", [Fault("unknown_procedure", "/procedure/code")])
    sequence = sequence_of(unit.systems, content)
    if sequence is not None:
        content = content.model_copy(update={"official_code": _next_code(unit, sequence)})
    versions = begin(
        content,
        id=uuid7(),
        environment=command.client.environment,
        now=unit.now,
        flags=command.flags,
    )
    faults = [one for one in versions if isinstance(one, Fault)]
    if faults:
        return denied(422, "invalid", faults)
    if sequence is not None:
        unit.draw(sequence)  # only now: a number that a refused post had would be missing for ever
    made = [one for one in versions if isinstance(one, Version)]
    record = DossierRecord(
        made[-1].dossier.id, command.client.id, content.source.ref, command.digest
    )
    # What a system pushes, or an officer files, is the agency's: neither of them keeps it.
    record.by_agency = command.client.sort != "client" or helps(command.client, content)
    if isinstance(command, RecordSnapshot) and content.source.as_of is not None:
        record.as_of = millis(content.source.as_of)
    born = content.origin.system if content.origin is not None else None
    for number, version in enumerate(made):
        record.add(
            version,
            origin=command.system or (born if number == 0 else None),
            digest=digest_of(version),
            client=command.client.id,
        )
    pin_procedure(record, procedures)
    _flag_twins(unit, record, command.client)
    outbox.route(record, unit.systems, unit.millis, content.known_in, bulk=unit.bulk)
    unit.put(record)
    return decided(record, 201, {"created": True})


def surer(
    unit: UnitOfWork,
    record: DossierRecord,
    source: Source,
    command: RegisterDossier | RecordSnapshot,
) -> Decided | None:
    """See whether a statement says more of a citizen who might be this one; None: it is sure now.

    One that is somebody else gets a dossier of its own.
    """
    said = command.content
    new = NewDossier(**{name: getattr(said, name) for name in said.model_fields_set})
    agreed = agreement(new.owner, record.dossier.owner)
    if agreed == "same":
        source.verified, source.digest, record.touched = True, command.digest, True
        match.add_codes(unit, record, command, new)
        unit.route(record)
        return None
    if agreed == "other":
        del record.joined[source.client]
        record.parted.append(source)
        record.touched = True
        del unit.by_ref[source.client, source.ref]
        return file(unit, command, new)
    if new.source.as_of is not None:
        source.as_of = millis(new.source.as_of)
    record.touched = True
    source.digest = command.digest
    return match.keep_unsure(unit, record, command, new)


def _again(unit: UnitOfWork, record: DossierRecord, command: RegisterDossier) -> Decided:
    """Answer the same post once more as before; refuse another one under its name."""
    source = record.joined.get(command.client.id)
    held = source.digest if source is not None else record.digest
    if source is not None and not source.verified:
        if held == command.digest:
            return match.unsure(record, command.content)
        found = surer(unit, record, source, command)
        return found or decided(record, 200, {"created": False, "joined": True})
    if held == command.digest:
        more: dict[str, Any] = {"created": False} | ({"joined": True} if source is not None else {})
        if record.merged_into is not None:
            more["merged_into"] = str(record.merged_into)
        return decided(record, 200, more, "repeated")
    faults = differing(command.content, record.dossier, record.history)
    if source is not None:  # its own ref is its own
        others = [one for one in faults if not one.pointer.startswith("/source/")]
        faults = others or [Fault("differs", "/source/ref")]
    return denied(409, "ref_reused", faults, {"id": str(record.id)})


def _next_code(unit: UnitOfWork, sequence: str) -> str:
    """Give the next official code of an agency's day, as the gateway numbers them."""
    _, agency, day = sequence.split(":")
    return f"{agency}-{day}-{unit.last_drawn(sequence) + 1:04d}"


def sequence_of(systems: Systems, content: Content) -> str | None:
    """Name the sequence that gives this dossier its official code; None: it has or gets another."""
    agency = numbering(content)
    if content.official_code is not None or agency.code is None:
        return None
    if systems.allocator_of(agency.code) != "gateway":
        return None
    day = (content.received_at or content.submitted_at).astimezone(VIETNAM).strftime("%y%m%d")
    return f"code:{agency.code}:{day}"


def twin_of(content: Content) -> bytes | None:
    """Hash what two posts of one and the same request have in common; None: no number is known."""
    identity = identity_of(content.owner)
    agency = content.agencies.competent.code or content.agencies.competent.name
    if identity is None:
        return None
    text = "\n".join((identity.number, content.procedure.code, agency or ""))
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _flag_twins(unit: UnitOfWork, record: DossierRecord, client: Principal) -> None:
    """Flag a dossier that may be one we have under another code; it is never merged by itself.

    Of several, one that the client may read is named, the youngest; another would be left out.
    """
    record.twin = twin_of(record.dossier)
    if record.twin is None:
        return
    others = unit.twins.setdefault((record.twin, record.dossier.environment), [])
    known = [one for one in others if one in unit.by_id and may_see(client, unit.by_id[one])]
    other = next(reversed(known or others), None)
    others.append(record.id)
    if other is not None:
        flag = Quality(code="possible_duplicate", since=unit.now, by=str(other))
        last = record.recorded[-1]
        head = record.dossier
        record.head = head.model_copy(update={"data_quality": (*head.data_quality, flag)})
        last.dossier = record.head
