"""Calls of outside systems to us, read by their adapter and answered in their own form."""

from __future__ import annotations

import base64
import hmac
from datetime import UTC, datetime

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from adapters.kit.port import Call
from gateway.dossiers.systems import System
from gateway.intake.caller import refuse_if_often
from gateway.intake.problems import Problem

router = APIRouter()
LARGEST = 32 * 1024 * 1024
"""Bytes of a call: some systems send files inside."""


@router.post("/hear/{system}/{path:path}")
@router.api_route("/hear/{system}/{path:path}", methods=["GET", "PUT"], include_in_schema=False)
async def hear(request: Request, system: str, path: str) -> Response:
    """Take a call of a configured system; its secret comes as Bearer, Basic password or `token`."""
    parts = request.app.state.parts
    given = _given(request)
    named = next((one for one in parts.systems.all if one.name == system and one.listens), None)
    if named is None or named.adapter.hear is None or not _knows_the_secret(given, named):
        # For names that there are not, too: the answer says nothing about either.
        address = request.client.host if request.client else ""
        refuse_if_often(request.app.state.wrong_keys, address, f"hear {system}")
        raise Problem(404, "not_found")
    body = await parts.load.body(request, LARGEST)
    heard = named.adapter.hear(
        Call(
            method=request.method,
            path=f"/{path}",
            query={name: text for name, text in request.query_params.items() if name != "token"},
            headers={
                name: text for name, text in request.headers.items() if name != "authorization"
            },
            body=body,
            now=datetime.now(UTC),
        ),
        named.settings,
    )
    if heard is None:
        raise Problem(404, "not_found")
    verdicts = await parts.hear(named, heard.items) if heard.items else ()
    said = heard.answer(verdicts)
    return Response(said.body, said.status, dict(said.headers))


def _given(request: Request) -> str:
    """Read the secret that a call carries; one that cannot be read is refused before any name."""
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            return base64.b64decode(given, validate=True).decode().partition(":")[2]
        except ValueError:
            raise Problem(401, "unauthorized", headers={"WWW-Authenticate": "Basic"}) from None
    return given if kind.lower() == "bearer" else request.query_params.get("token", "")


def _knows_the_secret(given: str, system: System) -> bool:
    """Compare the secret, in constant time; without one in the settings nobody may call."""
    inbox = system.config.inbox
    if inbox is None or inbox.token is None:
        return False
    return hmac.compare_digest(given.strip().encode(), inbox.token.encode())
