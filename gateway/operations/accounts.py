"""Who logs in here, where no identity provider is: a one-time password is given once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gateway.access.accounts import login_of
from gateway.access.audit import Entry, record
from gateway.access.passwords import Passwords, one_time_password
from gateway.access.principals import Environment
from gateway.access.roles import Role
from gateway.operations.refusals import Refusal
from gateway.store import accounts
from gateway.store.engine import Connection, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAccount:
    """An account as an administrator sees it; state: open, new, locked or ended."""

    login: str
    environment: str
    roles: tuple[str, ...]
    agencies: tuple[str, ...]
    state: str


def roles_of(named: Sequence[str]) -> tuple[Role, ...] | Refusal:
    """Read the roles of an account."""
    astray = next((name for name in named if name not in set(Role)), None)
    if astray is not None:
        return Refusal("unknown_role", astray, tuple(Role))
    return tuple(dict.fromkeys(Role(name) for name in named))


async def add(
    store: Store,
    name: str,
    *,
    roles: Sequence[Role],
    agencies: Sequence[str],
    environment: Environment,
    by: str,
    why: str = "",
) -> str | Refusal:
    """Add an account and give its one-time password."""
    login = login_of(name)
    if login is None:
        return Refusal("login", name)
    password = one_time_password()
    hashed = await Passwords().hash(password)

    def job(connection: Connection) -> bool:
        return accounts.add(
            connection, login, hashed, environment=environment, agencies=agencies, roles=roles
        )

    done = await _audited(store, job, _entry((by, why), "accounts.add", login, roles, agencies))
    return password if done else Refusal("login_taken", login)


async def reset(store: Store, name: str, *, by: str, why: str = "") -> str | Refusal:
    """Give an account a one-time password, unlock it and end its sessions."""
    login = login_of(name) or ""
    password = one_time_password()
    hashed = await Passwords().hash(password)
    done = await _audited(
        store,
        lambda connection: accounts.reset(connection, login, hashed),
        Entry(who=by, what="accounts.reset", object=login, reason=why),
    )
    return password if done else Refusal("unknown_account", name)


async def set_roles(
    store: Store,
    name: str,
    *,
    roles: Sequence[Role],
    agencies: Sequence[str] | None,
    by: str,
    why: str = "",
) -> Refusal | None:
    """Give an account other roles and, if they are said, agencies, from the next request on."""
    login = login_of(name) or ""
    done = await _audited(
        store,
        lambda connection: accounts.set_roles(connection, login, roles, agencies),
        _entry((by, why), "accounts.roles", login, roles, agencies),
    )
    return None if done else Refusal("unknown_account", name)


async def disable(store: Store, name: str, *, by: str, why: str = "") -> Refusal | None:
    """End an account and all its sessions: somebody has left."""
    login = login_of(name) or ""
    done = await _audited(
        store,
        lambda connection: accounts.disable(connection, login),
        Entry(who=by, what="accounts.disable", object=login, reason=why),
    )
    return None if done else Refusal("unknown_account", name)


async def listed(store: Store) -> list[KnownAccount]:
    """List the accounts by login."""
    return [
        KnownAccount(
            login=row.login,
            environment=row.environment,
            roles=tuple(row.roles),
            agencies=tuple(row.agencies),
            state="ended"
            if row.ended_at is not None
            else "locked"
            if row.locked
            else "new"
            if row.must_change
            else "open",
        )
        for row in await store.read(accounts.listed)
    ]


def _entry(
    by: tuple[str, str],
    what: str,
    login: str,
    roles: Sequence[Role],
    agencies: Sequence[str] | None,
) -> Entry:
    """Say what an account became. by: who, and why."""
    given = f"roles: {' '.join(roles)}"
    if agencies is not None:
        given += f"; agencies: {' '.join(agencies)}"
    return Entry(who=by[0], what=what, object=f"{login}; {given}", reason=by[1])


async def _audited(store: Store, act: Callable[[Connection], bool], entry: Entry) -> bool:
    """Do something and write it down in the same transaction; what was refused too."""

    def job(connection: Connection) -> bool:
        done = act(connection)
        record(connection, replace(entry, result="done" if done else "denied"))
        return done

    return await store.write(job)
