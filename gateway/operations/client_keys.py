"""Who may post dossiers, and their keys: a key is given once, when it is made.

Everything that changes something leaves a line in the audit, also where it is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from gateway.access.audit import Entry, record
from gateway.access.keys import make_key, prefix_of
from gateway.access.principals import Environment
from gateway.operations.refusals import Refusal
from gateway.store import clients
from gateway.store.engine import Connection, Store

T = TypeVar("T")

HOUR = 3_600_000
DAY = 24 * HOUR
LONGEST_NAME = 100
LONGEST_DAYS = 36_500


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """Who asks, and why.

    within: of which environment the clients are that it may know of; None: of both
    """

    who: str
    why: str = ""
    within: Environment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownKey:
    """A key as an operator sees it; times in milliseconds, the last use to the hour."""

    prefix: str
    made: int
    expires: int | None
    used: int | None
    works: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownClient:
    """A client as an operator sees it; keys: how many of its keys still work."""

    name: str
    environment: str
    agencies: tuple[str, ...]
    helps: tuple[str, ...] = ()
    keys: int


def environment_of(text: str) -> Environment | Refusal:
    """Read the environment in which a client is to be."""
    if text == "live":
        return "live"
    return "sandbox" if text == "sandbox" else Refusal("environment", text)


def days_of(days: float | None) -> float | Refusal | None:
    """Check for how long a key is to work."""
    return days if days is None or 0 < days <= LONGEST_DAYS else Refusal("days", f"{days:g}")


async def add(
    store: Store,
    name: str,
    *,
    environment: Environment,
    agencies: Sequence[str],
    helps: Sequence[str] = (),
    days: float | None = None,
    by: By,
) -> str | Refusal:
    """Add a client that speaks for the subtrees of these agencies; give its key.

    helps: roots of the subtrees for whose agencies it may take dossiers in
    days: for so long its key works; None: until it is ended
    """
    if not name.isprintable() or not 0 < len(name.strip()) <= LONGEST_NAME or set(name) & set(":/"):
        return Refusal("client_name", name)
    if by.within not in {None, environment}:
        return Refusal("environment", environment)
    key, hashed = make_key(environment)
    entry = Entry(who=by.who, what="clients.add", object=f"{name} {prefix_of(key)}", reason=by.why)

    def job(connection: Connection) -> bool:
        added = clients.add(
            connection,
            name,
            environment,
            list(agencies),
            hashed,
            prefix=prefix_of(key),
            lasts=_millis(days),
            helps=helps,
        )
        record(connection, entry if added else replace(entry, object=name, result="name_taken"))
        return added

    return key if await store.write(job) else Refusal("name_taken", name)


async def rotate(
    store: Store, name: str, *, grace: float, days: float | None = None, by: By
) -> str | Refusal:
    """Give a client a new key, and give it; the old ones end after so many hours."""

    def job(connection: Connection, row: Any) -> tuple[str, str]:
        key, hashed = make_key(row.environment)
        clients.rotate(
            connection,
            name,
            hashed,
            int(grace * HOUR),
            prefix=prefix_of(key),
            lasts=_millis(days),
        )
        return key, prefix_of(key)

    return await _change(store, name, "clients.rotate", by, job)


async def revoke(store: Store, name: str, prefix: str | None, *, by: By) -> list[str] | Refusal:
    """End the key of a client that begins so, or all of them, at once; give their prefixes."""

    def job(connection: Connection, row: Any) -> tuple[list[str] | Refusal, str]:
        ended = clients.revoke(connection, row.id, prefix)
        if prefix is not None and not ended:
            return Refusal("unknown_key", prefix), ""  # it may be anything, a whole key too
        return ended, " ".join(ended)

    return await _change(store, name, "clients.revoke", by, job)


async def assign(
    store: Store,
    name: str,
    *,
    agencies: Sequence[str] | None = None,
    helps: Sequence[str] | None = None,
    by: By,
) -> KnownClient | Refusal:
    """Change for which agencies a client speaks, or whom it helps; None: as it is."""
    chosen = {"agencies": agencies, "helps": helps}
    values = {what: list(codes) for what, codes in chosen.items() if codes is not None}

    def job(connection: Connection, row: Any) -> tuple[KnownClient, str]:
        if values:
            clients.change(connection, row.id, **values)
        said = "; ".join(f"{what}: {' '.join(codes)}" for what, codes in values.items())
        return _known(clients.listed(connection, None, name)[0]), said

    return await _change(store, name, "clients.agencies", by, job)


async def _change(
    store: Store,
    name: str,
    what: str,
    by: By,
    job: Callable[[Connection, Any], tuple[T | Refusal, str]],
) -> T | Refusal:
    """Do something to a client that is there, and say in the audit what came of it.

    job: gives its answer, and what is said of it beside the client's name
    """

    def whole(connection: Connection) -> T | Refusal:
        row = clients.find_named(connection, name, by.within)
        answer, said = (
            (Refusal("unknown_client", name), "") if row is None else job(connection, row)
        )
        result = answer.code if isinstance(answer, Refusal) else "done"
        about = "" if row is None else f"{name} {said}".strip()
        record(connection, Entry(who=by.who, what=what, object=about, reason=by.why, result=result))
        return answer

    return await store.write(whole)


async def note_denial(store: Store, what: str, name: str | None, by: By) -> None:
    """Write down that somebody asked for what it may not; a client that is not there is unnamed."""

    def job(connection: Connection) -> None:
        there = name is not None and clients.find_named(connection, name, by.within) is not None
        about = name if there and name is not None else ""
        record(
            connection,
            Entry(who=by.who, what=what, object=about, reason=by.why, result="denied"),
        )

    await store.write(job)


async def listed(store: Store, within: Environment | None = None) -> list[KnownClient]:
    """List the clients by name."""
    found = await store.read(lambda connection: clients.listed(connection, within))
    return [_known(row) for row in found]


async def with_keys(
    store: Store, name: str | None = None, within: Environment | None = None
) -> list[tuple[KnownClient, list[KnownKey]]]:
    """List the clients, or the one of this name, with their keys; what ended is there too."""
    return await store.read(partial(_with_keys, name=name, within=within))


def _with_keys(
    connection: Connection, name: str | None, within: Environment | None
) -> list[tuple[KnownClient, list[KnownKey]]]:
    rows = clients.listed(connection, within, name)
    keys: dict[int, list[KnownKey]] = {row.id: [] for row in rows}
    for one in clients.keys_of(connection, keys):
        keys[one.client].append(
            KnownKey(
                prefix=one.prefix,
                made=one.created_at,
                expires=one.expires_at,
                used=one.last_used_at,
                works=bool(one.works),
            )
        )
    return [(_known(row), keys[row.id]) for row in rows]


def _known(row: Any) -> KnownClient:
    return KnownClient(
        name=row.name,
        environment=row.environment,
        agencies=tuple(row.agencies),
        helps=tuple(row.helps),
        keys=row.keys,
    )


def _millis(days: float | None) -> int | None:
    return None if days is None else int(days * DAY)
