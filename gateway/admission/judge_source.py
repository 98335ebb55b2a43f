"""A human says of a source that joined unsure whether it means the same citizen."""

from __future__ import annotations

from gateway.access.may import may_change, may_see
from gateway.access.principals import Principal
from gateway.access.roles import Reach, Right
from gateway.admission import claims
from gateway.admission.decisions import Decided, decided, denied, digest_of
from gateway.admission.register import open_new
from gateway.admission.requests import JudgeSource, RegisterDossier
from gateway.admission.unit_of_work import UnitOfWork
from gateway.dossiers.evidence import Evidence
from gateway.dossiers.record import DossierRecord, Source, known_codes
from gateway.rules.history import Version
from gateway.words.fault import Fault
from schemas.dossier import NewDossier
from schemas.event import NewEvent
from schemas.status import Kind

UNSURE = "owner_unverified"


def judge_source(unit: UnitOfWork, command: JudgeSource) -> Decided:
    """Let the source read and be heard, or open a dossier of its own from what it said."""
    record = unit.by_id.get(command.dossier)
    if record is None or not may_see(command.client, record, Right.MERGE):
        return denied(404, "no_such_dossier")
    if not may_change(command.client, record, Right.MERGE, unit.owner_of_status(record)):
        fault = Fault("not_yours", "", {"right": Right.MERGE.value})
        return denied(403, "not_yours", [fault])
    kind, _, name = command.source.partition(":")
    if kind == "system":
        return _system(unit, record, command, name)
    source = record.joined.get(int(name)) if kind == "client" and name.isdecimal() else None
    if source is None:
        return denied(422, "invalid", [Fault("no_such_source", "/source")])
    if source.verified and command.same:
        return decided(record, 200, {"source": command.source}, "repeated")
    if source.verified:
        return denied(409, "impossible", [Fault("source_is_sure", "/source")])
    return _same(unit, record, source, command) if command.same else _other(unit, record, source)


def _same(unit: UnitOfWork, record: DossierRecord, source: Source, command: JudgeSource) -> Decided:
    """Make the source a sure one; what it said before stays evidence."""
    source.verified = True
    return _noted(unit, record, command)


def _system(unit: UnitOfWork, record: DossierRecord, command: JudgeSource, name: str) -> Decided:
    """Let a system's reports under a code that was only somebody's word be the dossier's."""
    # Whoever claims a system's code does not say by itself that it is right.
    if command.client.reach(Right.MERGE) < Reach.AGENCY:
        return denied(403, "not_yours", [Fault("not_yours", "/source", {"right": "merge"})])
    account = unit.accounts.get(name)
    if account is None:
        return denied(422, "invalid", [Fault("no_such_source", "/source")])
    if not command.same:
        for code in list(known_codes(record.dossier)):
            claims.give_way(unit, record, name, code)
        return decided(record, 201, {"source": command.source})
    if record.knows(account.id):
        return decided(record, 200, {"source": command.source}, "repeated")
    record.joined[account.id] = Source(account.id, str(record.id), command.digest, new=True)
    return _noted(unit, record, command)


def _noted(unit: UnitOfWork, record: DossierRecord, command: JudgeSource) -> Decided:
    """Write into the history who decided, and why."""
    event = NewEvent(
        ref=f"same-{command.source}"[:100],
        kind=Kind.LINKED,
        occurred_at=unit.now,
        reason=command.reason,
        officer=command.by,
        target=command.source[:100],
    )
    version = record.follow(event, now=unit.now)
    if isinstance(version, Version):
        record.add(version, origin=None, digest=digest_of(version), client=command.client.id)
    unit.route(record)
    return decided(record, 201, {"source": command.source})


def _other(unit: UnitOfWork, record: DossierRecord, source: Source) -> Decided:
    """Open the dossier that was never one, from the newest that its source said."""
    said = _newest(unit.kept, record, source)
    if said is None:
        return denied(409, "impossible", [Fault("nothing_kept", "/source")])
    content = NewDossier.model_validate(said.body)
    principal = Principal(
        id=source.client, name="", environment=record.dossier.environment, agencies=()
    )
    del record.joined[source.client]
    record.parted.append(source)
    record.touched = True
    del unit.by_ref[source.client, source.ref]
    filing = RegisterDossier(client=principal, content=content, digest=source.digest)
    contested = [one for one in claims.claims_of(content) if claims.kind_of(record, one.code)]
    opened = open_new(unit, filing, claims.with_known(claims.set_aside(content, contested)))
    if opened.denied is not None:
        record.joined[source.client] = source
        record.parted.remove(source)
        unit.by_ref[source.client, source.ref] = record
        return opened
    # Whose dossier it is now is not for whoever judged to read.
    return decided(record, 201, {"source": f"client:{source.client}"})


def _newest(kept: list[Evidence], record: DossierRecord, source: Source) -> Evidence | None:
    wanted = (record.id, f"client:{source.client}", UNSURE)
    found = [one for one in kept if (one.dossier_id, one.source, one.why) == wanted]
    return max(found, key=lambda one: (one.at, one.id), default=None)
