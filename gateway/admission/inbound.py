"""What a system told us, item by item, in one transaction; a verdict on each."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel

from gateway import words
from gateway.access.may import may_file
from gateway.access.principals import Principal
from gateway.admission import known_rows
from gateway.admission.admit import admit
from gateway.admission.decisions import Decided
from gateway.admission.odd_times import suspicious
from gateway.admission.parse import Unreadable, digest, parse, validate
from gateway.admission.requests import ApplyReport, Command, RecordSnapshot, RegisterDossier
from gateway.admission.shown import CONFLICT, conflicts_of
from gateway.admission.spelt import spelt
from gateway.dossiers.evidence import Evidence
from gateway.dossiers.systems import Systems
from gateway.rules.quality import NO_IDENTITY
from gateway.store.engine import Connection
from gateway.store.ledger import groups
from gateway.words.fault import Fault
from schemas.dossier import Content, NewDossier, Origin
from schemas.inbound import Arrival, Item, Report, Row, Verdict
from schemas.outcome import Problem

MANY = 20
"""More than this in one piece is bulk: it goes behind what comes one by one."""
M = TypeVar("M", bound=BaseModel)
C = TypeVar("C", bound=Content)


def record_items(
    connection: Connection,
    systems: Systems,
    accounts: Mapping[str, Principal],
    system: str,
    items: Sequence[Item],
) -> tuple[tuple[Verdict, ...], frozenset[int]]:
    """Store what can be stored and judge the rest; nothing of an item is half done.

    Gives a verdict on each item, and the systems with new work.
    """
    account = accounts[system]
    said = known_rows.digests(systems, account, items)
    known = known_rows.unchanged(connection, account, said)
    read = [known.get(item.ref) or _ask(item, system, account) for item in items]
    commands = [one for one in read if not isinstance(one, Verdict)]
    bulk = len(commands) + len(known) > MANY
    answers, ready = admit(connection, systems, commands, accounts, bulk=bulk)
    asked = [
        item.ref for item, one in zip(items, read, strict=True) if not isinstance(one, Verdict)
    ]
    known_rows.keep(connection, account, said, list(zip(asked, answers, strict=True)))
    decided = iter(answers)
    verdicts = tuple(
        one if isinstance(one, Verdict) else _verdict(item, next(decided))
        for item, one in zip(items, read, strict=True)
    )
    _keep_refused(connection, system, items, verdicts)
    return verdicts, ready


def _keep_refused(
    connection: Connection, system: str, items: Sequence[Item], verdicts: Sequence[Verdict]
) -> None:
    """Keep a dossier that was born there and cannot be taken: they may never send it again."""
    groups.keep(
        connection,
        [
            Evidence(
                source=f"system:{system}",
                ref=item.ref[:200],
                why="refused",
                at=int(time.time() * 1000),
                pointers=tuple(problem.pointer for problem in verdict.problems)[:20],
                body=dict(item.body),
            )
            for item, verdict in zip(items, verdicts, strict=True)
            if isinstance(item, Arrival) and verdict.word == "refused"
        ],
    )


def _ask(item: Item, system: str, account: Principal) -> Command | Verdict:
    """Read an item as strictly as a client's request, or refuse it with all that is wrong."""
    match item:
        case Report():
            if item.code is None and item.remote_id is None:
                return _refused(item, [Fault("missing", "/code")])
            return ApplyReport(client=account, system=system, report=spelt(item))
        case Arrival():
            read = _read(item, NewDossier, account)
            if isinstance(read, Verdict):
                return read
            content, digest, flags = read
            return RegisterDossier(
                client=account,
                content=_born(content, system),
                digest=digest,
                flags=flags,
                system=system,
            )
        case Row():
            row = _read(item, Content, account)
            if isinstance(row, Verdict):
                return row
            if row[0].source.as_of is None:
                return _refused(item, [Fault("missing", "/source/as_of")])
            content_, digest, flags = row
            return RecordSnapshot(
                client=account,
                content=_born(content_, system),
                digest=digest,
                flags=(*flags, *_without_identity(item)),
                system=system,
            )


def _without_identity(row: Row) -> list[tuple[str, str]]:
    """Flag the parties in whose number's place a filler stood."""
    return [(NO_IDENTITY, at.partition("/identities")[0]) for at in row.fillers]


def _read(
    item: Arrival | Row, model: type[M], account: Principal
) -> tuple[M, bytes, tuple[tuple[str, str], ...]] | Verdict:
    try:
        body = parse(known_rows.written(item.body))
    except Unreadable as error:
        return _refused(item, [error.fault])
    read = validate(model, body)
    if isinstance(read, tuple):
        return _refused(item, read)
    every = "*" in account.agencies
    if isinstance(read, Content) and not every and not may_file(account, read):
        return _refused(item, [Fault("agency", "/agencies/competent/code")])
    return read, digest(read), tuple(suspicious(body))


def _born(content: C, system: str) -> C:
    """Say where it was born: adapters do not know under which name their system is configured."""
    given = content.origin or Origin(system=system, code=content.source.ref)
    return content.model_copy(update={"origin": given.model_copy(update={"system": system})})


def _verdict(item: Item, one: Decided) -> Verdict:
    if one.denied is not None:
        faults = one.denied.faults or (Fault(one.denied.code),)
        return _refused(item, faults)
    dossier = str(one.record.id) if one.record is not None else None
    contested = [Fault(CONFLICT, pointer) for pointer in conflicts_of(one)]
    return Verdict(ref=item.ref, word=one.word, dossier=dossier, problems=_problems(contested))


def _refused(item: Item, faults: Sequence[Fault]) -> Verdict:
    return Verdict(ref=item.ref, word="refused", problems=_problems(faults))


def _problems(faults: Sequence[Fault]) -> tuple[Problem, ...]:
    return tuple(
        Problem(fault.pointer, fault.code, words.sentence(fault.code, "en", fault.values))
        for fault in faults
    )


def internal(item: Item) -> Verdict:
    """Refuse an item on which the gateway itself failed: for the integrator to look at."""
    return replace(_refused(item, [Fault("internal")]), dossier=None)


def counted(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """Count verdicts by their word."""
    found: dict[str, Any] = {}
    for one in verdicts:
        found[one.word] = found.get(one.word, 0) + 1
    return found
