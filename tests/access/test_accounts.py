"""Local accounts: who gets in, who is locked out, and what is kept of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from gateway.access.accounts import Accounts, Session, locked_for, login_of
from gateway.access.passwords import Passwords, TooManyLogins, acceptable, one_time_password
from gateway.access.roles import Role
from gateway.operations import accounts as operations
from gateway.operations.refusals import Refusal
from gateway.settings import Settings
from gateway.store.engine import Store
from gateway.store.tables import account, account_session, audit
from tests.operations.begun import begun

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
OWN = "một mật khẩu dài"


class Counting(Passwords):
    """Counts how often a password is looked at."""

    def __init__(self) -> None:
        super().__init__(QUICK)
        self.looks = 0

    async def verify(self, hashed: str, password: str) -> bool:
        """Look, and count it."""
        self.looks += 1
        return await super().verify(hashed, password)


@dataclass
class Desk:
    """A store with one officer whose account was just made."""

    store: Store
    accounts: Accounts
    passwords: Counting
    first: str

    async def enter(self) -> Session:
        """Log in for the first time and choose a password."""
        session = await self.accounts.log_in("lan", self.first)
        assert session is not None
        who = await self.accounts.find(session.token)
        assert who is not None
        chosen = await self.accounts.change_password(who, self.first, OWN)
        assert chosen is not None
        return chosen

    async def kept(self) -> list[tuple[str, str, str]]:
        """Give who, what and result of the audit, as far as it is of accounts."""
        rows = await self.store.read(
            lambda connection: connection.execute(
                sa.select(audit.c.who, audit.c.what, audit.c.result).order_by(audit.c.id)
            ).all()
        )
        return [
            (row.who, row.what, row.result)
            for row in rows
            if row.what.startswith(("accounts.", "sessions."))
        ]

    async def later(self, millis: int) -> None:
        """Let time pass for locks and sessions."""

        def job(connection: Any) -> None:
            connection.execute(
                account.update().values(locked_until=account.c.locked_until - millis)
            )
            session = account_session.c.expires_at
            connection.execute(account_session.update().values(expires_at=session - millis))

        await self.store.write(job)


@pytest.fixture
async def desk(tmp_path: Path, database: dict[str, Any]) -> AsyncIterator[Desk]:
    """Open a desk."""
    async with begun(Settings(data=tmp_path, **database)) as store:
        first = await operations.add(
            store,
            "Lan",
            roles=(Role.OFFICER,),
            agencies=("H99.14",),
            environment="live",
            by="os:root",
        )
        passwords = Counting()
        yield Desk(store, Accounts(store, passwords, pace=0), passwords, str(first))


async def test_the_first_password_opens_only_the_way_to_another(desk: Desk) -> None:
    """Whoever made the account knows it; after the change that is over, and old sessions end."""
    given = await desk.accounts.log_in("LAN ", desk.first)
    assert given is not None
    before = await desk.accounts.find(given.token)

    own = await desk.enter()
    after = await desk.accounts.find(own.token)
    old = await desk.accounts.find(given.token)

    assert before is not None
    assert after is not None
    assert (before.must_change, after.must_change, old) == (True, False, None)
    assert (after.principal.name, after.principal.roles, after.principal.agencies) == (
        "person:lan",
        frozenset({Role.OFFICER}),
        ("H99.14",),
    )
    assert await desk.accounts.log_in("lan", desk.first) is None


async def test_five_wrong_tries_lock_also_the_right_password_out(desk: Desk) -> None:
    """A quarter of an hour; with the next wrong try after it, half an hour."""
    await desk.enter()
    for _ in range(5):
        await desk.accounts.log_in("lan", "wrong")

    locked = await desk.accounts.log_in("lan", OWN)
    await desk.later(15 * 60_000)
    await desk.accounts.log_in("lan", "wrong")
    await desk.later(15 * 60_000)
    again = await desk.accounts.log_in("lan", OWN)
    await desk.later(15 * 60_000)
    free = await desk.accounts.log_in("lan", OWN)

    assert (locked, again, free is not None) == (None, None, True)


async def test_many_tries_at_once_are_as_many(desk: Desk) -> None:
    """Who guesses in parallel has five guesses too: the rest look at nobody's password."""
    tries = [desk.accounts.log_in("lan", f"guess {number}") for number in range(20)]

    await asyncio.gather(*tries)
    rows = await desk.kept()

    assert [row[2] for row in rows].count("denied") == 5
    assert [row[2] for row in rows].count("locked") == 15


async def test_a_right_password_forgets_the_wrong_ones(desk: Desk) -> None:
    """Four mistakes a day lock nobody out."""
    await desk.enter()
    for _ in range(3):
        for _ in range(4):
            await desk.accounts.log_in("lan", "wrong")
        assert await desk.accounts.log_in("lan", OWN) is not None


async def test_every_refusal_looks_at_a_password_once(desk: Desk) -> None:
    """Unknown, wrong, locked and left cost the same work, and are the same answer."""
    looks, answers = [], []
    for login in ("nobody", "no login at all!", "lan"):
        desk.passwords.looks = 0
        answers.append(await desk.accounts.log_in(login, "wrong"))
        looks.append(desk.passwords.looks)
    await operations.disable(desk.store, "lan", by="os:root")
    desk.passwords.looks = 0
    answers.append(await desk.accounts.log_in("lan", desk.first))

    assert (answers, [*looks, desk.passwords.looks]) == ([None] * 4, [1] * 4)


async def test_a_refusal_comes_in_step(desk: Desk) -> None:
    """Its time is a whole number of steps, whatever was wrong."""
    slow = Accounts(desk.store, desk.passwords, pace=0.2)
    begun = time.monotonic()
    await slow.log_in("nobody", "wrong")

    assert time.monotonic() - begun >= 0.2


