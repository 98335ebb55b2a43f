"""Peer 2: a handler that calls the three systems directly, answers after all three, keeps nothing.

2a uses httpx as it comes, 2b the same with the aiohttp transport (BENCH_TRANSPORT).
"""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI
from httpx_aiohttp import AiohttpTransport
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse

from schemas.dossier import NewDossier

TARGETS = os.environ["BENCH_TARGETS"].split(",")


def _client() -> httpx.AsyncClient:
    if os.environ["BENCH_TRANSPORT"] == "aiohttp":
        return httpx.AsyncClient(transport=AiohttpTransport(), timeout=30, trust_env=False)
    return httpx.AsyncClient(timeout=30, trust_env=False)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Keep one client for all requests."""
    async with _client() as client:
        app.state.client = client
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/readyz")
async def ready() -> dict[str, str]:
    """Say that it is there."""
    return {"status": "ok"}


@app.post("/dossiers")
async def post(request: Request) -> JSONResponse:
    """Check a dossier, tell the three systems, answer."""
    try:
        dossier = NewDossier.model_validate_json(await request.body())
    except ValidationError:
        return JSONResponse({"error": "invalid"}, 422)
    name = str(uuid.uuid4())
    body = dossier.model_dump_json(exclude_none=True).encode()
    client: httpx.AsyncClient = request.app.state.client
    told = await asyncio.gather(*(_tell(client, target, name, body) for target in TARGETS))
    return JSONResponse({"id": name}, 201 if all(told) else 502)


async def _tell(client: httpx.AsyncClient, target: str, name: str, body: bytes) -> bool:
    headers = {"Content-Type": "application/json", "Idempotency-Key": f"{name}-1"}
    try:
        reply = await client.put(f"{target}/dossiers/{name}", content=body, headers=headers)
    except httpx.HTTPError:
        return False
    return reply.status_code == 200 and reply.json()["ok"] is True
