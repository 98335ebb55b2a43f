"""What clients and operators read: dossiers, ledger, systems, health, metrics."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import JSONResponse

from gateway import words
from gateway.access.audit import Entry, record
from gateway.access.principals import Principal
from gateway.access.roles import Reach, Right
from gateway.intake.caller import requires
from gateway.intake.opening import REASON, beyond, keep_reading, reason_needed, stated_reason
from gateway.intake.problems import Problem
from gateway.store.engine import Connection, Store
from gateway.store.ledger import queries
from gateway.words.fault import Fault
from schemas.base import spoken
from schemas.status import Status

router = APIRouter()


def said(millis: int | None) -> str | None:
    """Say a stored time."""
    return None if millis is None else spoken(datetime.fromtimestamp(millis / 1000, UTC))


def viewer(client: Principal, right: Right, most: Reach = Reach.ALL) -> queries.Viewer:
    """Say who looks, and how far; roles that reach beyond `most` aside."""
    reach = client.reach(right, most)
    return queries.Viewer(
        client.id,
        client.environment,
        client.agencies,
        everything=reach >= Reach.ALL_WITH_REASON,
        by_agency=reach is Reach.AGENCY,
        own=reach is Reach.OWN,
    )


@router.get("/v1/dossiers/{dossier_id}", openapi_extra=REASON)
async def get_dossier(
    request: Request, dossier_id: UUID, client: Annotated[Principal, requires(Right.BODIES)]
) -> JSONResponse:
    """Give a dossier as of its newest version, with its events."""
    reason = stated_reason(request)

    async def find(most: Reach) -> dict[str, Any] | None:
        seen_by = viewer(client, Right.BODIES, most)
        found: dict[str, Any] | None = await request.app.state.parts.store.read(
            lambda connection: queries.find_dossier(connection, seen_by, dossier_id)
        )
        return found

    found = await find(Reach.AGENCY)
    if found is None and beyond(client):
        if reason is None:
            raise reason_needed()
        found = await find(Reach.ALL)
    if found is None:
        raise Problem(404, "no_such_dossier")
    await keep_reading(request, client, "bodies.read", str(dossier_id), reason)
    for one in found.get("evidence", ()):
        one["at"] = said(one["at"])
    return JSONResponse(found, headers={"ETag": f'"{found["version"]}"'})


@router.get("/v1/dossiers")
async def search_dossiers(
    request: Request,
    client: Annotated[Principal, requires(Right.METADATA)],
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
                "ref": row.ref if row.ref != str(row.id) else row.first_ref,
                "official_code": row.code,
                "status": row.status,
                "procedure": row.procedure,
                "version": row.last_seq,
                "updated_at": said(row.updated_at),
                **_standing(row.voided, row.merged_into),
            }
            for row in rows
        ]
    }
    if len(rows) == int(limit):
        place = json.dumps([rows[-1].updated_at, str(rows[-1].id)])
        body["next"] = base64.urlsafe_b64encode(place.encode()).decode()
    return JSONResponse(body)


def _standing(voided: bool, merged_into: UUID | None) -> dict[str, Any]:
    """Say whether a dossier counts no more, and which one it went into."""
    into = {"merged_into": str(merged_into)} if merged_into is not None else {}
    return {"voided": voided, **into}


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


@router.get("/v1/dossiers/{dossier_id}/ledger", openapi_extra=REASON)
async def get_ledger(
    request: Request, dossier_id: UUID, client: Annotated[Principal, requires(Right.METADATA)]
) -> JSONResponse:
    """Say, for each system, what it holds, what remains and why, and every try.

    Details of tries may speak of the citizen: whoever sees all dossiers gets them with a reason.
    """
    language = words.language_of(request.headers.get("accept-language", ""))
    reason = stated_reason(request)

    async def find(most: Reach) -> dict[str, Any] | None:
        seen_by = viewer(client, Right.METADATA, most)
        found: dict[str, Any] | None = await request.app.state.parts.store.read(
            lambda connection: queries.ledger(connection, seen_by, dossier_id)
        )
        return found

    found, whole = await find(Reach.AGENCY), True
    if found is None and client.reach(Right.METADATA) is Reach.ALL:
        found, whole = await find(Reach.ALL), reason is not None and beyond(client)
    if found is None:
        raise Problem(404, "no_such_dossier")
    if whole:
        await keep_reading(request, client, "ledger.read", str(dossier_id), reason)
    return JSONResponse(
        {
            "id": str(dossier_id),
            "version": found["version"],
            **_standing(found["voided"], found["merged_into"]),
            "lanes": [
                _lane(row, found["version"], language) | (_problems(row) if whole else {})
                for row in found["lanes"]
            ],
            "attempts": [
                _attempt(row) | ({"detail": row["detail"]} if whole else {})
                for row in found["attempts"]
            ],
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
    }


def _problems(row: dict[str, Any]) -> dict[str, Any]:
    return {"problems": row["detail"] or []}


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
    }


@router.get("/v1/systems")
async def get_systems(
    request: Request, client: Annotated[Principal, requires(Right.METADATA)]
) -> JSONResponse:
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
async def delete_sandbox(
    request: Request, client: Annotated[Principal, requires(Right.FILE)]
) -> JSONResponse:
    """Delete all of the client's sandbox dossiers, with its files; live ones are only voided."""
    if client.environment != "sandbox":
        raise Problem(403, "sandbox_only")
    parts = request.app.state.parts

    def delete(connection: Connection) -> int:
        gone = queries.delete_sandbox(connection, client.id)
        done = Entry(who=client.audited, what="sandbox.delete", object=f"{gone} dossiers")
        record(connection, done)
        return gone

    gone = await parts.store.write(delete)
    orphans = await parts.store.write(
        lambda connection: queries.delete_files(connection, client.id)
    )
    await parts.files.forget(orphans, partial(_has_owner, parts.store))
    parts.load.stored_anew(client)
    return JSONResponse({"deleted": gone})


async def _has_owner(store: Store, name: str) -> bool:
    sha256 = bytes.fromhex(name)
    return await store.read(lambda connection: queries.any_file(connection, sha256)) is not None
