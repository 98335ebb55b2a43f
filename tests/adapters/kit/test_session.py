"""One login for many: single flight, spoilt once, a refusal remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from adapters.kit.port import Token
from adapters.kit.session import MARGIN, REMEMBERED, SessionCache
from schemas.outcome import Blocked, Outcome, Unreachable

Given = str | Token | Outcome


def logins(*answers: Given) -> tuple[list[int], Callable[[], Awaitable[Given]]]:
    """Make a login that gives these answers in turn and counts how often it was asked."""
    asked: list[int] = []

    async def login() -> Given:
        await asyncio.sleep(0)
        asked.append(1)
        return answers[len(asked) - 1]

    return asked, login


async def test_many_at_once_share_one_login() -> None:
    """Ten conversations that need a token log in once."""
    asked, login = logins("t")
    session_cache = SessionCache(600)
    tokens = await asyncio.gather(*(session_cache.token(login) for _ in range(10)))

    assert (len(asked), set(tokens)) == (1, {"t"})


async def test_a_spoilt_token_is_renewed_once() -> None:
    """Ten that see the same dead session cause one new login."""
    asked, login = logins("old", "new")
    session_cache = SessionCache(600)
    old = await session_cache.token(login)
    assert isinstance(old, str)
    token: str | Outcome = old
    for _ in range(10):
        session_cache.invalidate(old)
        token = await session_cache.token(login)

    assert (len(asked), token) == (2, "new")


async def test_a_refused_login_is_remembered() -> None:
    """A wrong password is not tried again for thirty seconds; a lost line is tried at once."""
    now = [0.0]
    asked, login = logins(Unreachable(why="x"), Blocked(why="no"), "t")
    session_cache = SessionCache(600, clock=lambda: now[0])
    answers = [await session_cache.token(login) for _ in range(4)]
    now[0] = REMEMBERED + 1
    last = await session_cache.token(login)

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
    session_cache = SessionCache(600, on_change=words.append)
    await session_cache.token(login)
    session_cache.invalidate("t")
    session_cache.invalidate("t")
    await session_cache.token(login)
    await session_cache.token(login)

    assert words == ["opened", "dead", "failed", "refused"]


async def test_a_token_is_renewed_before_its_end() -> None:
    """One that lives an hour is used for 59 minutes, whatever the adapter's own limit is."""
    now = [0.0]
    asked, login = logins(Token("old", 3600.0), Token("new", 3600.0))
    session_cache = SessionCache(86400, clock=lambda: now[0])
    seen = []
    for at in (0.0, 3600.0 - MARGIN - 1, 3600.0 - MARGIN + 1):
        now[0] = at
        seen.append(await session_cache.token(login))

    assert (seen, len(asked)) == (["old", "old", "new"], 2)


async def test_a_token_that_is_handed_out_again_with_less_life_is_used() -> None:
    """A server that has one token an hour gives the same one again: it is used until it ends."""
    now = [0.0]
    _, login = logins(Token("t", 100.0), Token("t", 10.0), Token("t", 0.9), Token("u", 100.0))
    session_cache = SessionCache(86400, clock=lambda: now[0])
    seen: list[Given] = []
    for at in (0.0, 91.0, 100.1, 101.2):
        now[0] = at
        seen.append(await session_cache.token(login))

    why = "they hand out the token that they no longer take"
    assert seen == ["t", "t", Unreachable(why=why, retry_after=1.0), "u"]
