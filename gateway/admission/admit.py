"""From asks to the rows of one transaction: read together, decided in turn, written together.

An ask that cannot be admitted changes nothing; its neighbours in the group go on. Nothing here
talks to the broker or to an outside system (law 1: stored before spoken).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from gateway.access.keys import Client
from gateway.admission import apply_report, merge, record_event, register
from gateway.admission.match import codes_of
from gateway.admission.requests import (
    Answer,
    ApplyReport,
    Command,
    Denied,
    MergeDossiers,
    RecordEvent,
    RecordSnapshot,
    RegisterDossier,
)
from gateway.admission.unit_of_work import Decided, UnitOfWork, denied
from gateway.admission.warn import warnings
from gateway.dossiers import outbox
from gateway.dossiers.record import Place
from gateway.dossiers.systems import Systems
from gateway.store.engine import Connection
from gateway.store.ledger import dossiers, evidence, idempotency, saving

TWINS_WITHIN = 30 * 86_400_000
"""Milliseconds within which two dossiers of one owner, procedure and agency may be one."""


def admit(
    connection: Connection,
    systems: Systems,
    commands: Sequence[Command],
    accounts: dict[str, Client] | None = None,
    *,
    bulk: bool = False,
) -> tuple[list[Decided], frozenset[int]]:
    """Decide on a group of asks and write what they change; give the systems with new work too.

    tellers: systems as clients; bulk: the group came in one piece, like the rows of an export
    """
    unit = UnitOfWork(connection, systems, datetime.now(UTC), accounts=accounts or {}, bulk=bulk)
    known = dossiers.find(
        connection,
        refs=_refs(commands),
        codes=_codes(commands),
        twins=_twins(commands),
        since=unit.millis - TWINS_WITHIN,
    )
    for record in dossiers.load(connection, known.ids.union(_ids(commands))):
        unit.put(record)
    unit.twins = known.twins
    keys = idempotency.used(
        connection, [(command.client.id, command.key) for command in commands if command.key]
    )
    new_keys: idempotency.Used = {}
    found = []
    for command in commands:
        place = (command.client.id, command.key or "")
        if (keys | new_keys).get(place, command.digest) != command.digest:
            found.append(denied(422, "idempotency_key_reused"))
            continue
        one = _decide(unit, command)
        found.append(one)
        # The key of a denied request stays free: the request may be mended under it.
        if command.key and one.record is not None and place not in keys:
            new_keys[place] = command.digest
    apply_report.adopt(unit)
    ready = outbox.ready(unit.by_id.values())
    saving.save(connection, list(unit.by_id.values()), unit.millis)
    evidence.keep(connection, unit.evidence)
    idempotency.keep(connection, new_keys, unit.millis)
    return found, ready


def _decide(unit: UnitOfWork, command: Command) -> Decided:
    match command:
        case RegisterDossier():
            return register.post(unit, command)
        case RecordEvent():
            return record_event.event(unit, command)
        case RecordSnapshot():
            return record_event.row(unit, command)
        case ApplyReport():
            return apply_report.report(unit, command)
        case MergeDossiers():
            return merge.merge(unit, command)


def _twins(commands: Sequence[Command]) -> list[bytes]:
    made = (
        register.twin_of(command.content)
        for command in commands
        if isinstance(command, (RegisterDossier, RecordSnapshot))
    )
    return [twin for twin in made if twin is not None]


def _ids(commands: Sequence[Command]) -> list[UUID]:
    found = [
        command.dossier for command in commands if isinstance(command, (RecordEvent, MergeDossiers))
    ]
    return found + [command.duplicate for command in commands if isinstance(command, MergeDossiers)]


def _refs(commands: Sequence[Command]) -> list[tuple[int, str]]:
    return [
        (command.client.id, command.content.source.ref)
        for command in commands
        if isinstance(command, (RegisterDossier, RecordSnapshot))
    ]


def _codes(commands: Sequence[Command]) -> set[Place]:
    found: set[Place] = set()
    for command in commands:
        place = command.client.environment
        if isinstance(command, (RegisterDossier, RecordSnapshot)):
            found |= {(place, code) for code, _ in codes_of(command.content)}
        elif isinstance(command, ApplyReport):
            names = (command.report.code, command.report.remote_id)
            found |= {(place, name) for name in names if name is not None}
    return found


def answer(one: Decided, systems: Systems) -> Answer | Denied:
    """Put a decision into an answer; what a target will lack is worked out only now."""
    if one.record is None or one.head is None:
        return one.denied or Denied(status=500, code="internal")
    record, head = one.record, one.head
    return Answer(
        status=one.status,
        body={
            "id": str(record.id),
            "version": head.version,
            "status": head.status.value,
            "official_code": head.official_code,
            "environment": head.environment,
            **one.more,
            "systems": [system.name for system in systems.all if system.id in record.lanes],
            "data_quality": [
                flag.model_dump(mode="json", exclude_none=True) for flag in head.data_quality
            ],
            "warnings": warnings(record, systems),
        },
    )
