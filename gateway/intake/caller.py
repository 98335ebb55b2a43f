"""Who is calling: every route but health asks here first."""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from gateway.access.principals import Principal
from gateway.access.wrong_keys import WrongKeys
from gateway.intake.problems import Problem


async def _caller(request: Request) -> Principal:
    kind, _, key = request.headers.get("authorization", "").partition(" ")
    client = None
    wrong: WrongKeys = request.app.state.wrong_keys
    address = request.client.host if request.client else ""
    if kind.lower() == "bearer" and key.startswith("lt_"):
        if wrong.waits(address):
            async with wrong.turns:
                client = await request.app.state.keys.find(key.strip())
        else:
            client = await request.app.state.keys.find(key.strip())
    if client is None:
        if key:
            refuse_if_often(wrong, address, key)
        raise Problem(401, "unauthorized", headers={"WWW-Authenticate": "Bearer"})
    request.app.state.parts.load.admit(request, client)
    return client  # type: ignore[no-any-return]


def refuse_if_often(wrong: WrongKeys, address: str, key: str) -> None:
    """Count a wrong key, and refuse it by 429 where there were too many."""
    wait = wrong.count(address, key.strip())
    if wait:
        headers = {"Retry-After": str(math.ceil(wait))}
        raise Problem(429, "too_many_wrong_keys", headers=headers)


Caller = Annotated[Principal, Depends(_caller)]
