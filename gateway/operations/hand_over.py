"""Hand the open dossiers of one client over to another: a vendor changed, communes merged.

A dossier goes with its history, its lanes and the right to its files; the taker acts on it as its
own from then on, and the giver no more. What is closed stays where it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway.access import audit
from gateway.access.audit import Entry
from gateway.access.principals import Environment
from gateway.operations.refusals import Refusal
from gateway.rules.agencies import within
from gateway.store.engine import Connection, Store
from gateway.store.ledger import handing
from gateway.store.ledger.handing import Wanted
from schemas.status import Status

OPEN = tuple(
    status.value
    for status in Status
    if status not in {Status.REFUSED, Status.STOPPED, Status.RETURNED}
)
"""A finished dossier is open until its result is handed to the citizen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to go. agencies: roots of subtrees; since, until: when the gateway took it in.

    end_keys: the giver's keys end; else it keeps what is its own
    within: of which environment the clients are that whoever orders may know of; None: of both
    """

    giver: str
    taker: str
    agencies: tuple[str, ...]
    by: str
    reason: str
    since: datetime | None = None
    until: datetime | None = None
    end_keys: bool = False
    within: Environment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """What went, or would. left: refs that the taker has used for other dossiers; they stay."""

    dossiers: tuple[UUID, ...]
    left: tuple[str, ...]
    files: int = 0
    keys_ended: int = 0


async def hand_over(store: Store, order: Order, *, dry_run: bool) -> HandedOver | Refusal:
    """Hand over, or say what would go."""
    if dry_run:
        return await store.read(lambda connection: _plan(connection, order)[0])
    return await store.write(lambda connection: _carry_out(connection, order))


def _plan(connection: Connection, order: Order) -> tuple[HandedOver | Refusal, Wanted | None]:
    wanted = _wanted(connection, order)
    if isinstance(wanted, Refusal):
        return wanted, None
    found = handing.going(connection, wanted)
    went = tuple(one.id for one in found if not one.taken)
    return HandedOver(dossiers=went, left=_left(found)), wanted


def _carry_out(connection: Connection, order: Order) -> HandedOver | Refusal:
    wanted = _wanted(connection, order)
    if isinstance(wanted, Refusal):
        _note(connection, order, wanted.code)
        return wanted
    found = handing.going(connection, wanted)
    gone = [one for one in found if not one.taken]
    files = handing.hand(connection, wanted, gone)
    ended = handing.end_keys(connection, wanted.giver) if order.end_keys else 0
    _note(connection, order, "done", len(gone), ended)
    return HandedOver(
        dossiers=tuple(one.id for one in gone), left=_left(found), files=files, keys_ended=ended
    )


def _left(found: Sequence[handing.Going]) -> tuple[str, ...]:
    return tuple(one.ref for one in found if one.taken)


def _note(connection: Connection, order: Order, result: str, went: int = 0, ended: int = 0) -> None:
    """Write down what was ordered and what came of it; what names no client stays unsaid."""
    if result == "done":
        chosen = [f"{went} dossiers", f"agencies: {' '.join(order.agencies) or 'all'}"]
        chosen += [f"since {order.since.isoformat()}"] if order.since is not None else []
        chosen += [f"until {order.until.isoformat()}"] if order.until is not None else []
        about = f"{order.giver} > {order.taker}; {'; '.join(chosen)}"
    else:
        about = ""
    by = {"who": order.by, "reason": order.reason}
    entries = [Entry(what="clients.hand_over", object=about, result=result, **by)]
    if ended:
        keys = f"{order.giver}; all keys: {ended}"
        entries.append(Entry(what="clients.revoke", object=keys, **by))
    audit.record(connection, *entries)


def _wanted(connection: Connection, order: Order) -> Wanted | Refusal:
    """Read the order, or say what in it cannot be."""
    if order.giver == order.taker:
        return Refusal("same_client", order.taker)
    known = handing.clients_named(connection, [order.giver, order.taker])
    for name in (order.giver, order.taker):
        if name not in known or order.within not in {None, known[name].environment}:
            return Refusal("unknown_client", name)
    giver, taker = known[order.giver], known[order.taker]
    if taker.sort != "client":  # a person leaves one day
        return Refusal("unknown_client", order.taker)
    if giver.environment != taker.environment:
        return Refusal("other_environment", order.taker, (taker.environment,))
    roots = order.agencies or tuple(giver.agencies)
    if not all(any(within(root, own) for own in taker.agencies) for root in roots):
        return Refusal("serves_not", order.taker, tuple(taker.agencies))
    return Wanted(
        giver=giver.id,
        taker=taker.id,
        open_in=OPEN,
        agencies=roots,
        since=_millis(order.since),
        until=_millis(order.until),
    )


def _millis(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)
