"""Who is calling, and whether its roles open this door: every route but health asks here first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Depends
from starlette.requests import Request

from gateway.access.accounts import SESSION, Accounts, LoggedIn
from gateway.access.issuer import IssuerUnavailable
from gateway.access.principals import Principal
from gateway.access.roles import Reach, Right
from gateway.intake.problems import Problem

RETRY_AFTER = "5"


async def _caller(request: Request) -> Principal:
    key = bearer(request)
    if key.startswith(SESSION):
        person = await logged_in(request)
        if person.must_change:
            raise Problem(403, "password_must_change")
        return person.principal
    client = await _principal(request, key)
    if client is None:
        raise _unauthorized()
    return client


async def logged_in(request: Request) -> LoggedIn:
    """Find who has the session that this request comes under."""
    key = bearer(request)
    accounts: Accounts = request.app.state.accounts
    found = await accounts.find(key) if key.startswith(SESSION) else None
    if found is None:
        raise _unauthorized()
    return found


def _unauthorized() -> Problem:
    return Problem(401, "unauthorized", headers={"WWW-Authenticate": "Bearer"})


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
