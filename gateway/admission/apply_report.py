"""What a system reports: an event where it owns the state or moves none, else evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import TypeAdapter

from gateway.admission import claims
from gateway.admission.decisions import Decided, decided, digest_of
from gateway.admission.requests import ApplyReport
from gateway.admission.unit_of_work import UnitOfWork
from gateway.dossiers.evidence import Evidence
from gateway.dossiers.record import DossierRecord, millis
from gateway.rules.reports import events_of
from schemas.inbound import Report

REPORT = TypeAdapter(Report)
SKEW = 120_000
"""Milliseconds by which their clock may be ahead of ours."""


def apply_report(unit: UnitOfWork, command: ApplyReport) -> Decided:
    """Take a report; one of a dossier that nobody knows is kept until somebody does."""
    record = _find(unit, command)
    if record is None:
        _keep(unit, command, None, _why_not(unit, command), ())
        return Decided(None, None, 202, {}, "unknown")
    return _apply(unit, record, command)


def _apply(unit: UnitOfWork, record: DossierRecord, command: ApplyReport) -> Decided:
    """Take a report on a known dossier."""
    if command.report.quarantine is not None:
        _keep(unit, command, record, "quarantined", ["/status"])
        return decided(record, 202, {}, "evidence")
    echo = _echo(unit, record, command)
    if echo == "sure":
        return decided(record, 200, {}, "unchanged")
    if echo == "likely":
        _keep(unit, command, record, "echo", ["/status"])
        return decided(record, 202, {}, "evidence")
    news = events_of(command.report, record.dossier, command.system, unit.now)
    refs = {past.event.ref for past in record.recorded}
    if not news or news[-1].ref in refs:
        return decided(record, 200, {}, "repeated" if news else "unchanged")
    length, head, inferred = len(record.recorded), record.dossier, command.report.at is None
    for new in news:
        where = f"/events/{len(record.recorded)}"
        version = record.follow(
            new,
            now=unit.now,
            flags=[("time_inferred", where)] if inferred else [],
            by="report",
            inferred=inferred,
        )
        if isinstance(version, tuple):
            record.go_back(length, head)
            _keep(unit, command, record, "impossible", [fault.pointer for fault in version])
            return decided(record, 202, {}, "evidence")
        record.add(
            version, origin=command.system, digest=digest_of(version), client=command.client.id
        )
    moved = record.dossier.status is not head.status
    if moved and unit.owner_of_status(record) not in (None, f"system:{command.system}"):
        record.go_back(length, head)
        _keep(unit, command, record, "contradicts", ["/status"])
        return decided(record, 202, {}, "evidence")
    unit.route(record)
    return decided(record, 201, {"events": [past.event.seq for past in record.recorded[length:]]})


def _echo(
    unit: UnitOfWork, record: DossierRecord, command: ApplyReport
) -> Literal["sure", "likely"] | None:
    """Say whether a report is our own word coming back.

    Surely so, where it names the state that this system was last told, or is being told. Likely so,
    where it names one that it was told before, and is no newer than the last telling: it was read
    before that and handed in after. Such a report is kept and moves nothing.
    """
    numbers = {system.name: system.id for system in unit.systems.all}
    lane = record.lanes.get(numbers.get(command.system, -1))
    if lane is None or command.report.status is None:
        return None
    told = [past.event for past in record.recorded if past.origin != command.system]
    last, telling = lane.told_seq, lane.state is None
    same = [one.seq for one in told if one.status is command.report.status]
    if any(seq == last or (seq > last and telling) for seq in same):
        return "sure"
    before = any(seq < last for seq in same)
    at = command.report.at
    fresh = at is not None and millis(at) > (lane.done_at or 0) + SKEW
    return "likely" if before and lane.done_at is not None and not fresh else None


def _candidates(unit: UnitOfWork, command: ApplyReport) -> list[tuple[str, DossierRecord]]:
    names = [command.report.code, command.report.remote_id]
    return [
        (code, record)
        for code in names
        if code is not None
        for record in unit.by_code.get((command.client.environment, code), [])
        if record.merged_into is None
    ]


def _find(unit: UnitOfWork, command: ApplyReport) -> DossierRecord | None:
    """Find the dossier that the system has under its code, by more than somebody's word.

    Where several have it, the one that the system issued; where that is not one, none is.
    """
    held = [
        record
        for code, record in _candidates(unit, command)
        if claims.holds(unit, record, command.system, code)
    ]
    own = [record for record in held if claims.issued(unit, record, command.system)]
    for found in (own, held):
        if len({record.id for record in found}) == 1:
            return found[0]
    return None


def _why_not(unit: UnitOfWork, command: ApplyReport) -> str:
    """Say why a report moved nothing: nobody has its code, or somebody merely says so."""
    return "unverified_code" if _candidates(unit, command) else "unknown_code"


def _keep(
    unit: UnitOfWork,
    command: ApplyReport,
    record: DossierRecord | None,
    why: str,
    pointers: Sequence[str],
) -> None:
    body: dict[str, Any] = REPORT.dump_python(command.report, mode="json", exclude_none=True)
    unit.evidence.append(
        Evidence(
            source=f"system:{command.system}",
            ref=command.report.ref,
            why=why,
            at=unit.millis,
            dossier_id=record.id if record is not None else None,
            code=command.report.code or command.report.remote_id,
            pointers=tuple(pointers),
            body=body,
        )
    )


def adopt(unit: UnitOfWork) -> None:
    """Look again at reports that came before their dossier was known."""
    for one in unit.orphans:
        system = one.source.removeprefix("system:")
        account = unit.accounts.get(system)
        if account is None:
            continue
        report = REPORT.validate_python(one.body)
        command = ApplyReport(client=account, system=system, report=report)
        record = _find(unit, command)
        if record is None or not record.touched:
            continue
        _apply(unit, record, command)
        unit.adopted.append(one.id)
