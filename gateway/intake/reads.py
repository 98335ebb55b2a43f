"""What clients and operators read: dossiers, ledger, systems, health, metrics."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse

from gateway import words
from gateway.access.audit import Entry, record
from gateway.access.principals import Principal
from gateway.access.roles import Reach, Right
from gateway.dossiers.expecting import expected_of
from gateway.dossiers.record import millis
from gateway.dossiers.systems import Systems
from gateway.intake.caller import requires
from gateway.intake.opening import REASON, beyond, keep_reading, reason_needed, stated_reason
from gateway.intake.parameters import Moment, PageOf200, StatusName, Text
from gateway.intake.problems import Problem
from gateway.rules.gate import Gate
from gateway.store.engine import Connection, Store
from gateway.store.ledger import queries
from gateway.words.fault import Fault
from schemas.base import spoken

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
    found |= expected_of(found, request.app.state.parts.systems)
    return JSONResponse(found, headers={"ETag": f'"{found["version"]}"'})


@router.get("/v1/dossiers")
async def search_dossiers(
    request: Request,
    client: Annotated[Principal, requires(Right.METADATA)],
    code: Text | None = None,
    ref: Text | None = None,
    status: StatusName | None = None,
    updated_after: Moment | None = None,
    cursor: Text | None = None,
    limit: PageOf200 = 50,
) -> JSONResponse:
    """Find own dossiers, oldest change first; follow `next` until it is absent.

    Whoever keeps the last page's `cursor` and comes back with it later misses no change.
    `updated_after` only chooses where to start: what changed up to a minute before may come too.
    """
    after = None if cursor is None else queries.Cursor.decode(cursor, FEED)
    if cursor is not None and after is None:
        raise Problem(422, "invalid", [Fault("value", "/cursor", {"expected": "cursor"})])
    systems: Systems = request.app.state.parts.systems
    try:
        page: queries.Page = await request.app.state.parts.store.read(
            lambda connection: queries.search(
                connection,
                viewer(client, Right.METADATA),
                code=code,
                ref=ref,
                status=status,
                updated_after=None if updated_after is None else millis(updated_after),
                after=after,
                limit=limit,
                timed=systems.procedures.timed,
            )
        )
    except queries.Outdated:
        raise Problem(410, "cursor_outdated") from None
    return JSONResponse(_page(page, systems))


FEED = "dossiers"
"""What cursors of this list are marked with."""


def _page(page: queries.Page, systems: Systems) -> dict[str, Any]:
    place = page.cursor.encode(FEED)
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
                **(expected_of(page.heads[row.id], systems) if row.id in page.heads else {}),
            }
            for row in page.rows
        ],
        "cursor": place,
    }
    return body | ({"next": place} if page.more else {})


def _standing(voided: bool, merged_into: UUID | None) -> dict[str, Any]:
    """Say whether a dossier counts no more, and which one it went into."""
    into = {"merged_into": str(merged_into)} if merged_into is not None else {}
    return {"voided": voided, **into}


@router.get("/v1/dossiers/{dossier_id}/ledger", openapi_extra=REASON)
async def get_ledger(
    request: Request, dossier_id: UUID, client: Annotated[Principal, requires(Right.METADATA)]
) -> JSONResponse:
    """Say, for each system, what it holds, what remains and why, and every try.

    Details of tries may speak of the citizen: whoever sees all dossiers gets them with a reason.
    """
    language = words.language_of(request.headers.get("accept-language", ""))
    reason = stated_reason(request)
    systems: Systems = request.app.state.parts.systems
    timed = systems.procedures.timed

    async def find(most: Reach) -> dict[str, Any] | None:
        seen_by = viewer(client, Right.METADATA, most)
        found: dict[str, Any] | None = await request.app.state.parts.store.read(
            lambda connection: queries.ledger(connection, seen_by, dossier_id, timed)
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
            **{
                name: value
                for head in found["head"].values()
                for name, value in expected_of(head, systems).items()
            },
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
    state, reason = "done", row["reason"]
    if row["state"] is not None:
        state = queries.STATES[row["state"]]
    elif row["own_state"] is not None:  # not all of it was told by us, and it says so
        state, reason = queries.STATES_ASIDE[row["own_state"]], row["own_state"]
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
        "may_stand_twice": row["doubled"] or [],
        "tries": row["tries"],
        "reason": reason,
        "why": words.lane(reason, language),
        "next_try_at": said(row["wake_at"]),
        "waits_for": row["parked_for"],
        "gate": None if row["state"] is None else _closed(row),
    }


def _closed(row: dict[str, Any]) -> dict[str, Any] | None:
    """Say of a gate that lets a lane not pass since when, why, and by whom; None: it is open."""
    gate = Gate.from_row(row["gate"])
    if gate.state == "open":
        return None
    times = {"since": said(gate.since), "until": said(row["gate_until"])}
    return {"state": gate.state, "why": gate.why, "dossier": gate.by, "call": gate.call, **times}


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
            "gate_since": said(row["gate_since"]),
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
