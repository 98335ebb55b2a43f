"""A further event of a known dossier, and the rows of software that knows no events."""

from __future__ import annotations

import hashlib

from gateway.admission import match
from gateway.admission.diff import differing
from gateway.admission.register import open_new
from gateway.admission.requests import Command, RecordEvent, RecordSnapshot
from gateway.admission.unit_of_work import Decided, UnitOfWork, decided, denied, digest_of
from gateway.dossiers.record import DossierRecord, Source, millis
from gateway.rules.history import follow
from gateway.rules.snapshot import difference
from gateway.store.ledger.evidence import Evidence, known
from gateway.words.fault import Fault
from schemas.dossier import NewDossier
from schemas.event import NewEvent
from schemas.inbound import Word


def event(unit: UnitOfWork, command: RecordEvent) -> Decided:
    """Take an event."""
    record = unit.by_id.get(command.dossier)
    if record is None or not may_see(unit, record, command):
        return denied(404, "no_such_dossier")
    if record.merged_into is not None:
        return denied(409, "merged", more={"merged_into": str(record.merged_into)})
    same = next((past for past in record.recorded if past.event.ref == command.event.ref), None)
    if same is not None:
        if same.digest == command.digest:
            return decided(record, 200, {"event": same.event.seq}, "repeated")
        fields = differing(command.event, same.event)
        return denied(409, "event_ref_reused", [Fault("differs", at) for at in fields])
    if command.expected_version not in (None, record.dossier.version):
        return denied(409, "version_conflict", more={"version": record.dossier.version})
    version = follow(
        record.dossier, record.history, command.event, now=unit.now, flags=command.flags
    )
    if isinstance(version, tuple):
        return refused(version)
    if version.dossier.status is not record.dossier.status:
        barred = _not_theirs(unit, record, command)
        if barred is not None:
            return barred
    _come_in(record, command)
    record.add(version, origin=None, digest=command.digest, client=command.client.id)
    unit.route(record)
    return decided(record, 201, {"event": version.event.seq})


def refused(faults: tuple[Fault, ...]) -> Decided:
    """Refuse what is impossible, or merely wrong."""
    impossible = any(fault.code == "impossible_transition" for fault in faults)
    return denied(409 if impossible else 422, "impossible" if impossible else "invalid", faults)


def may_see(unit: UnitOfWork, record: DossierRecord, command: Command) -> bool:
    """Say whether a client is a source of the dossier, or serves the agency it came in for."""
    if record.dossier.environment != command.client.environment:
        return False
    if record.knows(command.client.id):
        return True
    agencies = record.dossier.agencies
    codes = [ref.code for ref in (agencies.competent, agencies.receiving) if ref is not None]
    return record.owner in unit.systems.newcomers and command.client.may_speak_for(*codes)


def _come_in(record: DossierRecord, command: RecordEvent) -> None:
    """Make whoever acts on a dossier that came from a system a source of it."""
    if not record.knows(command.client.id):
        record.joined[command.client.id] = Source(
            command.client.id, str(record.id), command.digest, new=True
        )


def _not_theirs(unit: UnitOfWork, record: DossierRecord, command: RecordEvent) -> Decided | None:
    """Bar a client from moving a state that somebody else owns."""
    owner = unit.owner_of_status(record)
    if owner is None or owner == f"client:{command.client.id}":
        return None
    if owner.startswith("system:"):
        return denied(409, "status_not_yours", more={"owner": owner.removeprefix("system:")})
    source = f"client:{command.client.id}"
    repeated = bool(known(unit.connection, source, [f"{record.id}:{command.event.ref}"]))
    unit.evidence.append(
        Evidence(
            source=source,
            ref=f"{record.id}:{command.event.ref}",
            why="contradicts",
            at=unit.millis,
            dossier_id=record.id,
            pointers=("/status",),
            body=command.event.model_dump(mode="json", exclude_none=True),
        )
    )
    return decided(record, 200 if repeated else 202, {"evidence": True}, "evidence")


def row(unit: UnitOfWork, command: RecordSnapshot) -> Decided:
    """Take the present state of a dossier."""
    record = unit.by_ref.get((command.client.id, command.content.source.ref))
    if record is None:
        new = NewDossier(**dict(command.content))
        return match.join(unit, command, new) or open_new(unit, command, new)
    as_of = command.content.source.as_of
    if as_of is None:
        return denied(422, "invalid", [Fault("missing", "/source/as_of")])
    source = record.joined.get(command.client.id)
    newest = source.as_of if source is not None else record.as_of
    if newest is not None and millis(as_of) < newest:
        return decided(record, 200, {"stale": True, "events": []}, "stale")
    events = difference(record.dossier, command.content, now=unit.now)
    if events and newest == millis(as_of):
        return denied(409, "snapshot_contradicts", [Fault("differs", "/source/as_of")])
    if source is not None:
        return _second(unit, record, source, command, events)
    return _first(unit, record, command, events)


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
    source: Source,
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
