"""The national portal as its clients experience it; progress lines are never de-duplicated.

What is only inferred of the real portal is a switch (contract.toml).
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

Answer = tuple[int, dict[str, str], bytes]
JSON = {"Content-Type": "application/json; charset=utf-8"}
MOMENT = re.compile(r"\d{14}")
STATES = {str(number) for number in range(1, 11)}
REQUIRED = (
    "MaHoSo",
    "MaTTHC",
    "TenTTHC",
    "MaLinhVuc",
    "TenLinhVuc",
    "KenhThucHien",
    "LoaiDoiTuong",
    "TrichYeuHoSo",
    "TrangThaiHoSo",
    "HinhThuc",
    "DonViXuLy",
    "NoiNopHoSo",
    "NgayNopHoSo",
)
MOMENTS = ("NgayTiepNhan", "NgayHenTra", "NgayTra", "NgayKetThucXuLy", "NgayTuChoi", "NgayNopHoSo")
LISTS = (
    "TaiLieuNop",
    "DanhSachLePhi",
    "DanhSachTepDinhKemKhac",
    "DanhSachHoSoBoSung",
    "DanhSachGiayToKetQua",
    "DinhDanhCHS",
    "DSKetNoiCSDL",
)
DEAD = "Phiên làm việc không hợp lệ hoặc đã hết hạn"


class Simulator:
    """State and behaviour; sockets and faults are the host's business."""

    def __init__(
        self, switches: Mapping[str, Any], witness: Callable[[dict[str, Any]], None]
    ) -> None:
        self.switches = dict(switches)
        self.witness = witness
        self.sessions: dict[str, float] = {}
        self.logins = 0
        self.known: dict[str, str] = {}
        self.lines: list[tuple[str, str]] = []

    def seed(self, codes: list[str]) -> None:
        """Let dossiers be born here: they are known before anybody tells us."""
        self.known.update(dict.fromkeys(codes, "1"))

    def handle(self, method: str, path: str, _headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer one request; errors of the caller come with HTTP 200, as there."""
        try:
            sent = json.loads(body)
        except ValueError:
            return self._no("-1", "Dữ liệu không hợp lệ")
        if method != "POST" or not isinstance(sent, dict):
            return self._no("-1", "Yêu cầu không hợp lệ")
        if path.endswith("/login"):
            return self._login(sent)
        if self.sessions.get(str(sent.get("session")), 0) < time.monotonic():
            return self._no("-1", DEAD)
        items = sent.get("data")
        if not isinstance(sent.get("madonvi"), str) or not isinstance(items, list) or not items:
            return self._no("-1", "Thiếu madonvi hoặc data")
        match sent.get("service"):
            case "DongBoHoSoMC":
                return self._sync(str(sent.get("isUpdating")), items)
            case "CapNhatTienDoHoSoMC":
                return self._progress(items)
            case _:
                return self._no("-1", "Dịch vụ không tồn tại")

    def excuse(self, path: str) -> bytes | None:
        """Give the answer to a dead session, for a host that plays one; a login has none yet."""
        return None if path.endswith("/login") else self._no("-1", DEAD)[2]

    def _login(self, sent: dict[str, Any]) -> Answer:
        if not sent.get("username") or not sent.get("password"):
            return self._no("-1", "Sai tên đăng nhập hoặc mật khẩu")
        if self.switches.get("single_session"):
            self.sessions.clear()
        self.logins += 1
        session = f"phien-{self.logins}"
        self.sessions[session] = time.monotonic() + float(self.switches.get("session_seconds", 600))
        return self._yes("Đăng nhập thành công", session=session)

    def _sync(self, updating: str, items: list[Any]) -> Answer:
        if updating not in {"True", "False"}:
            return self._no("-1", "isUpdating không hợp lệ")
        for item in items:
            wrong = self._wrong_dossier(item)
            if wrong is not None:
                return self._no("-1", wrong)
        for item in items:
            code = item["MaHoSo"]
            if updating == "False" and code in self.known:
                return self._no(
                    str(self.switches.get("duplicate_code", "3")), f"Hồ sơ {code} đã tồn tại"
                )
            if updating == "True" and code not in self.known:
                return self._no("-1", f"Hồ sơ {code} không tồn tại")
            self.known[code] = item["TrangThaiHoSo"]
            self.witness(
                {
                    "kind": "snapshot",
                    "code": code,
                    "status": item["TrangThaiHoSo"],
                    "updating": updating == "True",
                }
            )
        return self._yes("Đồng bộ hồ sơ thành công")

    def _wrong_dossier(self, item: Any) -> str | None:
        return self._wrong_form(item) or self._wrong_content(item)

    def _wrong_form(self, item: Any) -> str | None:
        if not isinstance(item, dict):
            return "Hồ sơ không hợp lệ"
        for field in REQUIRED:
            if not isinstance(item.get(field), str) or not item[field]:
                return f"{WORDS.get(field, field)} không được để trống"
        if item["TrangThaiHoSo"] not in STATES:
            return "Trạng thái không hợp lệ"
        for field in MOMENTS:
            if item.get(field) and not MOMENT.fullmatch(str(item[field])):
                return f"{field} sai định dạng yyyyMMddHHmmss"
        for field in LISTS:
            if not isinstance(item.get(field), list):
                return f"{field} phải là danh sách"
        return None

    def _wrong_content(self, item: Mapping[str, Any]) -> str | None:
        if item["LoaiDoiTuong"] == "1" and not item["DinhDanhCHS"]:
            return "Định danh chủ hồ sơ không được để trống"
        if len(item.get("GhiChu") or "") >= int(self.switches.get("notes_limit", 2000)):
            return "Ghi chú vượt quá độ dài cho phép"
        procedures = self.switches.get("procedures")
        if procedures is not None and item["MaTTHC"] not in procedures:
            return "Mã thủ tục không tồn tại trong cơ sở dữ liệu"
        return None

    def _progress(self, items: list[Any]) -> Answer:
        for item in items:
            if not isinstance(item, dict) or item.get("MaHoSo") not in self.known:
                return self._no("-1", "Hồ sơ không tồn tại")
            if not item.get("NoiDungXuLy"):
                return self._no("-1", "Nội dung xử lý không được để trống")
            if not item.get("NguoiXuLy") or len(item["NguoiXuLy"]) > 50:
                return self._no("-1", "Người xử lý không hợp lệ")
            if item.get("TrangThai") not in STATES:
                return self._no("-1", "Trạng thái không hợp lệ")
            if not MOMENT.fullmatch(str(item.get("ThoiDiemXuLy"))):
                return self._no("-1", "Thời điểm xử lý sai định dạng")
        for item in items:
            self.lines.append((item["MaHoSo"], item["ThoiDiemXuLy"]))
            self.witness(
                {
                    "kind": "line",
                    "code": item["MaHoSo"],
                    "at": item["ThoiDiemXuLy"],
                    "status": item["TrangThai"],
                    "text": item["NoiDungXuLy"],
                }
            )
        if self.switches.get("plain_progress"):
            text = "Cập nhật tiến độ thành công"
            return 200, {"Content-Type": "text/plain; charset=utf-8"}, text.encode()
        return self._yes("Cập nhật tiến độ thành công")

    def _yes(self, message: str, **more: str) -> Answer:
        code: int | str = 0 if self.switches.get("numeric_codes") else "0"
        said = message if self.switches.get("success_text", True) else "OK"
        return 200, JSON, _json({"error_code": code, "message": said, **more})

    def _no(self, code: str, message: str) -> Answer:
        numeric = self.switches.get("numeric_codes")
        return 200, JSON, _json({"error_code": int(code) if numeric else code, "message": message})


WORDS = {"TrichYeuHoSo": "Trích yếu hồ sơ", "MaTTHC": "Mã thủ tục", "MaHoSo": "Mã hồ sơ"}


def _json(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer, ensure_ascii=False).encode()
