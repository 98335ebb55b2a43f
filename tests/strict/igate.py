"""A province's iGate that takes the documents at their word.

Written from the domain page and the contract's schema alone, without a look at the adapter that
speaks to it. What no public source shows (the change of a state, a new content) is a switch.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from tests.strict.faults import Plan, Purpose, Words
from tests.strict.record import Held, Line, Record, Refusal
from tests.strict.wire import Answer, Request, plain, said

STATES = frozenset({0, 1, 2, 3, 4, 5, 6, 8, 9, 10})
"""Numbers that this province uses; only 0, 2 and 4 are known in public."""
WHEN = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}[+-]\d{4}"
TIMES = ("appliedDate", "acceptedDate", "appointmentDate", "completedDate", "returnedDate")
TOP = {
    "code", "nationCode", "receiptCode", "applicant", "procedure", "procedureCase", "agency",
    "receivingAgency", "content", "note", *TIMES, "undefindedCompleteTime", "applyMethod",
    "dossierReceivingKind", "eForm", "dossierFee", "dossierFormFile",
}  # fmt: skip
PERSON = {
    "fullname", "ownerFullname", "ownerKind", "birthday", "gender", "identityNumber",
    "identityType", "identityDate", "identityAgency", "phoneNumber", "email", "fax", "nation",
    "address", "province", "district", "village",
}  # fmt: skip
CHANGE = {
    "dossierStatus", "comment", "reason", "updatedDate", "dueDate", "assignee", "lienThong",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Switches:
    """What no source proves, one way or the other."""

    client_id: str = "svc-lienthong"
    password: str = "canary-igate-password"
    token_seconds: int = 86400
    sentence: bool = False
    """Errors as one sentence instead of an object."""
    exists: str = "Hồ sơ đã tồn tại"
    absent: str = "404"
    """How a look-up says that nothing is there: 404, null or empty."""
    keyed: bool = False
    """True: the same change of state again adds no line."""
    identity_required: bool = True
    plausible: bool = True
    """True: they also say no in ways that are only likely (`PLAUSIBLE`)."""
    login_says_later: bool = False
    """True: where tokens are given, the words of the dossier service are spoken too."""
    same_again: int = 1
    """So many logins after the first death are given the dead token once more."""


def _error(title: str, errors: Any, status: int = 500, http: int = 200) -> Answer:
    return said({"status": status, "title": title, "errors": errors}, http)


WORDS = Words(
    later=(
        said({"status": 500, "errors": "Lỗi hệ thống, vui lòng thử lại sau"}),
        _error("Hệ thống đang bận", "Hệ thống đang bận, vui lòng thử lại sau"),
        said({"fault": {"code": 900800, "message": "Message throttled out"}}, 429),
    ),
    verdicts=(
        said({"code": 1, "message": "that bai"}),
        _error("Hồ sơ không hợp lệ", "procedure.code: không tồn tại"),
        _error("Hồ sơ không hợp lệ", {"applicant.data.phoneNumber": ["không đúng định dạng"]}),
        said(None, 409),
        said({"message": "Hồ sơ đang được xử lý bởi người khác"}, 409),
        said({"message": "procedure unknown"}, 422),
        _error("Bad Request", {"agency": ["không hợp lệ"]}, 400, 400),
        said({"status": 200, "title": "OK", "errors": "Hồ sơ đã bị khóa"}),
    ),
    appended=(
        said({"status": 200, "title": "Không thành công", "errors": {"dossierStatus": ["sai"]}}),
    ),
)
PLAUSIBLE = (
    said({"message": "Cập nhật không thành công"}),
    said({"success": False}),
    said({"error": "dossier not found"}),
    said({}),
    said({"status": 200, "title": "OK"}, 500),
)
"""Ways to say no that nobody has shown yet."""
DEAD = (
    said({"error": "invalid_token", "error_description": "Token expired"}, 401),
    Answer(401, b"", ""),
    said({"message": "Access token expired"}, 403),
    said({"fault": {"code": 900901, "message": "Invalid Credentials"}}, 401),
    _error("Unauthorized", "Token đã hết hạn", 401),
    plain("Phiên đăng nhập đã hết hạn"),
)


@dataclass(slots=True)
class StrictIgate:
    """The province behind a socket; `record` is the truth."""

    seed: int
    switches: Switches = field(default_factory=Switches)
    forbidden: frozenset[str] = frozenset()
    record: Record = field(default_factory=Record)
    plan: Plan = field(init=False)
    tokens: dict[str, float] = field(default_factory=dict)
    given: str = ""
    again: int = 0
    deaths: int = 0
    excuse: Answer = DEAD[0]
    ids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin the plan of faults."""
        more = PLAUSIBLE if self.switches.plausible else ()
        later = WORDS.later if self.switches.login_says_later else ()
        words = replace(WORDS, verdicts=(*WORDS.verdicts, *more), at_login=later)
        self.plan = Plan(self.seed, words, self.record, self._kill, self.forbidden)

    def _kill(self) -> None:
        if not self.tokens:
            return  # one death at a time, as at the portal
        self.tokens.clear()
        self.excuse = DEAD[(self.seed + self.deaths) % len(DEAD)]
        self.again = 0 if self.deaths else self.switches.same_again
        self.deaths += 1

    def answer(self, request: Request) -> Answer:
        """Answer one request, by the rules or by the plan."""
        if request.path == "/auth/realms/digo/protocol/openid-connect/token":
            return self.plan.meet(request, "", "login", self._token)
        code, purpose, act = self._route(request)
        if act is None:
            return said({"status": 404, "title": "Not Found"}, 404)
        return self.plan.meet(request, code, purpose, self._guarded(act))

    def _route(self, request: Request) -> tuple[str, Purpose, Callable[[Request], Answer] | None]:
        body = request.json()
        one = re.fullmatch(r"/pa/dossier/(\w+)(/--status)?", request.path)
        match request.method, request.path:
            case "POST", "/pa/dossier/--apply-online/":
                return (body or {}).get("code", ""), "write", self._create
            case "GET", "/pa/api-integration/--data":
                return request.query.get("code", ""), "read", self._look
            case "GET", "/pa/dossier/search":
                return "", "read", lambda _request: said({"content": []})
            case "PUT", _ if one is not None and one[1] != "search":
                act = self._change if one[2] else self._replace
                return self.ids.get(one[1], ""), "append" if one[2] else "write", act
            case _:
                return "", "read", None

    def _guarded(self, act: Callable[[Request], Answer]) -> Callable[[Request], Answer]:
        def guarded(request: Request) -> Answer:
            kind, _, token = request.headers.get("authorization", "").partition(" ")
            if kind != "Bearer" or self.tokens.get(token, 0.0) < time.monotonic():
                return self.excuse
            return act(request)

        return guarded

    def _token(self, request: Request) -> Answer:
        form = dict(parse_qsl(request.body.decode()))
        if form.get("grant_type") not in {"password", "client_credentials"}:
            return said({"error": "unsupported_grant_type"}, 400)
        if form.get("client_id") != self.switches.client_id:
            return said({"error": "invalid_client"}, 401)
        if form.get("password") != self.switches.password:
            return said({"error": "invalid_grant"}, 401)
        self.record.logins += 1
        life = self.switches.token_seconds
        if self.again > 0 and self.given:
            self.again -= 1
            life = 1  # the same one, which is about to end
        else:
            self.given = f"token-{self.record.logins}"
            self.tokens[self.given] = time.monotonic() + life
        return said({"access_token": self.given, "token_type": "Bearer", "expires_in": life})

    def _no(self, code: str, wrong: list[str]) -> Answer:
        self.record.refusals.append(Refusal(code, "; ".join(wrong)))
        listed = {name: ["không hợp lệ"] for name in wrong}
        return _error("Hồ sơ không hợp lệ", "; ".join(wrong) if self.switches.sentence else listed)

    def _create(self, request: Request) -> Answer:
        body = request.json()
        code = body.get("code", "") if isinstance(body, dict) else ""
        wrong = list(self._wrong(body))
        if wrong:
            return self._no(code, wrong)
        if code in self.record.dossiers:
            return _error(self.switches.exists, {})
        held = self.record.hold(code, body)
        held.id, held.writes = f"65a1{len(self.ids):020d}", 1
        self.ids[held.id] = code
        return said({"id": held.id, "code": code, "status": 200})

    def _wrong(self, body: Any) -> Iterator[str]:
        if not isinstance(body, dict):
            yield "body"
            return
        yield from sorted(set(body) - TOP)
        if not isinstance(body.get("code"), str) or not body["code"].strip():
            yield "code"
        person = (body.get("applicant") or {}).get("data")
        if not isinstance(person, dict):
            yield "applicant.data"
            person = {}
        yield from (f"applicant.data.{name}" for name in sorted(set(person) - PERSON))
        needed = ["ownerFullname"] + ["identityNumber"] * self.switches.identity_required
        yield from (f"applicant.data.{name}" for name in needed if not person.get(name))
        if not isinstance((body.get("procedure") or {}).get("code"), str):
            yield "procedure.code"
        times = [(name, body.get(name)) for name in TIMES]
        times += [
            (f"applicant.data.{name}", person.get(name)) for name in ("birthday", "identityDate")
        ]
        yield from (name for name, value in times if not _is_time(value))
        for name in ("dossierFee", "dossierFormFile"):
            if not isinstance(body.get(name), list):
                yield name
        if any(not isinstance(fee.get("amount"), int) for fee in body.get("dossierFee") or []):
            yield "dossierFee.amount"

    def _look(self, request: Request) -> Answer:
        held = self.record.dossiers.get(request.query.get("code", ""))
        if held is None:
            gone = {"null": said(None), "empty": said({})}
            return gone.get(self.switches.absent, said({"status": 404, "title": "Not Found"}, 404))
        last = held.lines[-1].at if held.lines else held.content.get("appliedDate")
        state = {"id": int(held.status or 0), "name": [{"languageId": 228, "name": "Trạng thái"}]}
        return said(
            {
                "id": held.id,
                "code": held.code,
                "nationCode": held.content.get("nationCode"),
                "dossierStatus": state,
                "updatedDate": last,
                "currentTask": {"name": "Thụ lý", "assignee": {"fullname": "Vàng A Thử"}},
                "eForm": held.content.get("eForm"),
            }
        )

    def _of(self, request: Request) -> Held | None:
        return self.record.dossiers.get(self.ids.get(request.path.split("/")[3], ""))

    def _replace(self, request: Request) -> Answer:
        held, body = self._of(request), request.json()
        if held is None:
            return _error("Không tìm thấy hồ sơ", {}, 404)
        wrong = list(self._wrong(body))
        if wrong:
            return self._no(held.code, wrong)
        held.content = body
        held.writes += 1
        return said({"id": held.id, "status": 200})

    def _change(self, request: Request) -> Answer:
        held, body = self._of(request), request.json()
        if held is None:
            return _error("Không tìm thấy hồ sơ", {}, 404)
        state = (body.get("dossierStatus") or {}).get("id") if isinstance(body, dict) else None
        wrong = sorted(set(body or {}) - CHANGE)
        wrong += ["dossierStatus.id"] if type(state) is not int or state not in STATES else []
        wrong += [name for name in ("updatedDate", "dueDate") if not _is_time(body.get(name))]
        wrong += ["updatedDate"] if not body.get("updatedDate") else []
        if wrong:
            return self._no(held.code, wrong)
        line = Line(body["updatedDate"], str(state), body.get("comment") or "", self.record.calls)
        if not (self.switches.keyed and line.key in {one.key for one in held.lines}):
            held.lines.append(line)
        held.status = str(state)
        return said({"status": 200, "title": "OK"})


def _is_time(value: Any) -> bool:
    if value is None:
        return True
    if not isinstance(value, str) or not re.fullmatch(WHEN, value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True
