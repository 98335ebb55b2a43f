"""Handing dossiers over by the API, and counting them by the three agencies of each."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse

from gateway.access.principals import Principal
from gateway.access.roles import Right
from gateway.intake.administering import asks
from gateway.intake.caller import Caller, requires
from gateway.intake.parameters import Name
from gateway.intake.posts import described, read_body
from gateway.intake.problems import Problem
from gateway.intake.reads import viewer
from gateway.operations.hand_over import Order, hand_over
from gateway.operations.refusals import Refusal
from gateway.store.ledger import queries
from gateway.words.fault import Fault
from schemas.base import Instant, Part, Text35, Text100, Text1000
from schemas.parts import Flag

router = APIRouter(prefix="/v1")
POINTERS = {
    "unknown_client": "/to",
    "same_client": "/to",
    "other_environment": "/to",
    "serves_not": "/agencies",
}


class ClientHandOver(Part):
    """Which open dossiers of a client go to another."""

    to: Text100 = Field(title="Bên nhận", description="name of the client that gets them")
    agencies: tuple[Text35, ...] = Field(
        (), title="Cơ quan", max_length=100, description="roots of subtrees; none: all of the giver"
    )
    since: Instant | None = Field(None, title="Từ", description="taken in by the gateway from then")
    until: Instant | None = Field(None, title="Đến trước", description="and before then")
    reason: Text1000 = Field(title="Lý do", description="why, for the audit")
    end_keys: Flag = Field(False, title="Kết thúc khóa cũ", description="end the giver's keys")
    dry_run: Flag = Field(True, title="Chạy thử", description="true: only say what would go")


@router.post("/clients/{name}/hand-over", openapi_extra=described(ClientHandOver))
async def post_hand_over(
    request: Request,
    name: Name,
    client: Caller,
) -> JSONResponse:
    """Hand the open dossiers of a client over to another; a dry run unless it is said otherwise."""
    by = await asks(request, client, Right.HAND_OVER, "clients.hand_over", name)
    asked, _, _ = await read_body(request, ClientHandOver)
    order = Order(
        giver=name,
        taker=asked.to,
        agencies=asked.agencies,
        since=asked.since,
        until=asked.until,
        by=by.who,
        reason=asked.reason,
        end_keys=asked.end_keys,
        within=by.within,
    )
    done = await hand_over(request.app.state.parts.store, order, dry_run=asked.dry_run)
    if isinstance(done, Refusal):
        known = done.code == "unknown_client" and done.said == name
        if known:
            raise Problem(404, "not_found")
        raise Problem(422, "invalid", [Fault(done.code, POINTERS[done.code])])
    return JSONResponse(
        {
            "dry_run": asked.dry_run,
            "dossiers": [str(one) for one in done.dossiers],
            "left": list(done.left),
            "files": done.files,
            "keys_ended": done.keys_ended,
        }
    )


@router.get("/counts")
async def get_counts(
    request: Request, client: Annotated[Principal, requires(Right.METADATA)]
) -> JSONResponse:
    """Count dossiers by state, for each agency as competent, as receiving and as helping."""
    looking = viewer(client, Right.METADATA)
    found: dict[str, Any] = await request.app.state.parts.store.read(
        lambda connection: queries.agency_counts(connection, looking)
    )
    return JSONResponse(found)