async def test_who_has_left_is_out_at_once(desk: Desk) -> None:
    """With the account all its sessions end, and no password or reset opens it again."""
    session = await desk.enter()
    await operations.disable(desk.store, "lan", by="os:root")

    found = await desk.accounts.find(session.token)
    again = await desk.accounts.log_in("lan", OWN)
    reset = await operations.reset(desk.store, "lan", by="os:root")

    assert (found, again, reset) == (None, None, Refusal("unknown_account", "lan"))


async def test_a_reset_unlocks_and_ends_sessions(desk: Desk) -> None:
    """Who forgot gets a new one-time password, also when locked out."""
    session = await desk.enter()
    for _ in range(6):
        await desk.accounts.log_in("lan", "wrong")
    password = await operations.reset(desk.store, "lan", by="os:root")

    again = await desk.accounts.log_in("lan", str(password))

    assert (await desk.accounts.find(session.token), again and again.must_change) == (None, True)


async def test_a_session_ends_after_a_working_day(desk: Desk) -> None:
    """Eight hours, and at a logout."""
    session = await desk.enter()
    who = await desk.accounts.find(session.token)
    assert who is not None
    other = await desk.accounts.log_in("lan", OWN)
    assert other is not None
    await desk.accounts.log_out(who, session.token)
    left = await desk.accounts.find(session.token)
    await desk.later(8 * 3_600_000)

    assert (left, await desk.accounts.find(other.token)) == (None, None)


async def test_other_roles_hold_at_once(desk: Desk) -> None:
    """An open session has what its account has now."""
    session = await desk.enter()
    await operations.set_roles(
        desk.store, "lan", roles=(Role.AUDITOR,), agencies=None, by="os:root"
    )
    who = await desk.accounts.find(session.token)

    assert who is not None
    assert (who.principal.roles, who.principal.agencies) == (
        frozenset({Role.AUDITOR}),
        ("H99.14",),
    )


async def test_all_of_it_is_in_the_audit(desk: Desk) -> None:
    """Who made, entered, changed, missed and left; of unknown logins not what was typed."""
    session = await desk.enter()
    who = await desk.accounts.find(session.token)
    assert who is not None
    await desk.accounts.log_in("lan", "wrong")
    await desk.accounts.log_in("my password, typed into the wrong field", "x")
    await desk.accounts.log_out(who, session.token)
    await operations.disable(desk.store, "lan", by="os:root")
    await operations.disable(desk.store, "lan", by="os:root")
    await desk.accounts.log_in("lan", OWN)

    assert await desk.kept() == [
        ("os:root", "accounts.add", "done"),
        ("person:lan", "sessions.open", "done"),
        ("person:lan", "accounts.password", "done"),
        ("person:lan", "sessions.open", "done"),
        ("person:lan", "sessions.open", "denied"),
        ("person:?", "sessions.open", "unknown"),
        ("person:lan", "sessions.close", "done"),
        ("os:root", "accounts.disable", "done"),
        ("os:root", "accounts.disable", "denied"),
        ("person:lan", "sessions.open", "ended"),
    ]


async def test_the_store_keeps_no_secret_in_the_clear(desk: Desk) -> None:
    """Passwords as argon2id, sessions as a hash."""
    session = await desk.enter()
    rows = await desk.store.read(
        lambda connection: [
            connection.execute(sa.select(account.c.password)).scalar_one(),
            connection.execute(sa.select(account_session.c.hash)).scalar_one(),
        ]
    )

    assert (rows[0].startswith("$argon2id$"), len(rows[1])) == (True, 32)
    assert session.token.encode() not in rows[1]


async def test_a_flood_of_logins_is_sent_away(desk: Desk) -> None:
    """Hashing takes memory: what waits is bounded, and who is sent away has not lost a try."""
    desk.passwords._waiting = 32

    with pytest.raises(TooManyLogins):
        await desk.accounts.log_in("lan", desk.first)
    desk.passwords._waiting = 0

    assert len(await desk.kept()) == 1


def test_locks_double_up_to_a_day() -> None:
    """From the fifth wrong try in a row on."""
    minutes = [locked_for(failed) // 60_000 for failed in (4, 5, 6, 7, 11, 12, 500)]

    assert minutes == [0, 15, 30, 60, 960, 1440, 1440]


@pytest.mark.parametrize(
    ("password", "fine"),
    [
        ("elevencharx", False),
        ("twelve chars", True),
        ("nguyen.thi.lan", False),
        ("x" * 1001, False),
    ],
)
def test_a_password_is_long_and_not_the_login(password: str, fine: bool) -> None:
    """Twelve characters, without rules of which signs."""
    assert acceptable(password, "nguyen.thi.lan") is fine


def test_a_one_time_password_can_be_read_out() -> None:
    """It is acceptable itself, and no letter is taken for another one."""
    made = {one_time_password() for _ in range(50)}

    assert len(made) == 50
    assert all(acceptable(one, "x") and not set(one) & set("0O1lI") for one in made)


async def test_letters_with_marks_are_one_password() -> None:
    """One keyboard writes ậ as one sign, another as three."""
    passwords = Passwords(QUICK)

    assert await passwords.verify(
        await passwords.hash("m\u1eadt kh\u1ea9u"), "ma\u0323\u0302t kha\u0302\u0309u"
    )


@pytest.mark.parametrize("text", ["a", "-ab", "a b", "a@b", "", "person:a", "ă", "a" * 65])
def test_what_can_be_no_login_is_none(text: str) -> None:
    """So none is taken for a person of an identity provider."""
    assert login_of(text) is None
