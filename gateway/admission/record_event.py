"""A further event of a known dossier."""

from __future__ import annotations

from gateway.access.may import BY_AGENCY, NEEDED, decides, may_change, may_claim, may_see
from gateway.access.roles import Right
from gateway.admission import claims
from gateway.admission.decisions import Decided, decided, denied, refused
from gateway.admission.diff import differing_event
from gateway.admission.requests import RecordEvent
from gateway.admission.unit_of_work import UnitOfWork
from gateway.dossiers.evidence import Evidence
from gateway.dossiers.record import DossierRecord, Source
from gateway.rules.history import Version
from gateway.words.fault import Fault
from schemas.event import NewEvent


def record_event(unit: UnitOfWork, command: RecordEvent) -> Decided:
    """Take an event."""
    record = unit.by_id.get(command.dossier)
    if record is None or not _may_know(command, record):
        return denied(404, "no_such_dossier")
    answered = _answered(record, command) or _not_allowed(unit, record, command)
    if answered is not None:
        return answered
    event = _undisputed(unit, record, command)
    version = record.follow(event, now=unit.now, flags=command.flags)
    if isinstance(version, tuple):
        return refused(version)
    barred = _fixed(record, version) or _misclaimed(record, command, version)
    if barred is None and version.dossier.status is not record.dossier.status:
        barred = _not_theirs(unit, record, command)
    if barred is not None:
        return barred
    _come_in(record, command)
    record.add(version, origin=None, digest=command.digest, client=command.client.id)
    unit.route(record)
    return decided(record, 201, {"event": version.event.seq})


def _answered(record: DossierRecord, command: RecordEvent) -> Decided | None:
    """Answer what needs no look at what the event says: repeats, and dossiers that take none."""
    source = record.joined.get(command.client.id)
    if source is not None and not source.verified:
        return denied(409, "owner_unverified")
    if record.merged_into is not None:
        return denied(409, "merged", more={"merged_into": str(record.merged_into)})
    same = next((past for past in record.recorded if past.event.ref == command.event.ref), None)
    if same is not None:
        if same.digest == command.digest:
            return decided(record, 200, {"event": same.event.seq}, "repeated")
        fields = differing_event(command.event, same.event)
        faults = [Fault("differs", at) for at in fields]
        return denied(409, "event_ref_reused", faults, {"event": same.event.seq})
    if command.expected_version not in (None, record.dossier.version):
        return denied(409, "version_conflict", more={"version": record.dossier.version})
    return None


def _fixed(record: DossierRecord, version: Version) -> Decided | None:
    """Bar what would change an official code that a system was told, in whatever way."""
    if not fixed(record, version.dossier.official_code):
        return None
    pointer = "/supersedes" if version.event.patch is None else "/patch/official_code"
    return denied(409, "code_fixed", [Fault("code_told", pointer)])


def fixed(record: DossierRecord, new: str | None) -> bool:
    """Say whether another code would take the place of one that a system was told."""
    code = record.dossier.official_code
    if code is None or new == code:
        return False
    named = (one.seq for one in record.history if _brings(one, code))
    since = max(named, default=1)
    return any(lane.told_seq >= since and not lane.born_here for lane in record.lanes.values())


def _brings(event: NewEvent, code: str) -> bool:
    return code in {event.official_code, (event.patch or {}).get("official_code")}


def _may_know(command: RecordEvent, record: DossierRecord) -> bool:
    """Say whether one may tell of a dossier at all; whoever joined it unsure may, as evidence."""
    if record.dossier.environment != command.client.environment:
        return False
    return record.knows(command.client.id) or may_see(command.client, record, Right.FILE)


def _come_in(record: DossierRecord, command: RecordEvent) -> None:
    """Make the client that acts on a dossier of its agency a source of it."""
    if not record.knows(command.client.id) and command.client.sort == "client":
        record.joined[command.client.id] = Source(
            command.client.id, str(record.id), command.digest, new=True
        )


def _not_allowed(unit: UnitOfWork, record: DossierRecord, command: RecordEvent) -> Decided | None:
    """Bar whoever may not say such a thing of this dossier (`access.may.NEEDED`)."""
    right = NEEDED.get(command.event.kind)
    if command.event.patch is not None or command.event.supersedes is not None:
        right = Right.CORRECT
    if right is None or may_change(command.client, record, right, unit.owner_of_status(record)):
        return None
    return denied(403, "not_yours", [Fault("not_yours", "/kind", {"right": right.value})])


def _undisputed(unit: UnitOfWork, record: DossierRecord, command: RecordEvent) -> NewEvent:
    """Set an official code aside that another dossier has: the rest of the event is taken."""
    event = command.event
    code = event.official_code or (event.patch or {}).get("official_code")
    if not isinstance(code, str) or code == record.dossier.official_code:
        return event
    claim = claims.Claim(code, "/official_code", "official")
    if not may_claim(command.client, code) or not claims.contested(unit, record, [claim]):
        return event
    return claims.set_aside_event(event, record.dossier, code)


def _misclaimed(record: DossierRecord, command: RecordEvent, version: Version) -> Decided | None:
    """Bar an official code of another unit."""
    code = version.dossier.official_code
    if code is None or code == record.dossier.official_code or may_claim(command.client, code):
        return None
    pointer = "/official_code" if command.event.official_code else "/patch/official_code"
    return denied(403, "forbidden_code", [Fault("code_of_another_unit", pointer)])


def _not_theirs(unit: UnitOfWork, record: DossierRecord, command: RecordEvent) -> Decided | None:
    """Bar a client from moving a state that somebody else owns."""
    owner = unit.owner_of_status(record)
    if owner is None or owner == f"client:{command.client.id}":
        return None
    if owner == BY_AGENCY and decides(command.client, record.dossier):
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
