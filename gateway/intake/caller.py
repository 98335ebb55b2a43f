"""Who is calling: every route but health asks here first."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from gateway.access.principals import Principal
from gateway.intake.problems import Problem


async def _caller(request: Request) -> Principal:
    kind, _, key = request.headers.get("authorization", "").partition(" ")
    client = None
    if kind.lower() == "bearer" and key.startswith("lt_"):
        client = await request.app.state.keys.find(key.strip())
    if client is None:
        raise Problem(401, "unauthorized", headers={"WWW-Authenticate": "Bearer"})
    request.app.state.parts.load.admit(request, client)
    return client  # type: ignore[no-any-return]


Caller = Annotated[Principal, Depends(_caller)]
