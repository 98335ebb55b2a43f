"""As of when a source's newest row speaks: where a wrong clock stands there, it is put right.

A row older than the newest one is stale and moves nothing. One row of a time that has not come yet
would therefore shut out all that follow, until somebody says what time it was really of.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from adapters.kit.charsets.marks import composed
from gateway.access.audit import Entry, record
from gateway.admission.record_snapshot import earliest
from gateway.operations.findings import Finding
from gateway.operations.refusals import Refusal
from gateway.store.engine import Connection, Store
from gateway.store.ledger import rows_as_of
from gateway.store.ledger.rows_as_of import RowSource
from schemas.base import Instant, spoken

MOST = 200
"""Sources that are listed at once, the furthest ahead first."""
INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be put right. ref: a dossier's id, a client's own ref, or an official code.

    time: an instant, or a day, which counts from its beginning
    client: which source is meant, where several have told it by rows
    """

    ref: str
    time: str
    reason: str
    by: str
    client: str | None = None


@dataclass(frozen=True, slots=True)
class PutRight:
    """The source as it stood, and as of when it speaks now."""

    before: RowSource
    after: int


async def put_right(store: Store, order: Order, now: datetime | None = None) -> PutRight | Refusal:
    """Let the source's next row be taken if it is newer than the time that is given."""
    at = _time(order.time, now or datetime.now(UTC))
    if isinstance(at, Refusal):
        return at
    if not order.reason.strip():
        return Refusal("asof_reason")
    return await store.write(lambda connection: _put(connection, order, at))


def _time(said: str, now: datetime) -> int | Refusal:
    """Read the time; what has not come yet would shut out the next rows just the same."""
    try:
        found = earliest(INSTANT.validate_python(said))
    except ValidationError:
        return Refusal("asof_time", said)
    if found > now.timestamp() * 1000:
        return Refusal("asof_future", said, (spoken(now),))
    return found


def _put(connection: Connection, order: Order, at: int) -> PutRight | Refusal:
    source = _meant(connection, order)
    if isinstance(source, Refusal):
        return source
    rows_as_of.put(connection, source, at)
    what = f"{source.dossier} {source.client}; {_said(source.as_of)} > {_said(at)}"
    record(connection, Entry(who=order.by, what="asof.set", object=what, reason=order.reason))
    return PutRight(source, at)


def _said(millis: int | None) -> str:
    return "never" if millis is None else spoken(datetime.fromtimestamp(millis / 1000, UTC))


def _meant(connection: Connection, order: Order) -> RowSource | Refusal:
    """Find the one source that is meant, or say between which somebody must choose."""
    ref = composed(order.ref.strip())
    found = rows_as_of.find(connection, ref, _id(ref), lock=True)
    if not found:
        return Refusal("asof_ref", order.ref)
    if order.client is not None:
        names = tuple(sorted({one.client for one in found}))
        found = [one for one in found if one.client == order.client]
        if not found:
            return Refusal("asof_client", order.client, names)
    told = [one for one in found if one.as_of is not None]
    if not told:
        return Refusal("asof_never", order.ref)
    if len(told) > 1:
        return Refusal("asof_several", order.ref, tuple(f"{o.client} ({o.dossier})" for o in told))
    return told[0]


def _id(said: str) -> UUID | None:
    try:
        return UUID(said)
    except ValueError:
        return None


async def ahead(store: Store, now: int | None = None) -> Sequence[RowSource]:
    """Give the sources whose newest row is of a time that our clock has not reached."""
    ours = _ours() if now is None else now
    return await store.read(lambda connection: rows_as_of.ahead(connection, ours, MOST))


def look(connection: Connection) -> Finding:
    """Say whether any such row shuts out those that follow it."""
    count = rows_as_of.count_ahead(connection, _ours())
    if not count:
        return Finding(True, "no row is of a time that lies ahead of our clock")
    return Finding(
        False,
        f"rows of times that lie ahead of our clock: {count}; the rows that follow them are stale. "
        "`lienthong asof --ahead` lists them",
    )


def _ours() -> int:
    return int(time.time() * 1000)


__all__ = ["Order", "PutRight", "RowSource", "ahead", "look", "put_right"]
