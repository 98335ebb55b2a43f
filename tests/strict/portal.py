"""A national portal that takes the documents at their word.

Written from the domain page and the contract's schema alone, without a look at the adapter that
speaks to it. What the page marks as inferred is a switch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tests.strict.faults import Plan, Purpose, Words
from tests.strict.portal_fields import LINE, faults_of, rows_faults
from tests.strict.record import Line, Record, Refusal
from tests.strict.wire import Answer, Request, plain, said


@dataclass(frozen=True, slots=True)
class Switches:
    """What no source proves, one way or the other."""

    account: str = "H99"
    password: str = "canary-portal-password"
    bare: bool = False
    numeric: bool = False
    duplicate: str = "3"
    plain_progress: bool = False
    identity_required: bool = True
    received_required: bool = False
    """True: from state 2 on NgayTiepNhan may not be empty."""
    single_session: bool = False
    plausible: bool = True
    """True: they also say no in ways that are only likely (`PLAUSIBLE`)."""
    same_again: int = 0
    """So many logins after the first death are given the dead session once more."""


WORDS = Words(
    later=(
        said({"error_code": "-1", "message": "Hệ thống đang bận, vui lòng thử lại sau"}),
        said({"error_code": -1, "message": "Lỗi kết nối cơ sở dữ liệu, vui lòng thử lại sau"}),
    ),
    verdicts=(
        said({"error_code": 0, "message": "Đồng bộ không thành công 1/1 hồ sơ"}),
        said({"error_code": "0", "message": "Chưa thành công: lỗi cơ sở dữ liệu"}),
        plain("Cập nhật tiến độ thất bại"),
        said(None, 409),
        said({"message": "procedure unknown"}, 422),
        said({"error_code": "-1", "message": "Dữ liệu không hợp lệ"}, 400),
    ),
    appended=(plain("Không cập nhật thành công tiến độ"),),
)
PLAUSIBLE = (
    said({"error_code": "0", "message": "Đồng bộ thành công 0/1 hồ sơ"}),
    said({"error_code": 0, "message": "Thao tác không được thực hiện thành công"}),
    said({"error_code": 0, "message": "Cập nhật thành công"}, 409),
    said({"error_code": "0", "message": ""}),
    said({"message": "Cập nhật thành công"}, 500),
)
"""Ways to say no that nobody has shown yet."""
DEAD = (
    said({"error_code": "-1", "message": "Phiên làm việc không hợp lệ hoặc đã hết hạn"}),
    said({"error_code": -1, "message": "Bạn chưa đăng nhập"}),
    said({"error_code": "-1", "message": "Session không tồn tại"}),
    said({"message": "Session expired"}, 401),
    said({"message": "Token is expired"}, 403),
    plain("Phiên đăng nhập đã hết hạn, vui lòng đăng nhập lại"),
    Answer(401, b"", ""),
)


@dataclass(slots=True)
class StrictPortal:
    """The portal behind a socket; `record` is the truth."""

    seed: int
    switches: Switches = field(default_factory=Switches)
    forbidden: frozenset[str] = frozenset()
    record: Record = field(default_factory=Record)
    plan: Plan = field(init=False)
    sessions: set[str] = field(default_factory=set)
    given: str = ""
    again: int = 0
    deaths: int = 0
    excuse: Answer = DEAD[0]

    def __post_init__(self) -> None:
        """Begin the plan of faults."""
        more = PLAUSIBLE if self.switches.plausible else ()
        words = replace(WORDS, verdicts=(*WORDS.verdicts, *more), at_login=WORDS.later)
        self.plan = Plan(self.seed, words, self.record, self._kill, self.forbidden)

    def _kill(self) -> None:
        if not self.sessions:
            return  # one death at a time: whoever does not see it shall not be helped by the next
        self.sessions.clear()
        self.excuse = DEAD[(self.seed + self.deaths) % len(DEAD)]
        self.again = 0 if self.deaths else self.switches.same_again
        self.deaths += 1

    def answer(self, request: Request) -> Answer:
        """Answer one request, by the rules or by the plan."""
        if request.method != "POST":
            return plain("Method Not Allowed", 405)
        if request.path == "/mapi/login" and not self.switches.bare:
            return self.plan.meet(request, "", "login", self._login)
        code, purpose, act = self._asked(request)
        if act is None:
            return plain("Not Found", 404)
        return self.plan.meet(request, code, purpose, act)

    def _asked(self, request: Request) -> tuple[str, Purpose, Callable[[Request], Answer] | None]:
        body = request.json()
        if self.switches.bare:
            service = request.path.removeprefix("/api/")
            rows = body
        elif request.path == "/mapi/g" and isinstance(body, dict):
            service, rows = str(body.get("service")), body.get("data")
        else:
            return "", "read", None
        first = rows[0] if isinstance(rows, list) and rows else rows
        code = str(first.get("MaHoSo", "")) if isinstance(first, dict) else ""
        if service == "DongBoHoSoMC":
            return code, "write", self._sync
        if service == "CapNhatTienDoHoSoMC":
            return code, "append", self._append
        return code, "read", None

    def _login(self, request: Request) -> Answer:
        body = request.json() or {}
        if set(body) != {"username", "password"} or body["password"] != self.switches.password:
            return said({"error_code": "-1", "message": "Sai tên đăng nhập hoặc mật khẩu"})
        self.record.logins += 1
        if self.again > 0 and self.given:
            self.again -= 1  # the dying one once more
        else:
            self.given = f"phien-{self.record.logins}"
            if self.switches.single_session:
                self.sessions.clear()
            self.sessions.add(self.given)
        return self._ok("Đăng nhập thành công", session=self.given)

    def _ok(self, message: str, **more: str) -> Answer:
        return said({"error_code": 0 if self.switches.numeric else "0", "message": message} | more)

    def _no(self, code: str, why: str, number: str = "-1") -> Answer:
        self.record.refusals.append(Refusal(code, why))
        return said(
            {"error_code": int(number) if self.switches.numeric else number, "message": why}
        )

    def _enveloped(self, request: Request, extra: set[str]) -> Answer | list[Any]:
        """Open the envelope: the rows, or why not."""
        body = request.json()
        if "application/json" not in request.headers.get("content-type", ""):
            return self._no("", "Content-Type")
        if self.switches.bare:
            return list(body) if isinstance(body, list) else self._no("", "không phải mảng")
        if body.get("session") not in self.sessions:
            return self.excuse
        if set(body) != {"session", "madonvi", "service", "data"} | extra:
            return self._no("", f"phong bì: {sorted(body)}")
        if not str(body["madonvi"]).startswith(self.switches.account):
            return said({"message": "Đơn vị không được phân quyền"}, 403)
        rows = body["data"]
        return rows if isinstance(rows, list) and rows else self._no("", "data phải là mảng")

    def _sync(self, request: Request) -> Answer:
        rows = self._enveloped(request, {"isUpdating"})
        if isinstance(rows, Answer):
            return rows
        said_so = (request.query if self.switches.bare else request.json()).get("isUpdating")
        wrong = [why for row in rows for why in self._wrong(row)]
        code = str(rows[0].get("MaHoSo", "")) if isinstance(rows[0], dict) else ""
        if said_so not in {"True", "False"}:
            wrong.append("isUpdating phải là True hoặc False")
        if wrong:
            return self._no(code, "; ".join(wrong))
        for row in rows:
            code, known = row["MaHoSo"], row["MaHoSo"] in self.record.dossiers
            if known and said_so == "False":
                return self._exists(code)
            if not known and said_so == "True":
                return self._no(code, f"Hồ sơ {code} không tồn tại")
        for row in rows:
            held = self.record.dossiers.get(row["MaHoSo"]) or self.record.hold(row["MaHoSo"], row)
            held.content, held.status = row, row["TrangThaiHoSo"]
            held.writes += 1
        return self._ok("Đồng bộ hồ sơ thành công")

    def _exists(self, code: str) -> Answer:
        number = self.switches.duplicate
        told = int(number) if self.switches.numeric else number
        return said({"error_code": told, "message": f"Hồ sơ {code} đã tồn tại"})

    def _wrong(self, row: Any) -> Iterator[str]:
        rules = self.switches
        return rows_faults(row, identity=rules.identity_required, received=rules.received_required)

    def _append(self, request: Request) -> Answer:
        rows = self._enveloped(request, set())
        if isinstance(rows, Answer):
            return rows
        wrong = [why for row in rows for why in faults_of(row, LINE)]
        if wrong:
            return self._no("", "; ".join(wrong))
        for row in rows:
            if row["MaHoSo"] not in self.record.dossiers:
                return self._no(row["MaHoSo"], f"Hồ sơ {row['MaHoSo']} chưa được đồng bộ")
        for row in rows:
            line = Line(
                row["ThoiDiemXuLy"], row["TrangThai"], row["NoiDungXuLy"], self.record.calls
            )
            self.record.dossiers[row["MaHoSo"]].lines.append(line)
        done = "Cập nhật tiến độ thành công"
        return plain(done) if self.switches.plain_progress else self._ok(done)
