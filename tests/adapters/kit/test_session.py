"""One login for many: single flight, spoilt once, a refusal remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from adapters.kit.session import REMEMBERED, SessionCache
from schemas.outcome import Blocked, Outcome, Unreachable


def logins(*answers: str | Outcome) -> tuple[list[int], Callable[[], Awaitable[str | Outcome]]]:
    """Make a login that gives these answers in turn and counts how often it was asked."""
    asked: list[int] = []

    async def login() -> str | Outcome:
        await asyncio.sleep(0)
        asked.append(1)
        return answers[len(asked) - 1]

    return asked, login


async def test_many_at_once_share_one_login() -> None:
    """Ten conversations that need a token log in once."""
    asked, login = logins("t")
    keeper = SessionCache(600)
    tokens = await asyncio.gather(*(keeper.token(login) for _ in range(10)))

    assert (len(asked), set(tokens)) == (1, {"t"})


async def test_a_spoilt_token_is_renewed_once() -> None:
    """Ten that see the same dead session cause one new login."""
    asked, login = logins("old", "new")
    keeper = SessionCache(600)
    old = await keeper.token(login)
    assert isinstance(old, str)
    token: str | Outcome = old
    for _ in range(10):
        keeper.invalidate(old)
        token = await keeper.token(login)

    assert (len(asked), token) == (2, "new")


async def test_a_refused_login_is_remembered() -> None:
    """A wrong password is not tried again for thirty seconds; a lost line is tried at once."""
    now = [0.0]
    asked, login = logins(Unreachable(why="x"), Blocked(why="no"), "t")
    keeper = SessionCache(600, clock=lambda: now[0])
    answers = [await keeper.token(login) for _ in range(4)]
    now[0] = REMEMBERED + 1
    last = await keeper.token(login)

    blocked = Blocked(why="no")
    assert (answers, last, len(asked)) == (
        [Unreachable(why="x"), blocked, blocked, blocked],
        "t",
        3,
    )


async def test_what_becomes_of_logins_is_told() -> None:
    """Each word once: for metrics, whose business the kit does not know."""
    words: list[str] = []
    _, login = logins("t", Unreachable(why="x"), Blocked(why="x"))
    keeper = SessionCache(600, told=words.append)
    await keeper.token(login)
    keeper.invalidate("t")
    keeper.invalidate("t")
    await keeper.token(login)
    await keeper.token(login)

    assert words == ["opened", "dead", "failed", "refused"]
