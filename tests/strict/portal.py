"""A national portal that takes the documents at their word.

Written from the domain page and the contract's schema alone, without a look at the adapter that
speaks to it. What the page marks as inferred is a switch.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.strict.faults import Plan, Purpose, Words
from tests.strict.record import Line, Record, Refusal
from tests.strict.wire import Answer, Request, plain, said

TEXT, FLAG = r"(?s).*", "0|1"
SOME = r"(?s).*\S.*"
DATE = r"(\d{14})?"
STATES = "1|2|3|4|5|6|7|8|9|10"
DOSSIER: dict[str, tuple[str, int, bool]] = {  # pattern, longest, may lack
    "MaHoSo": (SOME, 50, False),
    "MaTTHC": (SOME, 50, False),
    "TenTTHC": (SOME, 4000, False),
    "MaLinhVuc": (SOME, 4000, False),
    "TenLinhVuc": (SOME, 4000, False),
    "KenhThucHien": ("1|2|3", 1, False),
    "SoBienNhan": (TEXT, 4000, True),
    "ChuHoSo": (TEXT, 500, True),
    "LoaiDoiTuong": ("1|2|3|4", 1, False),
    "MaDoiTuong": (TEXT, 4000, True),
    "ThongTinKhac": (TEXT, 4000, True),
    "Email": (TEXT, 4000, True),
    "Fax": (TEXT, 4000, True),
    "SoDienThoai": (TEXT, 4000, True),
    "SoGiayToChuHoSo": (TEXT, 4000, True),
    "TrichYeuHoSo": (SOME, 1000, False),
    "NgayNopHoSo": (r"\d{14}", 14, False),
    "NgayTiepNhan": (DATE, 14, False),
    "NgayHenTra": (DATE, 14, True),
    "TrangThaiHoSo": (STATES, 2, False),
    "NgayTra": (DATE, 14, True),
    "ThongTinTra": (TEXT, 4000, True),
    "HinhThuc": (FLAG, 1, False),
    "NgayKetThucXuLy": (DATE, 14, True),
    "NgayTuChoi": (DATE, 14, True),
    "DonViXuLy": (SOME, 4000, False),
    "MaCoQuan": (TEXT, 50, True),
    "GhiChu": (TEXT, 1999, True),
    "NoiNopHoSo": ("1|2", 1, False),
    "HoSoCoThanhPhanSoHoa": (FLAG, 1, False),
    "TaiKhoanDuocXacThucVoiVNeID": (FLAG, 1, False),
    "DuocThanhToanTrucTuyen": ("0|1|2|3", 1, False),
}
LINE: dict[str, tuple[str, int, bool]] = {
    "MaHoSo": (SOME, 50, False),
    "NguoiXuLy": (SOME, 50, False),
    "ChucDanh": (TEXT, 4000, True),
    "ThoiDiemXuLy": (r"\d{14}", 14, False),
    "PhongBanXuLy": (TEXT, 4000, True),
    "NoiDungXuLy": (SOME, 4000, False),
    "TrangThai": (STATES, 2, False),
    "NgayBatDau": (DATE, 14, True),
    "NgayKetThucTheoQuyDinh": (DATE, 14, True),
}
LISTS: dict[str, dict[str, tuple[str, int, bool]]] = {
    "DinhDanhCHS": {"LoaiDinhDanh": ("1|2", 1, False), "SoDinhDanh": (SOME, 50, False)},
    "DSKetNoiCSDL": {"MaCSDL": (SOME, 50, False)},
    "TaiLieuNop": {
        "TepDinhKemId": (TEXT, 4000, True),
        "TenTepDinhKem": (SOME, 4000, False),
        "IsDeleted": ("True|False", 5, False),
        "MaThanhPhanHoSo": (TEXT, 50, True),
        "DuongDanTaiTepTin": (r"https?://\S+", 4000, False),
        "DuocSoHoa": (FLAG, 1, True),
        "DuocTaiSuDung": ("0|1|2", 1, True),
        "DuocLayTuKhoDMQG": (FLAG, 1, True),
        "MaKetQuaThayThe": (TEXT, 50, True),
    },
    "DanhSachGiayToKetQua": {
        "TenGiayTo": (SOME, 2000, False),
        "MaThanhPhanHoSo": (TEXT, 50, True),
        "GiayToId": (TEXT, 4000, True),
        "DuongDanTepTinKetQua": (r"https?://\S+", 4000, False),
        "MaGiayToKetQua": (TEXT, 50, True),
    },
    "DanhSachLePhi": {
        "TenPhiLePhi": (SOME, 4000, False),
        "MaPhiLePhi": (TEXT, 50, True),
        "HinhThucThu": ("1|2|4", 1, False),
        "Gia": (r"\d+", 20, False),
        "LoaiPhiLePhi": (r"\d", 1, False),
    },
}
LOOSE = ("DanhSachTepDinhKemKhac", "DanhSachHoSoBoSung")
"""Lists whose items the page does not settle: they have to be there."""


def faults_of(
    row: Any, fields: dict[str, tuple[str, int, bool]], more: tuple[str, ...] = ()
) -> Iterator[str]:
    """List what is wrong with a row: types, lengths, code lists, dates, fields of no document."""
    if not isinstance(row, dict):
        yield "không phải đối tượng"
        return
    yield from (f"{name} không có trong tài liệu" for name in row if name not in {*fields, *more})
    for name, (pattern, longest, may_lack) in fields.items():
        if name not in row:
            if not may_lack:
                yield f"{name} không được để trống"
            continue
        value = row[name]
        if not isinstance(value, str):
            yield f"{name} phải là chuỗi"
        elif len(value) > longest:
            yield f"{name} dài quá {longest} ký tự"
        elif not re.fullmatch(pattern, value):
            yield f"{name} không hợp lệ"
        elif r"\d{14}" in pattern and value and not _is_time(value):
            yield f"{name} không phải thời điểm"


def _is_time(value: str) -> bool:
    try:
        datetime.strptime(value, "%Y%m%d%H%M%S")  # noqa: DTZ007 - their wire knows no zone
    except ValueError:
        return False
    return True


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
    same_again: int = 2
    """So many logins after a death are given the dead session once more."""


WORDS = Words(
    later=(
        said({"error_code": "-1", "message": "Hệ thống đang bận, vui lòng thử lại sau"}),
        said({"error_code": -1, "message": "Lỗi kết nối cơ sở dữ liệu, vui lòng thử lại sau"}),
    ),
    verdicts=(
        said({"error_code": 0, "message": "Đồng bộ không thành công 1/1 hồ sơ"}),
        said({"error_code": "0", "message": "Chưa thành công: lỗi cơ sở dữ liệu"}),
        said({"error_code": "0", "message": "Đồng bộ thành công 0/1 hồ sơ"}),
        said({"error_code": 0, "message": "Thao tác không được thực hiện thành công"}),
        plain("Cập nhật tiến độ thất bại"),
        said(None, 409),
        said({"error_code": 0, "message": "Cập nhật thành công"}, 409),
        said({"message": "procedure unknown"}, 422),
        said({"error_code": "-1", "message": "Dữ liệu không hợp lệ"}, 400),
    ),
    appended=(plain("Không cập nhật thành công tiến độ"),),
)
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
    excuse: Answer = DEAD[0]
    _draw: random.Random = field(init=False)

    def __post_init__(self) -> None:
        """Begin the plan of faults."""
        self._draw = random.Random(self.seed)
        self.plan = Plan(self.seed, WORDS, self.record, self._kill, self.forbidden)

    def _kill(self) -> None:
        self.sessions.clear()
        self.excuse = self._draw.choice(DEAD)
        self.again = self._draw.choice((0, self.switches.same_again))

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
        yield from faults_of(row, DOSSIER, (*LISTS, *LOOSE))
        if not isinstance(row, dict):
            return
        for name in (*LISTS, *LOOSE):
            if not isinstance(row.get(name), list):
                yield f"{name} phải là mảng"
                continue
            for item in row[name] if name in LISTS else ():
                yield from (f"{name}: {why}" for why in faults_of(item, LISTS[name]))
        received = row.get("NgayTiepNhan") or row.get("TrangThaiHoSo") in {"1", "3"}
        if self.switches.received_required and not received:
            yield "NgayTiepNhan không được để trống"
        ids = row.get("DinhDanhCHS") or []
        if self.switches.identity_required and row.get("LoaiDoiTuong") == "1" and not ids:
            yield "DinhDanhCHS không được để trống"
        for one in ids:
            digits = {"1": 12, "2": 9}.get(one.get("LoaiDinhDanh"), 0)
            if not re.fullmatch(rf"\d{{{digits}}}", one.get("SoDinhDanh", "")):
                yield "SoDinhDanh không hợp lệ"

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
