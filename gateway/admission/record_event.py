"""A further event of a known dossier."""

from __future__ import annotations

from gateway.access.may import may_see
from gateway.admission.decisions import Decided, decided, denied, refused
from gateway.admission.diff import differing
from gateway.admission.requests import RecordEvent
from gateway.admission.unit_of_work import UnitOfWork
from gateway.dossiers.evidence import Evidence
from gateway.dossiers.record import DossierRecord, Source
from gateway.rules.history import follow
from gateway.words.fault import Fault


def record_event(unit: UnitOfWork, command: RecordEvent) -> Decided:
    """Take an event."""
    record = unit.by_id.get(command.dossier)
    if record is None or not may_see(command.client, record, unit.systems.newcomers):
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
    evidence = Evidence(
        source=f"client:{command.client.id}",
        ref=f"{record.id}:{command.event.ref}",
        why="contradicts",
        at=unit.millis,
        dossier_id=record.id,
        pointers=("/status",),
        body=command.event.model_dump(mode="json", exclude_none=True),
    )
    unit.evidence.append(evidence)
    found = decided(record, 202, {"evidence": True}, "evidence")
    found.evidence = evidence
    return found
