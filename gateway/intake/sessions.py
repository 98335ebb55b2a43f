"""People log in with an account of this gateway, choose a password, and log out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.access.accounts import LoggedIn, Session
from gateway.access.passwords import LONGEST, SHORTEST, TooManyLogins, acceptable
from gateway.intake.caller import RETRY_AFTER, address_of, bearer, logged_in, refuse_if_often
from gateway.intake.posts import described, read_body
from gateway.intake.problems import Problem
from gateway.words.fault import Fault
from schemas.base import Instant, spoken

router = APIRouter(prefix="/v1")
Person = Annotated[LoggedIn, Depends(logged_in)]


class LogIn(BaseModel):
    """A login and its password."""

    model_config = ConfigDict(extra="forbid")
    login: str = Field(max_length=100, title="Tên đăng nhập", description="as it was given")
    password: str = Field(max_length=LONGEST, title="Mật khẩu", description="never kept as it is")


class NewPassword(BaseModel):
    """A change of the own password."""

    model_config = ConfigDict(extra="forbid")
    old: str = Field(max_length=LONGEST, title="Mật khẩu cũ", description="the one until now")
    new: str = Field(max_length=LONGEST, title="Mật khẩu mới", description="at least 12 characters")


class GivenSession(BaseModel):
    """A session: its token goes into the header `Authorization`, as a key does."""

    token: str = Field(title="Mã phiên", description="is shown once")
    expires_at: Instant = Field(title="Hết hạn lúc", description="8 hours after the login")
    must_change: bool = Field(
        title="Phải đổi mật khẩu", description="nothing else is answered before"
    )


@router.post("/session", status_code=201, openapi_extra=described(LogIn))
async def log_in(request: Request) -> JSONResponse:
    """Log in. Unknown, wrong, locked and left are one answer, and take one time."""
    asked, _, _ = await read_body(request, LogIn)
    try:
        session = await request.app.state.accounts.log_in(asked.login, asked.password)
    except TooManyLogins:
        raise _busy() from None
    if session is None:
        refuse_if_often(request.app.state.wrong_keys, address_of(request), f"login {asked.login}")
        raise Problem(401, "wrong_login")
    return _given(session, 201)


@router.put("/session/password", openapi_extra=described(NewPassword))
async def change_password(request: Request, person: Person) -> JSONResponse:
    """Choose another password; all sessions end, and the answer is a new one."""
    asked, _, _ = await read_body(request, NewPassword)
    if asked.new == asked.old or not acceptable(asked.new, person.login):
        expected = f"≥ {SHORTEST} characters, ≠ login, ≠ old"
        raise Problem(422, "invalid", [Fault("weak_password", "/new", {"expected": expected})])
    try:
        session = await request.app.state.accounts.change_password(person, asked.old, asked.new)
    except TooManyLogins:
        raise _busy() from None
    if session is None:
        raise Problem(403, "wrong_login")
    return _given(session, 200)


@router.delete("/session", status_code=204)
async def log_out(request: Request, person: Person) -> Response:
    """Log out."""
    await request.app.state.accounts.log_out(person, bearer(request))
    return Response(status_code=204)


def _busy() -> Problem:
    return Problem(429, "too_many_logins", headers={"Retry-After": RETRY_AFTER})


def _given(session: Session, status: int) -> JSONResponse:
    ends = spoken(datetime.fromtimestamp(session.expires_at / 1000, UTC))
    body = {"token": session.token, "expires_at": ends, "must_change": session.must_change}
    return JSONResponse(body, status, {"Cache-Control": "no-store"})
