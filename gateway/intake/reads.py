"""What clients and operators read: dossiers, ledger, systems, health, metrics."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from gateway import words
from gateway.access.audit import Entry, record
from gateway.access.principals import Principal
from gateway.access.roles import Reach, Right
from gateway.intake import totals
from gateway.intake.caller import Caller
from gateway.intake.problems import Problem
from gateway.store.engine import Connection
from gateway.store.ledger import queries
from gateway.words.fault import Fault
from schemas.base import spoken
from schemas.status import Status

router = APIRouter()


def said(millis: int | None) -> str | None:
    """Say a stored time."""
    return None if millis is None else spoken(datetime.fromtimestamp(millis / 1000, UTC))


def viewer(client: Principal, right: Right) -> queries.Viewer:
    """Say who looks."""
    reach = client.reach(right)
    return queries.Viewer(
        client.id,
        client.environment,
        client.agencies,
        everything=reach >= Reach.ALL_WITH_REASON,
        by_agency=reach is Reach.AGENCY,
        own=reach is Reach.OWN,
    )


@router.get("/v1/dossiers/{dossier_id}")
async def get_dossier(request: Request, dossier_id: UUID, client: Caller) -> JSONResponse:
    """Give a dossier as of its newest version, with its events."""
    found = await request.app.state.parts.store.read(
        lambda connection: queries.find_dossier(
            connection, viewer(client, Right.BODIES), dossier_id
        )
    )
    if found is None:
        raise Problem(404, "no_such_dossier")
    for one in found.get("evidence", ()):
        one["at"] = said(one["at"])
    return JSONResponse(found, headers={"ETag": f'"{found["version"]}"'})


@router.get("/v1/dossiers")
async def search_dossiers(
    request: Request,
    client: Caller,
    code: str | None = None,
    ref: str | None = None,
    status: str | None = None,
    updated_after: str | None = None,
    cursor: str | None = None,
    limit: Annotated[str, Query()] = "50",
) -> JSONResponse:
    """Find own dossiers, oldest change first; follow `next` until it is absent."""
    faults = []
    if status is not None and status not in set(Status):
        faults.append(Fault("value", "/status", {"expected": ", ".join(Status)}))
    if not limit.isdigit() or not 1 <= int(limit) <= 200:
        faults.append(Fault("value", "/limit", {"expected": "1–200"}))
    since = _millis(updated_after, faults)
    after = _place(cursor, faults)
    if faults:
        raise Problem(422, "invalid", faults)
    rows = await request.app.state.parts.store.read(
        lambda connection: queries.search(
            connection,
            viewer(client, Right.METADATA),
            code=code,
            ref=ref,
            status=status,
            updated_after=since,
            after=after,
            limit=int(limit),
        )
    )
    body: dict[str, Any] = {
        "dossiers": [
            {
                "id": str(row.id),
                "ref": row.ref,
                "official_code": row.code,
                "status": row.status,
                "procedure": row.procedure,
                "version": row.last_seq,
                "updated_at": said(row.updated_at),
            }
            for row in rows
        ]
    }
    if len(rows) == int(limit):
        place = json.dumps([rows[-1].updated_at, str(rows[-1].id)])
        body["next"] = base64.urlsafe_b64encode(place.encode()).decode()
    return JSONResponse(body)


def _millis(text: str | None, faults: list[Fault]) -> int | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        faults.append(Fault("value", "/updated_after", {"expected": "2026-03-02T09:30:00+07:00"}))
        return None
    return int(moment.timestamp() * 1000)


def _place(cursor: str | None, faults: list[Fault]) -> tuple[int, UUID] | None:
    if cursor is None:
        return None
    try:
        at, name = json.loads(base64.urlsafe_b64decode(cursor))
        return int(at), UUID(name)
    except (ValueError, TypeError):
        faults.append(Fault("value", "/cursor", {"expected": "next"}))
        return None


@router.get("/v1/dossiers/{dossier_id}/ledger")
async def get_ledger(request: Request, dossier_id: UUID, client: Caller) -> JSONResponse:
    """Say, for each system, what it holds, what remains and why, and every try."""
    language = words.language_of(request.headers.get("accept-language", ""))
    found = await request.app.state.parts.store.read(
        lambda connection: queries.ledger(connection, viewer(client, Right.METADATA), dossier_id)
    )
    if found is None:
        raise Problem(404, "no_such_dossier")
    return JSONResponse(
        {
            "id": str(dossier_id),
            "version": found["version"],
            "lanes": [_lane(row, found["version"], language) for row in found["lanes"]],
            "attempts": [_attempt(row) for row in found["attempts"]],
        },
        headers={"Content-Language": language},
    )


def _lane(row: dict[str, Any], head: int, language: words.Language) -> dict[str, Any]:
    state = "done" if row["state"] is None else queries.STATES[row["state"]]
    if row["via"] is not None:
        state = "via"
    elif row["lease_until"] is not None:
        state = "sending"
    return {
        "system": row["name"],
        "state": state,
        "delivered_up_to": row["done_seq"],
        "of": head,
        "delivered_at": said(row["done_at"]),
        "via": row["via"],
        "born_here": row["born_here"],
        "tries": row["tries"],
        "reason": row["reason"],
        "why": words.lane(row["reason"], language),
        "next_try_at": said(row["wake_at"]),
        "waits_for": row["parked_for"],
        "problems": row["detail"] or [],
    }


def _attempt(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "system": row["name"],
        "from": row["from_seq"],
        "to": row["to_seq"],
        "started_at": said(row["started_at"]),
        "ended_at": said(row["ended_at"]),
        "outcome": row["outcome"],
        "late": row["late"],
        "adapter": row["adapter"],
        "detail": row["detail"],
    }


@router.get("/v1/systems")
async def get_systems(request: Request, client: Caller) -> JSONResponse:
    """Say how each system stands: its gate, and how many lanes wait or are parked."""
    parts = request.app.state.parts
    modes = {system.name: system.config for system in parts.systems.all}
    rows = [
        row
        | {
            "mode": modes[row["name"]].mode,
            "adapter": modes[row["name"]].adapter,
            "environment": modes[row["name"]].environment,
        }
        for row in await parts.store.read(queries.systems)
        if row["name"] in modes and modes[row["name"]].environment == client.environment
    ]
    return JSONResponse({"systems": rows})


@router.delete("/v1/sandbox")
async def delete_sandbox(request: Request, client: Caller) -> JSONResponse:
    """Delete all of the client's sandbox dossiers; live ones are only ever voided."""
    if client.environment != "sandbox":
        raise Problem(403, "sandbox_only")

    def delete(connection: Connection) -> int:
        gone = queries.delete_sandbox(connection, client.id)
        done = Entry(who=client.audited, what="sandbox.delete", object=f"{gone} dossiers")
        record(connection, done)
        return gone

    gone = await request.app.state.parts.store.write(delete)
    return JSONResponse({"deleted": gone})


@router.get("/healthz")
async def healthz() -> PlainTextResponse:
    """Say that the process lives."""
    return PlainTextResponse("ok")


@router.get("/readyz")
async def readyz(request: Request) -> JSONResponse:
    """Say whether intake can commit; a broker or a system that is down is only a detail."""
    parts = request.app.state.parts
    store = parts.store
    await store.write(queries.can_commit)
    rows = await store.read(queries.systems)
    return JSONResponse(
        {
            "ready": True,
            "broker": parts.broker(),
            "systems": {row["name"]: row["gate"] for row in rows},
        }
    )


@router.get("/metrics")
async def get_metrics(request: Request) -> Response:
    """Give the metrics in Prometheus' format."""
    parts = request.app.state.parts
    await totals.refresh(parts.store, parts.at_risk, parts.depths())
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
