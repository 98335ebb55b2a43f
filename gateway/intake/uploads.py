"""Files: up once, referred to by their SHA-256 ever after."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from typing import Annotated

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse

from gateway.access.principals import Principal
from gateway.access.roles import Right
from gateway.intake.caller import requires
from gateway.intake.files import TooLarge
from gateway.intake.load import Load, within_quota
from gateway.intake.opening import keep_reading
from gateway.intake.parameters import whole
from gateway.intake.problems import Problem
from gateway.store.ledger import queries
from gateway.words.fault import Fault

router = APIRouter(prefix="/v1")
public = APIRouter()
DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/=]+):")
ENVELOPES = ("multipart/", "application/x-www-form-urlencoded")
"""What wraps a file, or is none: kept as it comes, nobody could read the file."""
HEX = re.compile(r"[0-9a-f]{64}")


@router.post("/files", status_code=201)
async def post_file(
    request: Request, client: Annotated[Principal, requires(Right.FILES)]
) -> JSONResponse:
    """Upload a file as the raw body; a stated digest (RFC 9530, or hex) is checked."""
    parts = request.app.state.parts
    load: Load = parts.load
    kind, expected, announced = _kind(request), _expected(request), _announced(request)
    load.room(request, upload=True)
    account = await load.counted(
        request, lambda: parts.store.read(lambda connection: queries.stored(connection, client.id))
    )
    if announced > parts.files.limit:
        raise Problem(413, "too_large", more={"limit": parts.files.limit})
    with load.upload(account):
        chunks = within_quota(request.stream(), account, announced)
        try:
            async with parts.files.keeping(chunks, expected) as kept:
                if kept is None:
                    raise Problem(422, "digest_mismatch")
                name, size = kept
                if size == 0:
                    raise Problem(422, "invalid", [Fault("empty_file")])
                new = await parts.store.write(
                    lambda connection: queries.keep_file(
                        connection, client.id, bytes.fromhex(name), size, kind
                    )
                )
        except TooLarge:
            raise Problem(413, "too_large", more={"limit": parts.files.limit}) from None
    account.stored += size if new else 0
    body = {"sha256": name, "size": size, "media_type": kind}
    return JSONResponse(body, 201 if new else 200, {"Location": f"/v1/files/{name}"})


@router.get("/files/{sha256}", response_class=FileResponse)
async def get_file(
    request: Request, sha256: str, client: Annotated[Principal, requires(Right.FILES)]
) -> FileResponse:
    """Give back a file that this client uploaded."""
    parts = request.app.state.parts
    row = None
    if HEX.fullmatch(sha256):
        row = await parts.store.read(
            lambda connection: queries.find_file(connection, client.id, bytes.fromhex(sha256))
        )
    if row is None:
        raise Problem(404, "no_such_file")
    await keep_reading(request, client, "files.read", sha256, None)
    headers = {
        "ETag": f'"{sha256}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": "attachment",
    }
    return FileResponse(await parts.files.there(sha256), media_type=row.media_type, headers=headers)


@public.get("/files/{sha256}/{proof}", response_class=FileResponse)
async def get_public_file(request: Request, sha256: str, proof: str) -> FileResponse:
    """Give a file to a system that was told its address; the proof in it takes the key's place."""
    parts = request.app.state.parts
    row = None
    if parts.files_secret is not None and HEX.fullmatch(sha256):
        right = hmac.new(parts.files_secret.encode(), sha256.encode(), hashlib.sha256).hexdigest()
        if hmac.compare_digest(proof.encode(), right.encode()):
            row = await parts.store.read(
                lambda connection: queries.any_file(connection, bytes.fromhex(sha256))
            )
    if row is None:
        raise Problem(404, "no_such_file")
    headers = {"X-Content-Type-Options": "nosniff", "Content-Disposition": "attachment"}
    return FileResponse(await parts.files.there(sha256), media_type=row.media_type, headers=headers)


def _kind(request: Request) -> str:
    """Read what a file is; what would be stored with its envelope is refused."""
    stated = request.headers.get("content-type", "").strip() or "application/octet-stream"
    if stated.partition(";")[0].strip().lower().startswith(ENVELOPES):
        raise Problem(415, "media_type", [Fault("send_raw", "/headers/content-type")])
    if not (stated.isascii() and stated.isprintable()):
        fault = Fault("value", "/headers/content-type", {"expected": "application/pdf"})
        raise Problem(422, "invalid", [fault])
    return stated[:100]


def _announced(request: Request) -> int:
    """Read how many bytes are to come; 0: that is not said."""
    try:
        return whole(request.headers.get("content-length", ""))
    except ValueError:
        return 0


def _expected(request: Request) -> str | None:
    stated = request.headers.get("repr-digest") or request.headers.get("content-digest")
    if stated is not None:
        found = DIGEST.search(stated)
        try:
            return base64.b64decode(found[1], validate=True).hex() if found else _unknown()
        except binascii.Error:
            return _unknown()
    given = request.headers.get("x-content-sha256")
    if given is None:
        return None
    return given.lower() if HEX.fullmatch(given.lower()) else _unknown()


def _unknown() -> str:
    fault = Fault("type", "/headers/repr-digest", {"expected": "sha-256=:base64:"})
    raise Problem(422, "invalid", [fault])
