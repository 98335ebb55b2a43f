"""A group of requests and the database: all it needs in one read, all it adds in one write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.engine import Connection

from gateway.dossiers.evidence import Evidence
from gateway.dossiers.record import DossierRecord, Place, Twins, Whose
from gateway.store import counters
from gateway.store.ledger import dossiers, evidence, idempotency, saving
from gateway.store.ledger.dossiers import Hidden
from gateway.store.ledger.evidence import keep, orphans
from gateway.store.ledger.evidence import of_dossier as kept
from gateway.store.ledger.idempotency import Used


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a group needs: dossiers by id, by a client's own ref, by a code; twins, used keys.

    since: twins are not older than this, in milliseconds
    hidden: says which dossiers that are named by id alone nobody of the group may know of
    """

    ids: Iterable[UUID] = ()
    refs: Iterable[tuple[int, str]] = ()
    codes: Iterable[Place] = ()
    twins: Iterable[bytes] = ()
    keys: Iterable[tuple[int, str]] = ()
    since: int = 0
    hidden: Hidden | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What there is: records, locked until the transaction ends; twins; keys that were used."""

    records: list[DossierRecord]
    twins: Twins
    keys: Used


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What a group adds; `numbers`: of each sequence how far it was, and how far it is now."""

    records: Sequence[DossierRecord]
    evidence: Sequence[Evidence] = ()
    adopted: Sequence[UUID] = ()
    """Evidence that has become events."""
    keys: Used = field(default_factory=dict)
    numbers: tuple[Mapping[str, int], Mapping[str, int]] = ({}, {})


def read(connection: Connection, wanted: Wanted) -> Found:
    """Read all that a group needs to decide on."""
    found = dossiers.find(
        connection,
        refs=wanted.refs,
        codes=wanted.codes,
        twins=wanted.twins,
        since=wanted.since,
    )
    own = found.ids.union(*found.twins.values())
    hidden = wanted.hidden

    def unseen(name: UUID, whose: Whose) -> bool:
        return hidden is not None and name not in own and hidden(name, whose)

    return Found(
        records=dossiers.load(connection, own.union(wanted.ids), unseen),
        twins=found.twins,
        keys=idempotency.used(connection, wanted.keys),
    )


def load(connection: Connection, ids: Iterable[UUID]) -> list[DossierRecord]:
    """Read dossiers by id alone; they are locked until the transaction ends."""
    return dossiers.load(connection, ids)


def sequences(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    """Read how far sequences of official codes are; nobody else takes of them meanwhile."""
    return counters.values(connection, names)


def write(connection: Connection, added: Added, now: int) -> frozenset[tuple[str, str]]:
    """Write what a group added; give the evidence, by source and ref, that was kept before."""
    saving.save(connection, added.records, now)
    already = evidence.keep(connection, added.evidence)
    evidence.forget(connection, added.adopted)
    idempotency.keep(connection, added.keys, now)
    counters.advance(connection, *added.numbers)
    return already


__all__ = [
    "Added",
    "Found",
    "Wanted",
    "keep",
    "kept",
    "load",
    "orphans",
    "read",
    "sequences",
    "write",
]
