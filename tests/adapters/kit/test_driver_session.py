"""The driver and a session: who signs, what a dead one costs, what no token means."""

from __future__ import annotations

import pytest

from adapters.kit.driver import Conversation
from adapters.kit.port import Http, Token
from schemas.outcome import (
    Blocked,
    Malformed,
    Outcome,
    Refused,
    Suspect,
    Uncertain,
    Unreachable,
)
from tests.adapters.kit.scripted import (
    ADDED,
    DONE,
    KEYED,
    Scene,
    ScriptedLogin,
    reply,
    sends,
)

LOGIN = "POST /login"


async def test_what_needs_a_session_is_signed() -> None:
    """One login comes first; every request after it has the token, the login has none."""
    scene = Scene([reply()] * 3, login=ScriptedLogin(["t1"]))
    outcome = await scene.tell(sends(KEYED, ADDED))

    assert (outcome, scene.sent) == (DONE, [LOGIN, "PUT /cases/1 t1", "POST /lines t1"])


async def test_what_needs_no_signature_is_sent_without_a_login() -> None:
    """An open service is asked although the system has a login elsewhere."""
    scene = Scene([reply()], login=ScriptedLogin([]))
    await scene.tell(sends(Http(method="GET", path="/open", effect="read", signed=False)))

    assert scene.sent == ["GET /open"]


async def test_a_dead_session_costs_one_login() -> None:
    """The request is repeated with the fresh token, and the adapter hears only of the success."""
    scene = Scene(
        [reply(), reply(body="dead"), reply(), reply()], login=ScriptedLogin(["t1", "t2"])
    )
    outcome = await scene.tell(sends(KEYED))

    assert (outcome, scene.sent) == (DONE, [LOGIN, "PUT /cases/1 t1", LOGIN, "PUT /cases/1 t2"])


async def test_dead_right_after_a_fresh_login_is_the_operators() -> None:
    """Law 5: Whoever is refused with a new token has a wrong account: it is not tried for ever."""
    dead = reply(body="dead")
    scene = Scene([reply(), dead, reply(), dead], login=ScriptedLogin(["t1", "t2"]))

    assert await scene.tell(sends(KEYED)) == Blocked(
        why="the session was refused right after a fresh login"
    )


@pytest.mark.parametrize(
    "lost", [Unreachable(why="refused"), Uncertain(why="cut", effect="append")], ids=["away", "cut"]
)
async def test_without_a_login_nothing_of_the_step_was_sent(lost: Outcome) -> None:
    """Law 5: However a login got lost, the step surely was not received."""
    scene = Scene([lost], login=ScriptedLogin([]))
    outcome = await scene.tell(sends(ADDED))

    assert isinstance(lost, (Unreachable, Uncertain))
    assert (outcome, scene.sent) == (Unreachable(why=f"login: {lost.why}", at_login=True), [LOGIN])


@pytest.mark.parametrize(
    ("no", "said"),
    [
        (Blocked(why="wrong password"), "wrong password"),
        (Refused(code="2", message="no"), "login: no"),
        (Malformed(why="x", raw=""), "login: x"),
        (Suspect(why="HTTP 404"), "login: HTTP 404"),
        (DONE, "login: an answer that gives no session"),
    ],
)
async def test_whatever_a_login_says_is_about_our_account(no: Outcome, said: str) -> None:
    """Law 5: No answer to a login parks a dossier or tells one; nothing of the step was sent."""
    scene = Scene([reply()], login=ScriptedLogin([no]))

    assert (await scene.tell(sends(ADDED)), scene.sent) == (Blocked(why=said), [LOGIN])


@pytest.mark.parametrize("words", ["", "Session expired"])
async def test_a_401_is_a_dead_session_first(words: str) -> None:
    """Where there are sessions it costs one login, whatever else the adapter knows of them."""
    scene = Scene([reply(), reply(401, words), reply(), reply()], login=ScriptedLogin(["t1", "t2"]))
    outcome = await scene.tell(sends(KEYED))

    assert (outcome, scene.sent) == (DONE, [LOGIN, "PUT /cases/1 t1", LOGIN, "PUT /cases/1 t2"])


async def test_a_dying_token_that_is_handed_out_again_is_waited_for() -> None:
    """Nobody is blocked: the next login comes when that token has ended."""
    dying = ScriptedLogin([Token("t1", 50.0), Token("t1", 40.0)])
    scene = Scene([reply(), reply(body="dead"), reply()], login=dying)
    outcome = await scene.tell(sends(KEYED))

    why = "login: they hand out the token that they no longer take"
    assert (outcome, scene.sent) == (
        Unreachable(why=why, retry_after=40.0, at_login=True),
        [LOGIN, "PUT /cases/1 t1", LOGIN],
    )


async def test_a_login_that_could_not_finish_is_not_begun() -> None:
    """Law 3: The deadline of the talk holds for its logins too."""
    scene = Scene([], seconds=9.0, login=ScriptedLogin([]))
    outcome = await scene.tell(sends(ADDED))

    assert (outcome, scene.sent) == (
        Unreachable(why="login: no time left for a whole exchange", at_login=True),
        [],
    )


async def test_a_token_is_never_repeated() -> None:
    """An answer that quotes our token is shown without it."""
    scene = Scene([reply(), reply()], login=ScriptedLogin(["token-of-today"]))
    outcome = await scene.tell(sends(KEYED, end=Refused(code="7", message="bad token-of-today")))

    assert outcome == Refused(code="7", message="bad •••")


async def test_a_session_is_shared_by_conversations() -> None:
    """The second talk needs no login of its own."""
    scene = Scene([reply()] * 3, login=ScriptedLogin(["t1"]))
    for _ in range(2):
        await scene.tell(sends(KEYED))

    assert scene.sent == [LOGIN, "PUT /cases/1 t1", "PUT /cases/1 t1"]


async def logged_in(scene: Scene) -> Outcome | None:
    """Log in and tell nothing."""
    conversation: Conversation = scene.conversation()
    return await conversation.run_login()


async def test_a_login_alone_tells_nothing() -> None:
    """It says that they took it, and no step is told."""
    scene = Scene([reply()], login=ScriptedLogin(["t1"]))

    assert (await logged_in(scene), scene.sent) == (None, [LOGIN])


async def test_a_login_alone_says_why_not() -> None:
    """An operator reads what they answered."""
    scene = Scene([reply()], login=ScriptedLogin([Blocked(why="wrong password")]))

    assert await logged_in(scene) == Blocked(why="wrong password")


async def test_who_has_no_login_need_not_log_in() -> None:
    """Nothing is sent."""
    scene = Scene()

    assert (await logged_in(scene), scene.sent) == (None, [])


async def test_the_time_of_a_login_alone_is_that_of_a_talk() -> None:
    """It begins when the login does."""
    scene = Scene([reply()], seconds=10.0, login=ScriptedLogin(["t1"]))

    assert await logged_in(scene) is None
