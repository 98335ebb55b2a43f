"""Health for everybody; readiness and metrics for whoever runs the gateway."""

from __future__ import annotations

import ipaddress

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Scope

from gateway.intake import totals
from gateway.intake.problems import Problem
from gateway.store.ledger import queries

router = APIRouter()
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
"""What is answered however much else is under way."""
FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip", "via")
"""What a proxy says of whom it speaks for."""


def at_probes(port: int | None, scope: Scope) -> bool:
    """Say whether somebody came by the port of the probes."""
    return port is not None and (scope.get("server") or ("", None))[1] == port


def for_operators(port: int | None, request: Request) -> None:
    """Refuse whoever came another way than operators do; without a port, from another machine."""
    if port is None:
        inside = _is_here(request) and not any(name in request.headers for name in FORWARDED)
    else:
        inside = at_probes(port, request.scope)
    if not inside:
        raise Problem(404, "not_found")


def _is_here(request: Request) -> bool:
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


@router.get("/healthz")
async def healthz() -> PlainTextResponse:
    """Say that the process lives."""
    return PlainTextResponse("ok")


@router.get("/readyz")
async def readyz(request: Request) -> JSONResponse:
    """Say whether intake can commit; a broker or a system that is down is only a detail."""
    parts = request.app.state.parts
    for_operators(parts.metrics_port, request)
    parts.load.room(request)
    store = parts.store
    await store.write(queries.can_commit)
    rows = await store.read(queries.systems)
    return JSONResponse(
        {
            "ready": True,
            "broker": parts.broker(),
            "systems": {row["name"]: "held" if row["held_by"] else row["gate"] for row in rows},
        }
    )


@router.get("/metrics")
async def get_metrics(request: Request) -> Response:
    """Give the metrics in Prometheus' format."""
    parts = request.app.state.parts
    for_operators(parts.metrics_port, request)
    parts.load.free()
    await totals.refresh(parts.store, parts.at_risk, parts.depths())
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
