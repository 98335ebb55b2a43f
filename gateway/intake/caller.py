"""Who is calling, and whether its roles open this door: every route but health asks here first."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from fastapi import Depends
from starlette.requests import Request

from gateway.access.accounts import SESSION, Accounts, LoggedIn
from gateway.access.issuer import IssuerUnavailable
from gateway.access.principals import Principal
from gateway.access.roles import Reach, Right
from gateway.access.wrong_keys import WrongKeys
from gateway.intake.problems import Problem

RETRY_AFTER = "5"
T = TypeVar("T")


async def _caller(request: Request) -> Principal:
    key = bearer(request)
    if key.startswith(SESSION):
        person = await logged_in(request)
        if person.must_change:
            raise Problem(403, "password_must_change")
        client = person.principal
    else:
        found = await _in_turn(request, lambda: _principal(request, key))
        if found is None:
            raise _unauthorized(request, key)
        client = found
    request.app.state.parts.load.admit(request, client)
    return client


Caller = Annotated[Principal, Depends(_caller)]
"""For doors that decide by themselves, and write down whom they turn away."""


async def logged_in(request: Request) -> LoggedIn:
    """Find who has the session that this request comes under."""
    key = bearer(request)
    accounts: Accounts = request.app.state.accounts
    found = await _in_turn(request, lambda: accounts.find(key)) if key.startswith(SESSION) else None
    if found is None:
        raise _unauthorized(request, key)
    return found


async def _in_turn(request: Request, find: Callable[[], Awaitable[T]]) -> T:
    """Look a key up; from where many wrong ones came, one after the other."""
    wrong: WrongKeys = request.app.state.wrong_keys
    if not wrong.waits(address_of(request)):
        return await find()
    async with wrong.turns:
        return await find()


def address_of(request: Request) -> str:
    """Give the address that a request comes from, as trusted proxies say it."""
    return request.client.host if request.client else ""


def _unauthorized(request: Request, key: str) -> Problem:
    """Refuse a key; one of too many wrong ones is told to wait."""
    if key:
        refuse_if_often(request.app.state.wrong_keys, address_of(request), key)
    return Problem(401, "unauthorized", headers={"WWW-Authenticate": "Bearer"})


def refuse_if_often(wrong: WrongKeys, address: str, key: str) -> None:
    """Count a wrong key, and refuse it by 429 where there were too many."""
    wait = wrong.count(address, key.strip())
    if wait:
        headers = {"Retry-After": str(math.ceil(wait))}
        raise Problem(429, "too_many_wrong_keys", headers=headers)


def bearer(request: Request) -> str:
    """Give the key or token that a request carries, or an empty text."""
    kind, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if kind.lower() == "bearer" else ""


async def _principal(request: Request, key: str) -> Principal | None:
    """Find whose key or token it is."""
    if key.startswith("lt_"):
        found: Principal | None = await request.app.state.keys.find(key)
        return found
    people: Callable[[str], Awaitable[Principal | None]] | None = request.app.state.parts.people
    if people is None or not key:
        return None
    try:
        return await people(key)
    except IssuerUnavailable:
        headers = {"Retry-After": RETRY_AFTER}
        raise Problem(503, "issuer_unavailable", headers=headers) from None


def requires(right: Right, least: Reach = Reach.OWN) -> Any:
    """Let nobody in none of whose roles has this right; how far it reaches, the route asks.

    least: with `ALL`, for what has no dossiers of one's own
    """

    async def allowed(request: Request) -> Principal:
        client = await _caller(request)
        if client.reach(right) < least:
            raise Problem(403, "forbidden", more={"right": right.value})
        return client

    return Depends(allowed)
