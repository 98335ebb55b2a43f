"""Local accounts and their sessions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.store.dialect import now as db_now
from gateway.store.tables import account, account_session, client


@dataclass(frozen=True, slots=True)
class Try:
    """A try to log in. row: the account, if it may be tried now; why: why not, in a word."""

    row: Any = None
    why: str = "denied"


def name_of(login: str) -> str:
    """Give the name as which an account acts."""
    return f"person:{login}"


def add(
    connection: Connection,
    login: str,
    password: str,
    *,
    environment: str,
    agencies: Sequence[str],
    roles: Sequence[str],
) -> bool:
    """Add an account with a password that must be changed; False: the login is taken."""
    name = name_of(login)
    if connection.execute(sa.select(client.c.id).where(client.c.name == name)).one_or_none():
        return False
    row = {"name": name, "environment": environment, "created_at": db_now(connection)}
    number = connection.execute(
        client.insert()
        .values(**row, agencies=list(agencies), sort="person", roles=list(roles))
        .returning(client.c.id)
    ).scalar_one()
    connection.execute(
        account.insert().values(client=number, login=login, password=password, must_change=True)
    )
    return True


def begin_try(connection: Connection, login: str, pause: Callable[[int], int]) -> Try:
    """Count a try before the password is looked at: many at once are as many, not one.

    pause: for so many milliseconds an account is locked after so many tries in a row
    """
    now = db_now(connection)
    free = sa.or_(account.c.locked_until.is_(None), account.c.locked_until <= now)
    row = connection.execute(
        account.update()
        .where(account.c.login == login, account.c.ended_at.is_(None), free)
        .values(failed=account.c.failed + 1)
        .returning(account.c.client, account.c.password, account.c.must_change, account.c.failed)
    ).one_or_none()
    if row is None:
        known = connection.execute(sa.select(account.c.ended_at).where(account.c.login == login))
        found = known.one_or_none()
        return Try(why="unknown" if found is None else "locked" if found[0] is None else "ended")
    locked = pause(row.failed)
    if locked:
        connection.execute(
            account.update().where(account.c.client == row.client).values(locked_until=now + locked)
        )
    return Try(row)


def open_session(
    connection: Connection, number: int, password: str, session: bytes, lasts: int
) -> int | None:
    """Open a session and forget the tries; give when it ends in milliseconds.

    None: the account has ended, or its password is another one by now
    """
    now = db_now(connection)
    stands = connection.execute(
        account.update()
        .where(
            account.c.client == number,
            account.c.password == password,
            account.c.ended_at.is_(None),
        )
        .values(failed=0, locked_until=None)
    ).rowcount
    if not stands:
        return None
    connection.execute(account_session.delete().where(account_session.c.expires_at <= now))
    times = {"created_at": now, "expires_at": now + lasts}
    connection.execute(account_session.insert().values(hash=session, client=number, **times))
    return now + lasts


def find_session(connection: Connection, session: bytes) -> Any:
    """Find who has a session that has not ended; None: there is none."""
    return connection.execute(
        sa.select(client, account.c.login, account.c.must_change)
        .join(account, account.c.client == client.c.id)
        .join(account_session, account_session.c.client == client.c.id)
        .where(
            account_session.c.hash == session,
            account_session.c.expires_at > db_now(connection),
            account.c.ended_at.is_(None),
        )
    ).one_or_none()


def end_session(connection: Connection, session: bytes) -> None:
    """End a session."""
    connection.execute(account_session.delete().where(account_session.c.hash == session))


def change_password(connection: Connection, number: int, old: str, new: str) -> bool:
    """Give an account another password and end its sessions; False: the old one has changed."""
    changed = connection.execute(
        account.update()
        .where(account.c.client == number, account.c.password == old, account.c.ended_at.is_(None))
        .values(password=new, must_change=False)
    ).rowcount
    if changed:
        _end_sessions(connection, number)
    return bool(changed)


def reset(connection: Connection, login: str, password: str) -> bool:
    """Give an account a password that must be changed and unlock it; False: there is none."""
    fresh = {"must_change": True, "failed": 0, "locked_until": None}
    number = connection.execute(
        account.update()
        .where(account.c.login == login, account.c.ended_at.is_(None))
        .values(password=password, **fresh)
        .returning(account.c.client)
    ).scalar_one_or_none()
    if number is not None:
        _end_sessions(connection, number)
    return number is not None


def disable(connection: Connection, login: str) -> bool:
    """End an account and all its sessions; False: there is none."""
    number = connection.execute(
        account.update()
        .where(account.c.login == login, account.c.ended_at.is_(None))
        .values(ended_at=db_now(connection))
        .returning(account.c.client)
    ).scalar_one_or_none()
    if number is not None:
        _end_sessions(connection, number)
    return number is not None


def set_roles(
    connection: Connection, login: str, roles: Sequence[str], agencies: Sequence[str] | None
) -> bool:
    """Give an account other roles and, if they are said, agencies; False: there is none."""
    row: dict[str, Any] = {"roles": list(roles)}
    if agencies is not None:
        row["agencies"] = list(agencies)
    number = sa.select(account.c.client).where(
        account.c.login == login, account.c.ended_at.is_(None)
    )
    changed = connection.execute(
        client.update().where(client.c.id == number.scalar_subquery()).values(**row)
    )
    return bool(changed.rowcount)


def listed(connection: Connection) -> list[Any]:
    """List the accounts by login; locked: right now."""
    now = db_now(connection)
    return list(
        connection.execute(
            sa.select(
                account.c.login,
                client.c.environment,
                client.c.agencies,
                client.c.roles,
                account.c.must_change,
                account.c.ended_at,
                sa.func.coalesce(account.c.locked_until > now, sa.false()).label("locked"),
            )
            .join(client, client.c.id == account.c.client)
            .order_by(account.c.login)
        )
    )


def _end_sessions(connection: Connection, number: int) -> None:
    connection.execute(account_session.delete().where(account_session.c.client == number))
