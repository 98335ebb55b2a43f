"""What commune software posts: dossiers, events, rows."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar
from uuid import UUID

import structlog
from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse

from gateway.access.may import helps, may_claim, may_file
from gateway.access.principals import Principal
from gateway.access.roles import Right
from gateway.admission.odd_times import odd_times
from gateway.admission.parse import Unreadable, digest, parse, validate
from gateway.admission.requests import (
    Command,
    Denied,
    JudgeSource,
    MergeDossiers,
    RecordEvent,
    RecordSnapshot,
    RegisterDossier,
)
from gateway.intake.caller import requires
from gateway.intake.parameters import ExpectedVersion, IdempotencyKey, IfMatch
from gateway.intake.problems import Problem
from gateway.watch import metrics
from gateway.words.fault import Fault
from schemas.base import Part, Text100, Text1000
from schemas.dossier import Content, NewDossier
from schemas.event import NewEvent
from schemas.parts import Flag, Officer

log = structlog.get_logger()

router = APIRouter(prefix="/v1")
LARGEST = 1024 * 1024
"""Bytes of a body; files are uploaded apart."""
JSON_TYPES = frozenset({"application/json", "text/json", ""})
"""How a body of JSON may be called, beside `…+json`; old software does not call it anything."""
M = TypeVar("M", bound=BaseModel)


def described(model: type[BaseModel]) -> dict[str, Any]:
    """Describe a body that is read by hand; its schema is written with the specification."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


@router.post("/dossiers", status_code=201, openapi_extra=described(NewDossier))
async def post_dossier(
    request: Request,
    client: Annotated[Principal, requires(Right.FILE)],
    key: IdempotencyKey = None,
) -> JSONResponse:
    """Post a dossier; the same `source.ref` and content once more is the same answer (200)."""
    content, digest, flags = await read_body(request, NewDossier)
    _may(client, content)
    return await _submit(
        request,
        RegisterDossier(client=client, content=content, digest=digest, key=key, flags=flags),
    )


@router.post("/dossiers/{dossier_id}/events", status_code=201, openapi_extra=described(NewEvent))
async def post_event(
    request: Request,
    dossier_id: UUID,
    client: Annotated[Principal, requires(Right.FILE)],
    key: IdempotencyKey = None,
    if_match: IfMatch = None,
    expected_version: ExpectedVersion = None,
) -> JSONResponse:
    """Post an event of a known dossier; its `ref` makes a repeat harmless."""
    event, digest, flags = await read_body(request, NewEvent)
    return await _submit(
        request,
        RecordEvent(
            client=client,
            dossier=dossier_id,
            event=event,
            digest=digest,
            key=key,
            expected_version=expected_version or if_match,
            flags=flags,
        ),
    )


@router.post("/snapshots", status_code=201, openapi_extra=described(Content))
async def post_snapshot(
    request: Request,
    client: Annotated[Principal, requires(Right.FILE)],
    key: IdempotencyKey = None,
) -> JSONResponse:
    """Post the current state of a dossier, from software that only knows rows."""
    content, digest, flags = await read_body(request, Content)
    if content.source.as_of is None:
        raise Problem(422, "invalid", [Fault("missing", "/source/as_of")])
    _may(client, content)
    return await _submit(
        request,
        RecordSnapshot(client=client, content=content, digest=digest, key=key, flags=flags),
    )


class Joining(Part):
    """Two dossiers that a human found to be one."""

    duplicate: UUID = Field(title="Hồ sơ trùng", description="the dossier that is given up")
    reason: Text1000 = Field(title="Lý do", description="why they are one")
    by: Officer = Field(title="Người quyết định", description="who found it")


@router.post("/dossiers/{dossier_id}/merge", status_code=201, openapi_extra=described(Joining))
async def merge_dossiers(
    request: Request,
    dossier_id: UUID,
    client: Annotated[Principal, requires(Right.MERGE)],
    key: IdempotencyKey = None,
) -> JSONResponse:
    """Merge a duplicate into this dossier, which survives with all codes of both."""
    asked, digest, _ = await read_body(request, Joining)
    return await _submit(
        request,
        MergeDossiers(
            client=client,
            dossier=dossier_id,
            duplicate=asked.duplicate,
            reason=asked.reason,
            by=asked.by,
            digest=digest,
            key=key,
        ),
    )


class Judging(Part):
    """Whether a source that joined unsure means the same citizen."""

    source: Text100 = Field(
        title="Nguồn", description="as the evidence names it: client:NUMBER or system:NAME"
    )
    same: Flag = Field(title="Cùng một hồ sơ", description="false: it gets a dossier of its own")
    reason: Text1000 = Field(title="Lý do", description="why")
    by: Officer = Field(title="Người quyết định", description="who found it")


@router.post("/dossiers/{dossier_id}/sources", status_code=201, openapi_extra=described(Judging))
async def judge_source(
    request: Request,
    dossier_id: UUID,
    client: Annotated[Principal, requires(Right.MERGE)],
    key: IdempotencyKey = None,
) -> JSONResponse:
    """Say of a source that joined unsure whether it means the same citizen."""
    asked, digest, _ = await read_body(request, Judging)
    return await _submit(
        request,
        JudgeSource(
            client=client,
            dossier=dossier_id,
            source=asked.source,
            same=asked.same,
            reason=asked.reason,
            by=asked.by,
            digest=digest,
            key=key,
        ),
    )


async def read_body(
    request: Request, model: type[M]
) -> tuple[M, bytes, tuple[tuple[str, str], ...]]:
    """Read a body, or refuse it with all that is wrong."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in JSON_TYPES and not kind.endswith("+json"):
        raise Problem(415, "media_type", more={"accepted": "application/json"})
    body = await request.app.state.parts.load.body(request, LARGEST, "files go to POST /v1/files")
    try:
        found = parse(body)
    except Unreadable as error:
        raise Problem(400, "malformed_json", [error.fault]) from None
    read = validate(model, found)
    if isinstance(read, tuple):
        raise Problem(422, "invalid", read)
    return read, digest(read), odd_times(body, found)


def _may(client: Principal, content: Content) -> None:
    """Refuse dossiers of agencies for which this key may not speak."""
    if not may_file(client, content):
        raise Problem(403, "forbidden_agency", [Fault("agency", "/agencies/competent/code")])
    code = content.official_code
    if code is not None and (helps(client, content) or not may_claim(client, code)):
        raise Problem(403, "forbidden_code", [Fault("code_of_another_unit", "/official_code")])


async def _submit(request: Request, command: Command) -> JSONResponse:
    answered = await request.app.state.parts.batcher.submit(command)
    if isinstance(answered, Denied):
        raise Problem(answered.status, answered.code, answered.faults, more=answered.more)
    kind = command.kind  # as it was called when the metric was
    metrics.ADMITTED.labels(kind).inc()
    if answered.status == 201:
        log.info("stored", kind=kind, dossier=answered.body["id"], version=answered.body["version"])
    headers = {"Location": f"/v1/dossiers/{answered.body['id']}"}
    return JSONResponse(dict(answered.body), answered.status, headers)
