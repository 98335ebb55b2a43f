"""The way of what was said into the database: one transaction, three steps.

    read     everything that the group needs, dossiers locked          `reading`
    decide   one request after the other, over what is in memory       `register`, `record_event` …
    write    everything that was decided, at once                      `store.ledger.groups`

A request that cannot be admitted changes nothing; its neighbours in the group go on. Nothing here
talks to the broker or to an outside system (law 1: stored before spoken).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from gateway.access.principals import Principal
from gateway.admission import (
    apply_report,
    judge_source,
    merge,
    record_event,
    record_snapshot,
    register,
)
from gateway.admission.decisions import Decided, denied
from gateway.admission.reading import read
from gateway.admission.requests import (
    ApplyReport,
    Command,
    JudgeSource,
    MergeDossiers,
    RecordEvent,
    RecordSnapshot,
    RegisterDossier,
)
from gateway.admission.shown import shown
from gateway.admission.unit_of_work import UnitOfWork
from gateway.dossiers import outbox
from gateway.dossiers.systems import Systems
from gateway.store.engine import Connection
from gateway.store.ledger import groups


def admit(
    connection: Connection,
    systems: Systems,
    commands: Sequence[Command],
    accounts: Mapping[str, Principal] | None = None,
    *,
    bulk: bool = False,
) -> tuple[list[Decided], frozenset[int]]:
    """Decide on a group of requests and write what they change; give the systems with new work too.

    accounts: systems as clients; bulk: the group came in one piece, like the rows of an export
    """
    unit = UnitOfWork(systems, datetime.now(UTC), accounts=dict(accounts or {}), bulk=bulk)
    read(connection, unit, commands)
    found = decide(unit, commands)
    write(connection, unit, found)
    return found, outbox.ready(unit.by_id.values())


def decide(unit: UnitOfWork, commands: Sequence[Command]) -> list[Decided]:
    """Decide on requests in turn, then on reports that waited for what they brought."""
    found = [_once(unit, command) for command in commands]
    apply_report.adopt(unit)
    for command, one in zip(commands, found, strict=True):
        if one.record is not None and one.head is not None:
            one.head = shown(unit, command.client, one.record, one.head)
    return found


def _once(unit: UnitOfWork, command: Command) -> Decided:
    """Decide on a request, unless its idempotency key was used for another one."""
    place = (command.client.id, command.key or "")
    if (unit.keys | unit.new_keys).get(place, command.digest) != command.digest:
        return denied(422, "idempotency_key_reused")
    one = _decide(unit, command)
    # The key of a denied request stays free: the request may be mended under it.
    if command.key and one.record is not None and place not in unit.keys:
        unit.new_keys[place] = command.digest
    return one


def _decide(unit: UnitOfWork, command: Command) -> Decided:
    match command:
        case RegisterDossier():
            return register.register(unit, command)
        case RecordEvent():
            return record_event.record_event(unit, command)
        case RecordSnapshot():
            return record_snapshot.record_snapshot(unit, command)
        case ApplyReport():
            return apply_report.apply_report(unit, command)
        case MergeDossiers():
            return merge.merge(unit, command)
        case JudgeSource():
            return judge_source.judge_source(unit, command)


def write(connection: Connection, unit: UnitOfWork, found: Sequence[Decided]) -> None:
    """Write what was decided; evidence that was kept before is answered as a repeat."""
    added = groups.Added(
        records=list(unit.by_id.values()),
        evidence=unit.evidence,
        adopted=unit.adopted,
        keys=unit.new_keys,
        numbers=(unit.sequences, unit.drawn),
    )
    already = groups.write(connection, added, unit.millis)
    for one in found:
        if one.evidence is not None and (one.evidence.source, one.evidence.ref) in already:
            one.status = 200
