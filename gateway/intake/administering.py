"""What administrators and auditors ask: clients, their keys, the audit."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse

from gateway.access.keys import prefix_of
from gateway.access.principals import Environment, Principal
from gateway.access.roles import Reach, Right
from gateway.intake.caller import Caller
from gateway.intake.opening import stated_why
from gateway.intake.parameters import Name, Number, PageOf1000
from gateway.intake.posts import described, read_body
from gateway.intake.problems import Problem
from gateway.intake.reads import said
from gateway.operations import audit, client_keys
from gateway.operations.client_keys import LONGEST_DAYS, LONGEST_NAME, By, KnownClient, KnownKey
from gateway.operations.refusals import Refusal
from gateway.words.fault import Fault
from schemas.base import Part, Text35, Text100

router = APIRouter(prefix="/v1")
LONGEST_GRACE = 8760.0
"""Hours: a year."""
NO_STORE = {"Cache-Control": "no-store"}
"""For answers that hold a key."""
ABSENT = {"unknown_client": "no_such_client", "unknown_key": "no_such_key"}
Roots = tuple[Text35, ...]
Days = Annotated[float, Field(gt=0, le=LONGEST_DAYS)]


class NewClient(Part):
    """A client that is to be: its first key is in the answer, once."""

    name: Text100 = Field(title="Tên", description="a name for the client, for operators")
    environment: Environment = Field(title="Môi trường", description="of its keys")
    agencies: Roots = Field(
        title="Cơ quan", min_length=1, max_length=200, description="roots it speaks for"
    )
    helps: Roots = Field(
        (), title="Tiếp nhận hộ", max_length=200, description="roots whose dossiers it may take in"
    )
    expires_days: Days | None = Field(
        None, title="Thời hạn khóa", description="for so long its key works; else until revoked"
    )


class ClientChange(Part):
    """For whom a client speaks from now on; what is absent stays as it is."""

    agencies: Roots | None = Field(
        None, title="Cơ quan", min_length=1, max_length=200, description="roots it speaks for"
    )
    helps: Roots | None = Field(
        None, title="Tiếp nhận hộ", max_length=200, description="roots whose dossiers it takes in"
    )


class NewKey(Part):
    """A further key of a client."""

    grace_hours: Annotated[float, Field(ge=0, le=LONGEST_GRACE)] = Field(
        24.0, title="Gia hạn khóa cũ", description="hours for which the older keys still work"
    )
    expires_days: Days | None = Field(
        None, title="Thời hạn khóa", description="for so long it works; else until revoked"
    )


async def asks(
    request: Request, client: Principal, right: Right, what: str, name: str | None = None
) -> By:
    """Let whoever has a right for everything go on; a denial is in the audit.

    name: of the client that is meant; what names none is not written down, it may be anything
    """
    why = stated_why(request)
    if client.reach(right) is not Reach.ALL:
        await client_keys.note_denial(
            request.app.state.parts.store, what, name, By(who=client.audited, why=why)
        )
        raise Problem(403, "forbidden", more={"right": right.value})
    within: Environment | None = None if client.environment == "live" else "sandbox"
    return By(who=client.audited, why=why, within=within)


def _granted(answer: Any) -> Any:
    """Give what an operation answered; a refusal of it is a problem."""
    if not isinstance(answer, Refusal):
        return answer
    match answer.code:
        case "unknown_client" | "unknown_key":
            raise Problem(404, ABSENT[answer.code])
        case "name_taken":
            raise Problem(409, "client_name_taken")
        case "client_name":
            form = f"1–{LONGEST_NAME}, no colon, no slash"
            raise Problem(422, "invalid", [Fault("value", "/name", {"expected": form})])
        case _:  # a live client, asked for under a sandbox key
            raise Problem(422, "invalid", [Fault("value", "/environment", {"expected": "sandbox"})])


@router.get("/clients")
async def get_clients(request: Request, client: Caller) -> JSONResponse:
    """List the clients with their keys, of which only the first letters are known."""
    by = await asks(request, client, Right.CLIENTS, "clients.list")
    found = await client_keys.with_keys(request.app.state.parts.store, within=by.within)
    return JSONResponse({"clients": [_client(one) | {"keys": _keys(keys)} for one, keys in found]})


@router.post("/clients", status_code=201, openapi_extra=described(NewClient))
async def post_client(request: Request, client: Caller) -> JSONResponse:
    """Add a client; its key is answered this once."""
    by = await asks(request, client, Right.CLIENTS, "clients.add")
    asked, _, _ = await read_body(request, NewClient)
    store = request.app.state.parts.store
    key = _granted(
        await client_keys.add(
            store,
            asked.name,
            environment=asked.environment,
            agencies=asked.agencies,
            helps=asked.helps,
            days=asked.expires_days,
            by=by,
        )
    )
    [(made, keys)] = await client_keys.with_keys(store, asked.name, by.within)
    body = _client(made) | {"keys": _keys(keys), "key": key}
    return JSONResponse(body, 201, NO_STORE)


@router.patch("/clients/{name}", openapi_extra=described(ClientChange))
async def patch_client(request: Request, name: Name, client: Caller) -> JSONResponse:
    """Change for which agencies a client speaks, or helps: everywhere within five seconds."""
    by = await asks(request, client, Right.CLIENTS, "clients.agencies", name)
    asked, _, _ = await read_body(request, ClientChange)
    changed = await client_keys.assign(
        request.app.state.parts.store, name, agencies=asked.agencies, helps=asked.helps, by=by
    )
    return JSONResponse(_client(_granted(changed)))


@router.post("/clients/{name}/keys", status_code=201, openapi_extra=described(NewKey))
async def post_client_key(request: Request, name: Name, client: Caller) -> JSONResponse:
    """Give a client a new key, answered this once; the older ones end after the grace."""
    by = await asks(request, client, Right.CLIENTS, "clients.rotate", name)
    asked, _, _ = await read_body(request, NewKey)
    store = request.app.state.parts.store
    key = _granted(
        await client_keys.rotate(
            store, name, grace=asked.grace_hours, days=asked.expires_days, by=by
        )
    )
    return JSONResponse({"key": key, "prefix": prefix_of(key)}, 201, NO_STORE)


@router.delete("/clients/{name}/keys/{prefix}")
async def delete_client_key(
    request: Request, name: Name, prefix: Name, client: Caller
) -> JSONResponse:
    """End a key by its first letters: nowhere does it work five seconds later."""
    by = await asks(request, client, Right.CLIENTS, "clients.revoke", name)
    ended = await client_keys.revoke(request.app.state.parts.store, name, prefix, by=by)
    return JSONResponse({"revoked": _granted(ended)})


@router.get("/audit")
async def get_audit(
    request: Request,
    client: Caller,
    after: Number = 0,
    limit: PageOf1000 = 100,
) -> JSONResponse:
    """Give the sealed lines behind a place, in their order; follow `next` until it is absent."""
    await asks(request, client, Right.AUDIT, "audit.read")
    lines = await audit.behind(request.app.state.parts.store, after, limit)
    body: dict[str, Any] = {"lines": [audit.told(line) for line in lines]}
    if len(lines) == limit:
        body["next"] = lines[-1].place
    return JSONResponse(body)


def _client(one: KnownClient) -> dict[str, Any]:
    return {
        "name": one.name,
        "environment": one.environment,
        "agencies": list(one.agencies),
        "helps": list(one.helps),
    }


def _keys(keys: list[KnownKey]) -> list[dict[str, Any]]:
    return [
        {
            "prefix": key.prefix,
            "made_at": said(key.made),
            "expires_at": said(key.expires),
            "last_used_at": said(key.used),
            "works": key.works,
        }
        for key in keys
    ]
