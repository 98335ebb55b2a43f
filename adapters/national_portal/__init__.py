"""The national public service portal, classic dialect: login, snapshot, progress lines.

In: a step. Out: `DongBoHoSoMC` (keyed by the dossier code), then `CapNhatTienDoHoSoMC` (appends).
Never: an invented identity number, a text cut in silence, a create of what was born there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import SecretStr

from adapters.kit.answers import judge, plain, read_json, redact, strings_of
from adapters.kit.port import (
    Adapter,
    Checkpoint,
    Facts,
    Http,
    Reply,
    Session,
    Step,
    Talk,
    WebSettings,
)
from adapters.national_portal import codes, translate
from adapters.national_portal.not_carried import NOT_CARRIED
from schemas.outcome import (
    Blocked,
    Delivered,
    Effect,
    Malformed,
    Outcome,
    Problem,
    Refused,
    Uncertain,
    Unreachable,
)

CHUNK = 10
"""Lines in one call: what a client was seen to send; the portal's own limit is unknown."""
KNOWN_CODES = frozenset({"0", "00", "-1", "1", "3", "-3"})


class PortalSettings(WebSettings):
    """Where the portal's adapter stands, and what differs from agency to agency.

    dstcode: header that addresses the portal; the test environment wants none
    own_name: the name of this system in our settings, as `origin.system` says it
    require_success_text: a code 0 counts only with "thành công" in the message
    portal_born: what is sent for a dossier born there: the full snapshot, or nothing but lines
    online_return: HinhThuc for an online hand-over, for which there is no national code
    """

    username: SecretStr
    password: SecretStr
    agency_code: str
    dstcode: str | None = None
    login_path: str = "/mapi/login"
    service_path: str = "/mapi/g"
    own_name: str = "national-portal"
    require_success_text: bool = True
    portal_born: str = "snapshot"
    online_return: str = "0"
    session_seconds: float = 600.0


