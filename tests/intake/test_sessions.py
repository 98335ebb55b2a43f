"""People log in over HTTP: what is answered, and what a one-time password opens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.access.accounts import Accounts
from gateway.access.passwords import Passwords
from gateway.access.roles import Role
from gateway.main.serving import build
from gateway.operations import accounts
from gateway.settings import Settings
from tests.access.test_accounts import QUICK

OWN = "một mật khẩu dài"


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    """Serve a gateway with one new officer; give its one-time password too."""
    app = await build(Settings(data=tmp_path))
    store = app.state.parts.store
    app.state.accounts = Accounts(store, Passwords(QUICK), pace=0)
    given = await accounts.add(
        store, "lan", roles=(Role.OFFICER,), agencies=("H99",), environment="live", by="os:root"
    )
    way = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=way, base_url="http://x") as client,
    ):
        yield client, str(given)


async def log_in(api: httpx.AsyncClient, password: str, login: str = "lan") -> httpx.Response:
    """Log in."""
    return await api.post("/v1/session", json={"login": login, "password": password})


def under(answer: httpx.Response) -> dict[str, str]:
    """Give the header of whoever got this session."""
    return {"Authorization": f"Bearer {answer.json()['token']}"}


async def change(
    api: httpx.AsyncClient, session: httpx.Response, old: str, new: str
) -> httpx.Response:
    """Choose another password."""
    body = {"old": old, "new": new}
    return await api.put("/v1/session/password", json=body, headers=under(session))


async def test_the_way_in_and_out(api: tuple[httpx.AsyncClient, str]) -> None:
    """A new officer chooses a password, works, and logs out."""
    client, first = api
    given = await log_in(client, first)
    shut = await client.get("/v1/dossiers", headers=under(given))
    own = await change(client, given, first, OWN)
    works = await client.get("/v1/dossiers", headers=under(own))
    out = await client.delete("/v1/session", headers=under(own))
    over = await client.get("/v1/dossiers", headers=under(own))

    assert (given.status_code, given.json()["must_change"], given.headers["cache-control"]) == (
        201,
        True,
        "no-store",
    )
    assert (shut.status_code, shut.json()["type"]) == (
        403,
        "urn:lienthong:problem:password_must_change",
    )
    statuses = [one.status_code for one in (own, works, out, over)]
    assert (statuses, own.json()["must_change"]) == ([200, 200, 204, 401], False)


async def test_unknown_and_wrong_are_one_answer(api: tuple[httpx.AsyncClient, str]) -> None:
    """Nobody learns who has an account."""
    client, first = api
    answers = [await log_in(client, "wrong"), await log_in(client, first, "nobody")]

    assert [one.status_code for one in answers] == [401, 401]
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize("new", ["short", "lan", "FIRST"])
async def test_a_weak_password_is_not_taken(api: tuple[httpx.AsyncClient, str], new: str) -> None:
    """Nor the one-time password once more, nor does an answer repeat it."""
    client, first = api
    answer = await change(client, await log_in(client, first), first, new.replace("FIRST", first))

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/new")
    assert first not in answer.text


async def test_a_password_is_changed_only_by_who_knows_it(
    api: tuple[httpx.AsyncClient, str],
) -> None:
    """A session that was left open is not enough, and guessing there locks too."""
    client, first = api
    session = await log_in(client, first)
    wrong = [await change(client, session, "wrong", OWN) for _ in range(6)]
    locked = await change(client, session, first, OWN)

    assert {one.status_code for one in [*wrong, locked]} == {403}


@pytest.mark.parametrize("token", ["lt_session_x", "lt_session_", "lt_live_x", "", "x.y.z"])
async def test_without_a_session_there_is_nothing_to_end(
    api: tuple[httpx.AsyncClient, str], token: str
) -> None:
    """Keys and invented tokens are no session."""
    headers: dict[str, Any] = {"Authorization": f"Bearer {token}"}
    answer = await api[0].delete("/v1/session", headers=headers)

    assert answer.status_code == 401


@pytest.mark.parametrize(
    "body", [{}, {"login": 7, "password": "x"}, {"login": "lan", "password": "x", "more": 1}]
)
async def test_what_is_no_login_is_said(api: tuple[httpx.AsyncClient, str], body: Any) -> None:
    """As everywhere: all faults, each with its field."""
    answer = await api[0].post("/v1/session", json=body)

    assert answer.status_code == 422
