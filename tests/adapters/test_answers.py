"""What systems said that was taken for something else, one promise each."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from adapters import registry
from adapters.kit import Http, Put, Reply, retry_after
from gateway.workbench.battery import steps
from gateway.workbench.transports import Simulated, Subject, play, simulated, subject
from schemas.outcome import (
    Blocked,
    CannotExpress,
    Delivered,
    Outcome,
    Refused,
    Remote,
    Suspect,
    Uncertain,
    Unreachable,
)

FOUND = registry.find_adapters().adapters
PORTAL, IGATE = subject(FOUND["national_portal"]), subject(FOUND["igate"])
STEP = steps()["plain"]


@dataclass
class Saying(Simulated):
    """A far end that answers one call otherwise: always, or the first time only."""

    where: str = ""
    said: Reply = field(default_factory=lambda: Reply(status=200, headers={}, body=b""))
    times: int = 99
    calls: list[str] = field(default_factory=list)

    def answer(self, request: Http) -> Reply:
        """Answer as ever, but for that call."""
        honest = Simulated.answer(self, request)
        self.calls.append(_call(request))
        if self.where in self.calls[-1] and self.times > 0:
            self.times -= 1
            return self.said
        return honest


def _call(request: Http) -> str:
    service = request.json.get("service") if isinstance(request.json, dict) else None
    return f"{request.method} {request.path} {service or ''}".strip()


@dataclass(frozen=True)
class Told:
    """How a talk ended, what was asked, and what was remembered."""

    outcome: Outcome | CannotExpress
    calls: list[str]
    kept: list[Remote]

    def count(self, where: str) -> int:
        """Count calls."""
        return sum(where in call for call in self.calls)


def tell(
    one: Subject,
    where: str,
    body: str | bytes | dict[str, Any],
    *,
    status: int = 200,
    times: int = 99,
) -> Told:
    """Tell a plain dossier to a system that answers one call so."""
    raw = json.dumps(body, ensure_ascii=False) if isinstance(body, dict) else body
    said = Reply(status=status, headers={}, body=raw.encode() if isinstance(raw, str) else raw)
    far = Saying(simulated(one).simulator, where=where, said=said, times=times)
    kept: list[Remote] = []
    outcome, _, _ = play(one, STEP, far, kept)
    return Told(outcome, far.calls, kept)


LINES, SNAPSHOT = "CapNhatTienDoHoSoMC", "DongBoHoSoMC"
LOGIN_PAGE = """<html><head><title>Đăng nhập</title><script>let upkeep = "maintenance"</script>
</head>
<body><p>Phiên làm việc đã hết hạn. Vui lòng đăng nhập lại</p></body></html>"""


def test_success_inside_its_own_negation_is_none() -> None:
    """Law 13: A code 0 and "thành công" in "không thành công" move nothing."""
    told = tell(PORTAL, LINES, {"error_code": 0, "message": "Đồng bộ không thành công 1/1 hồ sơ"})

    assert not isinstance(told.outcome, Delivered)
    assert max(remote.line for remote in told.kept) == 0


def test_a_create_that_failed_at_their_database_created_nothing() -> None:
    """Law 13: They are not remembered as holding it, and it is no officer's fault."""
    said = {"error_code": "0", "message": "Chưa thành công: lỗi cơ sở dữ liệu"}
    told = tell(PORTAL, SNAPSHOT, said)

    assert isinstance(told.outcome, Refused)
    assert (told.outcome.owner, told.kept) == ("operator", [])


def test_try_again_later_is_no_fault_of_the_dossier() -> None:
    """A plain text that ends so is come back to, by itself."""
    told = tell(PORTAL, LINES, "Cập nhật tiến độ thất bại, xin thử lại sau")

    assert isinstance(told.outcome, Unreachable)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"error_code": -1, "message": "Bạn chưa đăng nhập"}),
        (200, "Phiên làm việc đã hết hạn, vui lòng đăng nhập lại"),
        (401, {"message": "Session expired"}),
        (403, {"message": "Invalid session"}),
        (200, LOGIN_PAGE),
        (403, LOGIN_PAGE),
        (200, "Please log in"),
    ],
)
def test_a_dead_session_costs_one_login(status: int, body: Any) -> None:
    """Whatever its status and form: they log in once more, ask again, and it is delivered."""
    told = tell(PORTAL, LINES, body, status=status, times=1)

    assert isinstance(told.outcome, Delivered)
    assert told.count("login") == 2


@pytest.mark.parametrize("body", [LOGIN_PAGE, "Please log in"], ids=["page", "text"])
def test_a_login_page_of_igate_costs_one_login(body: str) -> None:
    """A page with the words of a dead session is one, although its status is 200."""
    told = tell(IGATE, "--status", body, times=1)

    assert isinstance(told.outcome, Delivered)
    assert told.count("/token") == 2


@pytest.mark.parametrize("one", [PORTAL, IGATE], ids=["portal", "igate"])
@pytest.mark.parametrize(
    "body",
    [
        {"error_code": -1, "message": "Hệ thống đang bảo trì"},
        "<html><body>Hệ thống đang bảo trì, vui lòng đăng nhập sau</body></html>",
        "Hệ thống đang bảo trì",
    ],
    ids=["JSON", "page", "text"],
)
def test_maintenance_in_a_403_is_come_back_to(one: Subject, body: Any) -> None:
    """Words of maintenance say "later" of everybody, and nothing of this dossier."""
    told = tell(one, SNAPSHOT if one is PORTAL else "--status", body, status=403)

    assert isinstance(told.outcome, Unreachable)