class Answer:
    """Their reply, read leniently: code as text, message in comparable form."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = plain(message)
        self.shown = message

    def succeeded(self, settings: PortalSettings) -> bool:
        """Say whether they took it."""
        said = "thành công" in self.message
        return self.code in {"0", "00"} and (said or not settings.require_success_text)


async def login(settings: PortalSettings) -> str | Outcome:
    """Log in; gives the session."""
    body = {
        "username": settings.username.get_secret_value(),
        "password": settings.password.get_secret_value(),
    }
    reply = await Http(
        method="POST",
        path=settings.login_path,
        json=body,
        effect="read",
        headers=_headers(settings),
        signed=False,
    )
    outcome = judge(reply, "read")
    if outcome is not None:
        return outcome
    answer = read_json(reply, "read")
    match answer:
        case Unreachable() | Uncertain():
            return answer
        case {"session": str(session), "error_code": 0 | "0"} if session:
            return session
        case {"error_code": _}:
            return Blocked(why="the login was refused")
        case _:
            return Malformed(why="login: neither a session nor an error_code", raw="")


def sign(request: Http, session: str) -> Http:
    """Put the session where it travels: into the JSON body."""
    return replace(request, json={"session": session, **request.json})


def dead(reply: Reply) -> bool:
    """Say whether they speak of the session: the true wording and code are unknown (inferred)."""
    if reply.status != 200:
        return False
    text = plain(reply.body.decode("utf-8", "replace")[:2000])
    return "error_code" in text and any(
        word in text for word in ("phiên làm việc", "session kh", "đăng nhập lại", "token")
    )


def _headers(settings: PortalSettings) -> dict[str, str]:
    return {"dstcode": settings.dstcode} if settings.dstcode is not None else {}


def _call(settings: PortalSettings, service: str, effect: Effect, fields: dict[str, Any]) -> Http:
    body = {"madonvi": settings.agency_code, "service": service, **fields}
    return Http(
        method="POST",
        path=settings.service_path,
        json=body,
        effect=effect,
        headers=_headers(settings),
    )


def read(reply: Reply, effect: Effect) -> Answer | Outcome:
    """Read a reply; progress is also answered in plain text."""
    outcome = judge(reply, effect)
    if outcome is not None:
        return outcome
    answer = read_json(reply, effect)
    match answer:
        case {"error_code": int() | str() as code}:
            return Answer(str(code).strip(), str(answer.get("message") or ""))
        case Unreachable() | Uncertain():
            text = reply.body.decode("utf-8", "replace").strip()
            html = text.startswith("<") or "html" in reply.headers.get("content-type", "")
            if effect == "append" and not html and "thành công" in plain(text):
                return Answer("0", text)
            return answer
        case _:
            return Malformed(why="an answer without error_code", raw=redact(str(answer)))


def refusal(answer: Answer, step: Step) -> Outcome:
    """Say what a negative answer means."""
    shown = redact(answer.shown, strings_of(step.dossier))
    if answer.code not in KNOWN_CODES:
        return Malformed(why=f"unknown error_code {answer.code[:10]}", raw=shown)
    if answer.code in {"0", "00"}:
        return Malformed(why="error_code 0 without the words of success", raw=shown)
    pointer = next((at for phrase, at in codes.POINTERS if phrase in answer.message), "")
    return Refused(
        code=answer.code, message=shown, problems=(Problem(pointer, "refused_by_system", shown),)
    )


async def deliver(step: Step, settings: PortalSettings) -> Outcome:
    """Bring the snapshot up to date, then append the events that are new."""
    remote = step.remote
    # Everything is translated before anything is sent: what cannot be said stops the step whole.
    snapshot = translate.dossier(step.dossier, settings)
    lines = [
        (event.seq, translate.line(step.dossier, event))
        for event in step.events
        if event.kind not in codes.UNSAID and event.seq > remote.line
    ]
    if not (step.born_here and settings.portal_born == "none"):
        outcome = await _snapshot(step, settings, snapshot)
        if outcome is not None:
            return outcome
        remote = replace(remote, created=True)
        await Checkpoint(remote=remote, up_to=remote.line)
    for start in range(0, len(lines), CHUNK):
        chunk = lines[start : start + CHUNK]
        data = [line for _, line in chunk]
        reply = await _call(settings, "CapNhatTienDoHoSoMC", "append", {"data": data})
        answer = read(reply, "append")
        if not isinstance(answer, Answer):
            return answer
        if not answer.succeeded(settings):
            return refusal(answer, step)
        remote = replace(remote, line=chunk[-1][0])
        await Checkpoint(remote=remote, up_to=remote.line)
    return Delivered(up_to=step.dossier.version, remote=replace(remote, line=step.dossier.version))


async def _snapshot(step: Step, settings: PortalSettings, data: dict[str, Any]) -> Outcome | None:
    """Create or replace; an answer that says it is the other one is followed by the other, once."""
    updating = step.remote.created or step.born_here
    answer: Answer | Outcome | None = None
    for _ in range(2):
        fields = {"isUpdating": "True" if updating else "False", "data": [data]}
        answer = read(await _call(settings, "DongBoHoSoMC", "keyed", fields), "keyed")
        if not isinstance(answer, Answer):
            return answer
        if answer.succeeded(settings):
            return None
        if not updating and "đã tồn tại" in answer.message:
            updating = True  # an earlier try had landed, or another road led there
        elif updating and "không tồn tại" in answer.message and not step.born_here:
            updating = False
        else:
            break
    return refusal(answer, step) if isinstance(answer, Answer) else answer


def _login(settings: PortalSettings) -> Talk[str | Outcome]:
    return login(settings)


ADAPTER = Adapter(
    name="national_portal",
    settings=PortalSettings,
    facts=Facts(
        version="1", at_once=8, appends=True, needs_official_code=True, not_carried=NOT_CARRIED
    ),
    deliver=deliver,
    session=Session(login=_login, sign=sign, dead=dead, seconds=600.0),
    tables=(
        codes.TRANG_THAI,
        codes.KENH_THUC_HIEN,
        codes.LOAI_DOI_TUONG,
        codes.LOAI_DINH_DANH,
        codes.HINH_THUC,
        codes.HINH_THUC_THU,
        codes.TAI_SU_DUNG,
    ),
)
