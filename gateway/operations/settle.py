"""Settling by hand: what an officer or an operator told a system otherwise is not sent by us."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from gateway.access.audit import Entry, record
from gateway.operations.refusals import Refusal, known_cause
from gateway.rules.lane_states import UNTOLD_BY_US
from gateway.store.engine import Connection, Store
from gateway.store.work import settling, systems
from gateway.store.work.settling import Left


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was told by hand, to whom, why, and by whom it is said.

    dossier or cause says which lanes; code: under which they hold the one dossier
    """

    system: str
    reason: str
    by: str
    dossier: str | None = None
    cause: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The lanes that are meant, as they stand."""

    order: Order
    system: int
    lanes: tuple[Left, ...]

    @property
    def counts(self) -> list[tuple[str, int]]:
        """Count them by cause, the largest first."""
        return Counter(one.was for one in self.lanes).most_common()


async def find(store: Store, order: Order) -> Found | Refusal:
    """Find what is meant; changes nothing."""
    if not order.reason.strip():
        return Refusal("settle_reason")
    if (order.dossier is None) is (order.cause is None):
        return Refusal("settle_which")
    if order.code is not None and order.dossier is None:
        return Refusal("settle_code")
    if order.cause is not None and order.cause not in UNTOLD_BY_US:
        cause = known_cause(order.cause)
        if isinstance(cause, Refusal):
            return cause
    try:
        only = None if order.dossier is None else [UUID(order.dossier)]
    except ValueError:
        return Refusal("not_an_id", str(order.dossier))
    of = await store.read(lambda connection: systems.number(connection, order.system))
    if of is None:
        return Refusal("unstarted_system", order.system)
    lanes = await store.read(
        lambda connection: settling.left(connection, of, cause=order.cause, only=only)
    )
    return Found(order, of, tuple(lanes))


async def settle(store: Store, found: Found) -> int:
    """Settle what was found and has not moved since; give how many."""
    order = found.order

    def act(connection: Connection) -> int:
        done = settling.settle(
            connection,
            found.system,
            found.lanes,
            code=order.code,
            by=order.by.rpartition(":")[2],
            why=order.reason,
        )
        about = f"{order.system} {order.dossier or order.cause} {done}"
        record(connection, Entry(who=order.by, what="settle", object=about, reason=order.reason))
        return done

    return await store.write(act)


__all__ = ["Found", "Left", "Order", "find", "settle"]
