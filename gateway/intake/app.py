"""The API: routes, errors, documentation without the internet."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import fastapi_offline
import structlog
from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils.compat import uuid7

from gateway import VERSION
from gateway.access.accounts import Accounts
from gateway.access.keys import KeyRing
from gateway.access.principals import Principal
from gateway.access.wrong_keys import WrongKeys
from gateway.admission.requests import Batcher
from gateway.dossiers.systems import System, Systems
from gateway.intake import (
    administering,
    attached,
    calls,
    handing,
    posts,
    probes,
    reads,
    sessions,
    uploads,
)
from gateway.intake.files import FileStore
from gateway.intake.load import SOON, Load
from gateway.intake.parameters import only_known
from gateway.intake.probes import PROBES, at_probes
from gateway.intake.problems import Problem, answer, of_http
from gateway.intake.specification import document, named
from gateway.intake.timing import timed
from gateway.store.engine import Store
from gateway.store.errors import StoreUnavailable
from gateway.watch.outages import Repeats
from gateway.words.fault import Fault
from schemas.inbound import Item, Verdict

log = structlog.get_logger()

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]
Hear = Callable[[System, Sequence[Item]], Awaitable[tuple[Verdict, ...]]]
RETRY_AFTER = "5"
IDENTIFIER = re.compile(r"[0-9a-fA-F-]{32,36}")
"""A request's id as a client may give it: it goes to the logs, so no citizen's number or name."""
ROUTERS = (
    *(room.router for room in (posts, reads, probes, uploads, calls)),
    *(room.router for room in (handing, attached, sessions, administering)),
    uploads.public,
)
"""All that the API answers; what is exported for others is made of the same."""
ASSETS = Path(fastapi_offline.__file__).parent / "static"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the routes work with."""

    batcher: Batcher
    store: Store
    files: FileStore
    systems: Systems
    hear: Hear
    load: Load
    files_secret: str | None = None
    metrics_port: int | None = None
    broker: Callable[[], str] = lambda: "none"
    depths: Callable[[], Mapping[tuple[str, str], int]] = dict
    """Messages in the queues of the retries, by system and part."""
    people: Callable[[str], Awaitable[Principal | None]] | None = None
    """Finds who brings a token of the identity provider, where there is one."""
    at_risk: int = 86_400_000
    """Milliseconds before its due time from which a dossier that waits is at risk."""


class RequestId:
    """Gives every request an id, answers it and binds it to the logs."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on under its id."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        name = given if IDENTIFIER.fullmatch(given) else str(uuid7())
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=name)

        async def tagged(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"].append((b"x-request-id", name.encode()))
            await send(message)

        await self._app(scope, receive, tagged)


class Application(FastAPI):
    """Counts what is under way, and answers for its own errors.

    What is raised on after the answer would be printed whole.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request if there is room for it."""
        if scope["type"] != "http" or scope["path"] in PROBES:
            await self._answered(scope, receive, send)
            return
        if at_probes(self.state.parts.metrics_port, scope):
            nothing = answer(Problem(404, "not_found"), Request(scope))
            await nothing(scope, receive, send)
            return
        load: Load = self.state.parts.load
        if not load.begin():
            busy = answer(Problem(503, "busy", headers=SOON), Request(scope))
            await busy(scope, receive, send)
            return
        try:
            await self._answered(scope, receive, send)
        finally:
            load.end(scope)

    async def _answered(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep an error that has been logged and answered from whoever runs the application."""
        status, begun = 0, time.perf_counter()

        async def noted(message: Message) -> None:
            nonlocal status
            status = status or message["status"]  # the start comes first
            await send(message)

        try:
            await super().__call__(scope, receive, noted if scope["type"] == "http" else send)
        except Exception:
            if not status:
                raise
        finally:
            if status:
                timed(scope, status, begun)


def application(parts: Parts, lifespan: Lifespan) -> FastAPI:
    """Make the application over its parts."""
    app = Application(
        title="Liên Thông",
        version=VERSION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        description="Post a dossier once; it reaches every system that must know of it.",
        generate_unique_id_function=named,
    )
    app.state.parts = parts
    app.state.keys = KeyRing(parts.store)
    app.state.accounts = Accounts(parts.store)
    app.state.wrong_keys = WrongKeys(parts.load.bounds.wrong_keys)
    for router in ROUTERS:
        anything = router in (calls.router, uploads.public)
        app.include_router(router, dependencies=[] if anything else [Depends(only_known)])
    app.add_middleware(RequestId)
    app.mount("/assets", StaticFiles(directory=ASSETS), name="assets")

    @app.get("/docs", include_in_schema=False, dependencies=[Depends(only_known)])
    async def docs() -> HTMLResponse:
        """Show the API, with scripts and styles of our own."""
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="Liên Thông",
            swagger_js_url="/assets/swagger-ui-bundle.js",
            swagger_css_url="/assets/swagger-ui.css",
            swagger_favicon_url="/assets/favicon.png",
        )

    _errors(app)
    # Written when it is first asked for: a tenth of the time to start.
    app.openapi = cache(partial(document, app))  # type: ignore[method-assign]
    return app


def _errors(app: FastAPI) -> None:
    """Answer everything that goes wrong as a problem."""
    repeats = Repeats(60.0)

    @app.exception_handler(Problem)
    async def problem(request: Request, error: Problem) -> Response:
        return answer(error, request)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        return answer(of_http(error), request)

    @app.exception_handler(RequestValidationError)
    async def path(request: Request, error: RequestValidationError) -> Response:
        """Name what in an address cannot be read; the framework's own answer repeats its value."""
        found = error.errors()
        faults = [
            Fault(
                "value",
                f"/headers/{name.lower()}" if place == "header" else f"/{name}",
                {"expected": one.get("ctx", {}).get("expected") or one["type"].partition("_")[0]},
            )
            for one in found
            for place, name in [(one["loc"][0], str(one["loc"][-1]))]
        ]
        return answer(Problem(422, "invalid", faults), request)

    @app.exception_handler(StoreUnavailable)
    @app.exception_handler(OSError)
    async def unavailable(request: Request, error: StoreUnavailable | OSError) -> Response:
        # that the database is away is told by the store, once; here it is only counted
        if not isinstance(error, StoreUnavailable):
            kind = type(error).__name__
            if (held := repeats.through(kind)) is not None:
                log.error("unavailable", error=kind, why=error.strerror, not_said=held)
        headers = {"Retry-After": RETRY_AFTER}
        return answer(Problem(503, "unavailable", headers=headers), request)

    @app.exception_handler(ClientDisconnect)
    async def gone(_request: Request, _error: ClientDisconnect) -> Response:
        """Say nothing: nobody is there any more."""
        return Response(status_code=400)

    @app.exception_handler(Exception)
    async def internal(request: Request, error: Exception) -> Response:
        frame = error.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        place = f"{frame.tb_frame.f_code.co_qualname}:{frame.tb_lineno}" if frame else ""
        log.error("internal", error=type(error).__name__, place=place)
        return answer(Problem(500, "internal"), request)
