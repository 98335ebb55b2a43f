"""Peer 1, the half that takes in: check the body, store one row, enqueue three tasks, answer."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse

from schemas.dossier import NewDossier
from tests.bench.peers.celery_app import TARGETS, tell

TABLE = (
    "CREATE TABLE IF NOT EXISTS dossier (id uuid PRIMARY KEY, ref text NOT NULL UNIQUE,"
    " body jsonb NOT NULL, created_at timestamptz NOT NULL DEFAULT now())"
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Keep a pool of connections, of the same size as the gateway's own."""
    async with asyncpg.create_pool(os.environ["BENCH_DATABASE"], min_size=2, max_size=20) as pool:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(1)")
            await connection.execute(TABLE)
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/readyz")
async def ready() -> dict[str, str]:
    """Say that it is there."""
    return {"status": "ok"}


@app.post("/dossiers")
async def post(request: Request) -> JSONResponse:
    """Check a dossier, store it, leave three tasks, answer."""
    try:
        dossier = NewDossier.model_validate_json(await request.body())
    except ValidationError:
        return JSONResponse({"error": "invalid"}, 422)
    made = uuid.uuid4()
    body = dossier.model_dump_json(exclude_none=True)
    await request.app.state.pool.execute(
        "INSERT INTO dossier (id, ref, body) VALUES ($1, $2, $3)", made, dossier.source.ref, body
    )
    for system in range(len(TARGETS)):
        tell.delay(system, str(made), body)
    return JSONResponse({"id": str(made)}, 201)
