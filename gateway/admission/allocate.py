"""When a system allocates the official code, every other system learns it through an event."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from gateway.dossiers import outbox
from gateway.dossiers.record import millis
from gateway.dossiers.systems import System, Systems
from gateway.rules.history import Version
from gateway.store.engine import Connection
from gateway.store.ledger import groups
from schemas.event import NewEvent
from schemas.status import Kind


def assign_codes(
    connection: Connection, systems: Systems, by: System, codes: Sequence[tuple[UUID, str]]
) -> frozenset[int]:
    """Record official codes that a system allocated, where it is its business to do so.

    The event has that system as its origin, so it is never told back. Gives the systems that may be
    told now; some waited for the code.
    """
    now = datetime.now(UTC)
    code_of = dict(codes)
    records = groups.load(connection, code_of)
    for record in records:
        if record.dossier.official_code is not None:
            continue
        if systems.allocator(record.dossier) != f"system:{by.name}":
            continue
        new = NewEvent(
            ref=f"code-from-{by.name}",
            kind=Kind.LINKED,
            occurred_at=now,
            official_code=code_of[record.id],
            target=by.name,
        )
        version = record.follow(new, now=now)
        if isinstance(version, Version):
            digest = hashlib.sha256(new.model_dump_json().encode()).digest()
            record.add(version, origin=by.name, digest=digest)
            outbox.route(record, systems, millis(now))
    ready = outbox.ready(records)
    groups.write(connection, groups.Added(records=records), millis(now))
    return ready
