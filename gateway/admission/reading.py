"""The first step of an admission: everything that a group of requests needs, into memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from uuid import UUID

from gateway.access.may import may_know
from gateway.access.roles import Right
from gateway.admission import register
from gateway.admission.claims import claims_of
from gateway.admission.requests import (
    ApplyReport,
    Command,
    JudgeSource,
    MergeDossiers,
    RecordEvent,
    RecordSnapshot,
    RegisterDossier,
)
from gateway.admission.unit_of_work import UnitOfWork
from gateway.dossiers.record import Place, Whose, known_codes
from gateway.store.engine import Connection
from gateway.store.ledger import groups
from gateway.store.ledger.groups import Wanted

TWINS_WITHIN = 30 * 86_400_000
"""Milliseconds within which two dossiers of one owner, procedure and agency may be one."""
Filing = RegisterDossier | RecordSnapshot


def read(connection: Connection, unit: UnitOfWork, commands: Sequence[Command]) -> None:
    """Fill a unit of work; its dossiers stay locked until the transaction ends."""
    found = groups.read(connection, wanted(commands, unit.millis))
    unit.twins, unit.keys = found.twins, found.keys
    for record in found.records:
        unit.put(record)
    unit.sequences = groups.sequences(connection, _sequences(unit, commands))
    stored = {code for record in found.records for code in record.codes}
    told = [one for one in commands if isinstance(one, Filing) and one.system is not None]
    # What a system itself files may free reports under a code that was only somebody's word.
    brought = (set(_brought(commands)) - stored) | set(_brought(told))
    unit.orphans = groups.orphans(connection, brought | set(_handed_on(unit, commands)))
    for one in commands:
        if isinstance(one, JudgeSource):
            unit.kept += groups.kept(connection, one.dossier)


def wanted(commands: Sequence[Command], now: int) -> Wanted:
    """Say what requests need: dossiers by id, ref and code, twins, used keys."""
    filings = [one for one in commands if isinstance(one, Filing)]
    twins = (register.twin_of(one.content) for one in filings)
    return Wanted(
        ids=_ids(commands),
        refs=[(one.client.id, one.content.source.ref) for one in filings],
        codes=_codes(commands),
        twins=[twin for twin in twins if twin is not None],
        keys=[(one.client.id, one.key) for one in commands if one.key],
        since=now - TWINS_WITHIN,
        hidden=partial(_hidden, commands),
    )


def _hidden(commands: Sequence[Command], name: UUID, whose: Whose) -> bool:
    """Say whether nobody who names a dossier by id may know of it: then it is not even read."""
    return not any(
        one.client.id in whose.sources or may_know(one.client, whose, RIGHTS[type(one)])
        for one in commands
        if isinstance(one, RecordEvent | MergeDossiers | JudgeSource)
        and name in {one.dossier, getattr(one, "duplicate", None)}
    )


RIGHTS = {RecordEvent: Right.FILE, MergeDossiers: Right.MERGE, JudgeSource: Right.MERGE}


def _ids(commands: Sequence[Command]) -> list[UUID]:
    kinds = RecordEvent | MergeDossiers | JudgeSource
    found = [one.dossier for one in commands if isinstance(one, kinds)]
    return found + [one.duplicate for one in commands if isinstance(one, MergeDossiers)]


def _codes(commands: Sequence[Command]) -> set[Place]:
    found: set[Place] = set()
    for one in commands:
        place = one.client.environment
        if isinstance(one, Filing):
            found |= {(place, claim.code) for claim in claims_of(one.content)}
        elif isinstance(one, RecordEvent):
            found |= {(place, code) for code in _brought([one])}
        elif isinstance(one, ApplyReport):
            names = (one.report.code, one.report.remote_id)
            found |= {(place, name) for name in names if name is not None}
    return found


def _sequences(unit: UnitOfWork, commands: Sequence[Command]) -> Iterator[str]:
    """Name the sequences of official codes from which new dossiers may draw a number."""
    for one in commands:
        if isinstance(one, Filing) and (one.client.id, one.content.source.ref) not in unit.by_ref:
            name = register.sequence_of(unit.systems, one.content)
            if name is not None:
                yield name


def _brought(commands: Sequence[Command]) -> Iterator[str]:
    """Name the codes under which a dossier may be known from now on.

    Not those that the gateway itself allocates: nobody can have reported under them before.
    """
    for one in commands:
        match one:
            case RegisterDossier() | RecordSnapshot():
                yield from (code.value for code in one.content.codes)
                yield from (claim.code for claim in claims_of(one.content))
            case RecordEvent():
                yield from (code.value for code in one.event.codes)
                yield from (code for code in (one.event.official_code,) if code is not None)
                yield from _patched(one.event.patch)
            case ApplyReport() | MergeDossiers() | JudgeSource():
                pass  # they bring no code that nobody had


def _handed_on(unit: UnitOfWork, commands: Sequence[Command]) -> Iterator[str]:
    """Name the codes that merges give to the survivor, and those that a human says are its own."""
    for one in commands:
        if isinstance(one, MergeDossiers) and one.duplicate in unit.by_id:
            yield from known_codes(unit.by_id[one.duplicate].dossier)
        if isinstance(one, JudgeSource) and one.dossier in unit.by_id:
            yield from known_codes(unit.by_id[one.dossier].dossier)


def _patched(patch: object) -> Iterator[str]:
    """Name whatever a correction may make a code of: every text beside the names of its fields."""
    if isinstance(patch, str):
        yield patch
    elif isinstance(patch, dict):
        for key, value in patch.items():
            if key in {"official_code", "origin", "codes", "code", "value"}:
                yield from _patched(value)
    elif isinstance(patch, list):
        for one in patch:
            yield from _patched(one)