@pytest.mark.parametrize(
    "page",
    [
        "<html><script>sessionStorage.token = 1</script><body>502</body></html>",
        "<html><body>Cập nhật thành công, phiên 12</body></html>",
    ],
    ids=["a script", "a success"],
)
def test_a_page_that_speaks_of_something_else_is_no_dead_session(page: str) -> None:
    """Whether lines landed behind it is unknown: they are not sent again unmarked."""
    told = tell(PORTAL, LINES, page)

    assert isinstance(told.outcome, Uncertain)
    assert told.count("login") == 1


@pytest.mark.parametrize("one", [PORTAL, IGATE], ids=["portal", "igate"])
def test_a_session_that_stays_dead_parks_nobody(one: Subject) -> None:
    """Law 5: After a fresh login it is the account's fault, and the operator's to mend."""
    told = tell(one, "", {"message": "Session expired"}, status=401)

    assert isinstance(told.outcome, Blocked)


@pytest.mark.parametrize(
    "body",
    [
        '{"error_code":0,"message":"thành công"}'.encode("utf-16"),
        '<string>{"error_code":0,"message":"Cập nhật thành công"}</string>'.encode(),
    ],
    ids=["UTF-16 with its mark", "JSON in an element"],
)
def test_what_can_be_read_is_not_asked_twice(body: bytes) -> None:
    """Charset and wrapping are taken off: the lines are sent once."""
    told = tell(PORTAL, LINES, body)

    assert isinstance(told.outcome, Delivered)
    assert told.count(LINES) == 1


def test_an_unknown_procedure_parks_the_dossier() -> None:
    """A 422 with a word of theirs is a refusal by rule, and not the officer's to mend."""
    told = tell(IGATE, "--status", {"message": "procedure unknown"}, status=422)

    assert isinstance(told.outcome, Refused)
    assert (told.outcome.owner, told.outcome.problems[0].pointer) == (
        "operator",
        "/procedure/code",
    )


@pytest.mark.parametrize(
    ("status", "body"),
    [(409, "null"), (409, "{}"), (400, "[]"), (422, ""), (200, {"code": 1, "message": "that bai"})],
)
def test_json_is_no_success_by_being_json(status: int, body: Any) -> None:
    """Law 13: Nothing but the envelope's 200 says that a state was taken."""
    told = tell(IGATE, "--status", body, status=status)

    assert not isinstance(told.outcome, (Delivered, Refused))
    assert max(remote.line for remote in told.kept) == 0


def test_their_system_error_is_come_back_to() -> None:
    """HTTP 200 around a 500 that asks for a later time is nobody's fault."""
    said = {"status": 500, "errors": "Lỗi hệ thống, vui lòng thử lại sau"}
    told = tell(IGATE, "--apply-online", said)

    assert isinstance(told.outcome, Unreachable)


@pytest.mark.parametrize("one", [PORTAL, IGATE], ids=["portal", "igate"])
@pytest.mark.parametrize("status", [403, 404, 405, 409, 410, 421, 422])
def test_what_may_be_the_records_fault_is_suspect(one: Subject, status: int) -> None:
    """A no outside the table of a contract is neither a refusal nor a wrong address yet."""
    where = SNAPSHOT if one is PORTAL else "--status"
    told = tell(one, where, {"x": "not permitted"}, status=status)

    assert told.outcome == Suspect(why=f"HTTP {status}", raw='{"x": "not permitted"}')


@pytest.mark.parametrize("value", ["²", "٣", "-1", "1.5", "soon", "", "1e3", "Tue"])
def test_a_retry_after_that_cannot_be_read_is_none(value: str) -> None:
    """Signs that only look like digits are no number of seconds, and no crash."""
    reply = Reply(status=429, headers={"retry-after": value}, body=b"")

    assert retry_after(reply) is None


@pytest.mark.parametrize("word", ["Mã phiên bản không hợp lệ", "Phiên bản dịch vụ không đúng"])
def test_a_version_is_no_session(word: str) -> None:
    """A refusal that speaks of a `phiên bản` is the officer's, and costs no login."""
    told = tell(PORTAL, SNAPSHOT, {"error_code": "-1", "message": word})

    assert isinstance(told.outcome, Refused)
    assert told.count("login") == 1


def test_a_dossier_that_is_not_named_is_not_taken_for_a_wrong_component() -> None:
    """Only "the dossier does not exist" turns a change into a create."""
    known = Remote(created=True)
    said = Reply(
        status=200,
        headers={},
        body='{"error_code": -1, "message": "Mã thành phần hồ sơ không tồn tại"}'.encode(),
    )
    far = Saying(simulated(PORTAL).simulator, where=SNAPSHOT, said=said)
    step = STEP.__class__(dossier=STEP.dossier, events=STEP.events, remote=known)
    outcome, sent, _ = play(PORTAL, step, far)
    flags = [
        one.json["isUpdating"]
        for one in sent
        if isinstance(one, Http) and isinstance(one.json, dict) and "isUpdating" in one.json
    ]

    assert isinstance(outcome, Refused)
    assert flags == ["True"]


def test_an_acknowledgement_that_says_something_is_not_taken() -> None:
    """Law 13: The name of a file is a yes only where nothing in it says otherwise."""
    one = subject(FOUND["commune_files"])
    own = Subject(one.adapter, one.contract, {"acks": True})

    @dataclass
    class Talking(Simulated):
        def put(self, asked: Put) -> bool:
            there = Simulated.put(self, asked)
            files = self.simulator.files
            files.update(dict.fromkeys(files, b"khong doc duoc"))
            return there

    far = Talking(own.simulator())
    far.simulator.switches = {"acks": True}
    outcome, _, _ = play(own, STEP, far)

    assert not isinstance(outcome, Delivered)
