"""The present state of a dossier, from software that knows rows and no events."""

from __future__ import annotations

import hashlib

from gateway.access.may import decides
from gateway.admission import claims, match
from gateway.admission.decisions import Decided, decided, denied, digest_of
from gateway.admission.register import file, from_the_future, surer
from gateway.admission.requests import RecordSnapshot
from gateway.admission.unit_of_work import UnitOfWork
from gateway.dossiers.record import DossierRecord, Source, millis
from gateway.rules.history import follow
from gateway.rules.snapshot import SEEN, difference
from gateway.words.fault import Fault
from schemas.base import spoken
from schemas.dossier import NewDossier
from schemas.event import NewEvent
from schemas.inbound import Word
from schemas.status import Kind


def record_snapshot(unit: UnitOfWork, command: RecordSnapshot) -> Decided:
    """Take the present state of a dossier."""
    ahead = from_the_future(unit, command)
    if ahead is not None:
        return ahead
    record = unit.by_ref.get((command.client.id, command.content.source.ref))
    if record is None:
        return file(unit, command, NewDossier(**dict(command.content)))
    as_of = command.content.source.as_of
    if as_of is None:
        return denied(422, "invalid", [Fault("missing", "/source/as_of")])
    source = record.joined.get(command.client.id)
    newest = source.as_of if source is not None else record.as_of
    if source is not None and not source.verified:
        found = surer(unit, record, source, command)
        if found is not None:
            return found
    if newest is not None and millis(as_of) < newest:
        return decided(record, 200, {"stale": True, "events": []}, "stale")
    events = _difference(unit, record, command)
    if events and newest == millis(as_of):
        return denied(409, "snapshot_contradicts", [Fault("differs", "/source/as_of")])
    if source is not None or _only_helped(unit, record, command):
        return _second(unit, record, source or record, command, events)
    return _first(unit, record, command, events)


def _difference(
    unit: UnitOfWork, record: DossierRecord, command: RecordSnapshot
) -> tuple[NewEvent, ...]:
    """Say what a row changes; a code that another dossier has is stated as a claim."""
    stated = NewDossier(**dict(command.content))
    contested = claims.contested(unit, record, claims.claims_of(stated))
    claimed = {one.value for one in record.dossier.codes if one.kind == "claimed"}
    if not contested and not claimed:
        return difference(record.dossier, command.content, now=unit.now)
    if not stated.codes:
        kept = (one for one in record.dossier.codes if one.kind != "claimed")
        stated = stated.model_copy(update={"codes": tuple(kept)})
    aside = claims.set_aside(stated, contested)
    row = command.content.model_copy(
        update={name: getattr(aside, name) for name in ("official_code", "origin", "codes")}
    )
    events = difference(record.dossier, row, now=unit.now)
    if row.codes or claimed <= {claim.code for claim in contested}:
        return events
    return _without_claims(events, command)


def _without_claims(events: tuple[NewEvent, ...], command: RecordSnapshot) -> tuple[NewEvent, ...]:
    """Let a row that names no contested code any more take the claim back."""
    patched = [one for one in events if one.patch is not None]
    if patched:
        last = patched[-1]
        more = last.model_copy(update={"patch": {**(last.patch or {}), "codes": []}})
        return tuple(more if one is last else one for one in events)
    as_of = command.content.source.as_of
    if as_of is None:
        return events
    taken_back = NewEvent(
        ref=f"snapshot-{spoken(as_of)}-{len(events) + 1}",
        kind=Kind.CORRECTED,
        occurred_at=as_of,
        patch={"codes": []},
        reason=SEEN,
    )
    return (*events, taken_back)


def _only_helped(unit: UnitOfWork, record: DossierRecord, command: RecordSnapshot) -> bool:
    """Say whether a row comes from whoever took the dossier in for its competent agency."""
    helped = record.by_agency and record.owner not in unit.systems.newcomers
    return helped and not decides(command.client, record.dossier)


def _first(
    unit: UnitOfWork, record: DossierRecord, command: RecordSnapshot, events: tuple[NewEvent, ...]
) -> Decided:
    """Take a row of the source that owns the content; the state may be somebody else's."""
    length, head = len(record.recorded), record.dossier
    added, withheld = [], []
    owns = unit.owner_of_status(record) in (None, unit.voice(command.client.id))
    for new in events:
        version = follow(
            record.dossier, record.history, new, now=unit.now, flags=command.flags, inferred=True
        )
        if isinstance(version, tuple):
            record.go_back(length, head)
            return denied(409, "impossible", version)
        if version.dossier.status is not record.dossier.status and not owns:
            withheld.append(new)
            continue
        record.add(
            version, origin=command.system, digest=digest_of(version), client=command.client.id
        )
        added.append(version.event.seq)
    if withheld:
        _keep_row(unit, record, command, ["/status"])
    record.as_of, record.touched = millis(command.content.source.as_of or unit.now), True
    unit.route(record)
    more = {"stale": False, "events": added} | ({"evidence": True} if withheld else {})
    word: Word = "stored" if added else ("evidence" if withheld else "unchanged")
    return decided(record, 200, more, word)


def _second(
    unit: UnitOfWork,
    record: DossierRecord,
    source: Source | DossierRecord,
    command: RecordSnapshot,
    events: tuple[NewEvent, ...],
) -> Decided:
    """Take a row of a further source: what it says otherwise is evidence."""
    source.as_of, record.touched = millis(command.content.source.as_of or unit.now), True
    if not events:
        return decided(record, 200, {"stale": False, "events": []}, "unchanged")
    fields = [f"/{name}" for one in events for name in (one.patch or {})]
    moved = ["/status"] if command.content.status is not record.dossier.status else []
    _keep_row(unit, record, command, [*moved, *fields] or ["/due"])
    return decided(record, 200, {"stale": False, "events": [], "evidence": True}, "evidence")


def _keep_row(
    unit: UnitOfWork, record: DossierRecord, command: RecordSnapshot, fields: list[str]
) -> None:
    """Keep a row as evidence, once for as long as it says the same."""
    same = command.content.model_copy(
        update={"source": command.content.source.model_copy(update={"as_of": None})}
    )
    digest = hashlib.sha256(same.model_dump_json().encode()).digest()
    match.keep_difference(
        unit,
        record,
        RecordSnapshot(client=command.client, content=command.content, digest=digest),
        fields,
        command.content.model_dump(mode="json", exclude_none=True),
    )
