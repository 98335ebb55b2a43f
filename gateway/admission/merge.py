"""Two dossiers that a human found to be one: one survives, with all codes."""

from __future__ import annotations

from gateway.access.may import may_change, may_see
from gateway.access.roles import Right
from gateway.admission.decisions import Decided, decided, denied, digest_of
from gateway.admission.requests import MergeDossiers
from gateway.admission.unit_of_work import UnitOfWork
from gateway.dossiers.record import DossierRecord, known_codes
from gateway.words.fault import Fault
from gateway.words.lifecycle import merged_into
from schemas.event import NewEvent, OtherCode
from schemas.status import Kind


def merge(unit: UnitOfWork, command: MergeDossiers) -> Decided:
    """Void the duplicate and give its codes to the survivor; nothing is sent for it any more."""
    survivor, gone = unit.by_id.get(command.dossier), unit.by_id.get(command.duplicate)
    if survivor is None or not may_see(command.client, survivor, Right.MERGE):
        return denied(404, "no_such_dossier")
    if gone is None or gone is survivor or not may_see(command.client, gone, Right.MERGE):
        return denied(422, "invalid", [Fault("no_such_duplicate", "/duplicate")])
    if gone.merged_into == survivor.id:
        return decided(survivor, 200, {"merged": str(gone.id)}, "repeated")
    if gone.merged_into is not None or survivor.merged_into is not None:
        into = survivor.merged_into or gone.merged_into
        return denied(409, "merged", more={"merged_into": str(into)})
    for one, pointer in ((survivor, ""), (gone, "/duplicate")):
        if not may_change(command.client, one, Right.MERGE, unit.owner_of_status(one)):
            fault = Fault("not_yours", pointer, {"right": Right.MERGE.value})
            return denied(403, "not_yours", [fault])
    faults = _void(unit, command, gone, survivor) or _enrich(unit, command, survivor, gone)
    if faults:
        return denied(409, "impossible", faults)
    gone.merged_into = survivor.id
    unit.route(gone)
    unit.route(survivor)
    return decided(survivor, 201, {"merged": str(gone.id)})


def _void(
    unit: UnitOfWork, command: MergeDossiers, gone: DossierRecord, survivor: DossierRecord
) -> tuple[Fault, ...]:
    return _add(
        unit,
        command,
        gone,
        NewEvent(
            ref=f"merged-into-{survivor.id}",
            kind=Kind.VOIDED,
            occurred_at=unit.now,
            note=merged_into(survivor.dossier.official_code),
            reason=command.reason,
            officer=command.by,
            target=str(survivor.id),
        ),
    )


def _enrich(
    unit: UnitOfWork, command: MergeDossiers, survivor: DossierRecord, gone: DossierRecord
) -> tuple[Fault, ...]:
    held = known_codes(survivor.dossier)
    given = {code.value: code for code in gone.dossier.codes}
    codes = tuple(
        given.get(value) or OtherCode(value=value, kind="other" if kind == "official" else "portal")
        for value, kind in known_codes(gone.dossier).items()
        if value not in held
    )
    return _add(
        unit,
        command,
        survivor,
        NewEvent(
            ref=f"merged-{gone.id}",
            kind=Kind.LINKED,
            occurred_at=unit.now,
            codes=codes,
            reason=command.reason,
            officer=command.by,
            target=str(gone.id),
        ),
    )


def _add(
    unit: UnitOfWork, command: MergeDossiers, record: DossierRecord, new: NewEvent
) -> tuple[Fault, ...]:
    version = record.follow(new, now=unit.now)
    if isinstance(version, tuple):
        return version
    record.add(version, origin=None, digest=digest_of(version), client=command.client.id)
    return ()
