"""The same dossier known to two sources: the second joins, and its differences are evidence."""

from __future__ import annotations

import hashlib
from typing import Any

from gateway.access.may import may_file
from gateway.admission.decisions import Decided, decided, denied, digest_of
from gateway.admission.diff import differing
from gateway.admission.requests import RecordSnapshot, RegisterDossier
from gateway.admission.unit_of_work import UnitOfWork
from gateway.dossiers.evidence import Evidence
from gateway.dossiers.record import DossierRecord, Source, known_codes, millis
from gateway.rules.history import Version, follow
from gateway.words.fault import Fault
from schemas.dossier import Content, NewDossier
from schemas.event import NewEvent, OtherCode
from schemas.status import Kind

TELLING = frozenset({"official", "portal", "interlinked"})
"""Kinds of codes that name one dossier in the whole country; a local one names one per office."""


def codes_of(content: Content) -> list[tuple[str, str]]:
    """Give the codes by which this may be known to somebody else, with their pointers."""
    found = []
    if content.official_code is not None:
        found.append((content.official_code, "/official_code"))
    if content.origin is not None and content.origin.code is not None:
        found.append((content.origin.code, "/origin/code"))
    found += [
        (code.value, f"/codes/{index}/value")
        for index, code in enumerate(content.codes)
        if code.kind in TELLING
    ]
    return found


def join(
    unit: UnitOfWork, command: RegisterDossier | RecordSnapshot, content: NewDossier
) -> Decided | None:
    """Join a dossier whose code is known; None: it is known to nobody."""
    for code, pointer in codes_of(content):
        for record in unit.by_code.get((command.client.environment, code), ()):
            kind = known_codes(record.dossier).get(code) or record.codes.get(code, "")
            if kind in TELLING and record.merged_into is None:
                return _join(unit, record, command, content, pointer)
    return None


def _join(
    unit: UnitOfWork,
    record: DossierRecord,
    command: RegisterDossier | RecordSnapshot,
    content: NewDossier,
    pointer: str,
) -> Decided:
    if record.knows(command.client.id):
        return denied(409, "code_taken", [Fault("code_taken", pointer)], {"id": str(record.id)})
    if not may_file(command.client, record.dossier):
        return denied(409, "code_taken", [Fault("code_taken", pointer)])
    source = Source(command.client.id, content.source.ref, command.digest, new=True)
    if content.source.as_of is not None:
        source.as_of = millis(content.source.as_of)
    record.joined[command.client.id] = source
    record.touched = True
    _add_codes(unit, record, command, content)
    fields = [
        at for at in differing(content, record.dossier) if at and not at.startswith("/source")
    ]
    if content.status is not record.dossier.status:
        fields.append("/status")
    if fields:
        keep_difference(unit, record, command, fields, content.model_dump(mode="json"))
    unit.route(record)
    return decided(record, 200, {"created": False, "joined": True, "differs": fields})


def _add_codes(
    unit: UnitOfWork,
    record: DossierRecord,
    command: RegisterDossier | RecordSnapshot,
    content: NewDossier,
) -> None:
    """Keep all codes of both sides."""
    held = known_codes(record.dossier)
    new = [code for code in content.codes if code.value not in held]
    official = content.official_code
    if official is not None and official not in held and record.dossier.official_code is not None:
        new.append(OtherCode(value=official, kind="other", issuer=command.client.name[:100]))
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
    version = follow(record.dossier, record.history, event, now=unit.now)
    if isinstance(version, Version):
        record.add(
            version, origin=command.system, digest=digest_of(version), client=command.client.id
        )


def keep_difference(
    unit: UnitOfWork,
    record: DossierRecord,
    command: RegisterDossier | RecordSnapshot,
    fields: list[str],
    body: dict[str, Any],
) -> None:
    """Keep what a further source says otherwise; the same difference is kept once."""
    said = hashlib.sha256(repr(sorted(fields)).encode() + command.digest).hexdigest()[:16]
    unit.evidence.append(
        Evidence(
            source=f"client:{command.client.id}",
            ref=f"{command.content.source.ref}:{said}",
            why="differs",
            at=unit.millis,
            dossier_id=record.id,
            pointers=tuple(fields[:20]),
            body=body,
        )
    )
