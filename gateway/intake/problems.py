"""Everything that goes wrong is answered as a problem (RFC 9457), in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from gateway import words
from gateway.intake.forms import form_of
from gateway.watch import metrics
from gateway.words.fault import Fault


class Problem(Exception):  # noqa: N818 - an answer, not an accident
    """An answer that is a problem."""

    def __init__(
        self,
        status: int,
        code: str,
        faults: Sequence[Fault] = (),
        *,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep what will be said."""
        super().__init__(code)
        self.status, self.code, self.faults = status, code, faults
        self.headers, self.more = dict(headers or {}), dict(more or {})


def answer(problem: Problem, request: Request) -> JSONResponse:
    """Say a problem."""
    language = words.language_of(request.headers.get("accept-language", ""))
    metrics.DENIED.labels(problem.code).inc()
    errors = []
    for fault in problem.faults:
        error: dict[str, Any] = {
            "code": fault.code,
            "pointer": fault.pointer,
            "detail": words.detail(fault.code, language, fault.values),
        }
        form = form_of(fault.pointer)
        if "expected" in fault.values or form is not None:
            error["expected"] = fault.values.get("expected") or (form or ("",))[0]
        if form is not None:
            error["example"] = form[1]
        errors.append(error)
    body: dict[str, Any] = {
        "type": f"urn:lienthong:problem:{problem.code}",
        "title": words.title(problem.code, language),
        "status": problem.status,
        **problem.more,
    }
    if errors:
        body["errors"] = errors
    headers = {"Content-Language": language, **problem.headers}
    return JSONResponse(body, problem.status, headers, media_type="application/problem+json")


def of_http(error: HTTPException) -> Problem:
    """Turn the framework's own errors into problems."""
    codes = {404: "not_found", 405: "method", 413: "too_large", 415: "media_type"}
    return Problem(
        error.status_code, codes.get(error.status_code, "internal"), headers=error.headers
    )
