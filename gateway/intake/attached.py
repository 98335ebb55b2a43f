"""Files of a dossier, for whoever may read it: a result comes back to all who wait for it."""

from __future__ import annotations

import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse

from gateway.access.principals import Principal
from gateway.access.roles import Right
from gateway.intake.caller import requires
from gateway.intake.opening import keep_reading
from gateway.intake.problems import Problem
from gateway.intake.reads import viewer
from gateway.store.ledger import queries

router = APIRouter(prefix="/v1")
HEX = re.compile(r"[0-9a-f]{64}")


@router.get("/dossiers/{dossier_id}/files/{sha256}", response_class=FileResponse)
async def get_dossier_file(
    request: Request,
    dossier_id: UUID,
    sha256: str,
    client: Annotated[Principal, requires(Right.FILES)],
) -> FileResponse:
    """Give a file that a dossier names, whoever uploaded it, to whoever reads the dossier."""
    parts = request.app.state.parts
    looking = viewer(client, Right.FILES)
    row = None
    if HEX.fullmatch(sha256):
        row = await parts.store.read(
            lambda connection: queries.dossier_file(connection, looking, dossier_id, sha256)
        )
    if row is None:
        raise Problem(404, "no_such_file")
    await keep_reading(request, client, "files.read", f"{dossier_id} {sha256}", None)
    headers = {
        "ETag": f'"{sha256}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": "attachment",
    }
    return FileResponse(await parts.files.there(sha256), media_type=row.media_type, headers=headers)
