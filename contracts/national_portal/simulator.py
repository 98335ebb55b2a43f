"""The national portal as its clients experience it; progress lines are never de-duplicated.

What is only inferred of the real portal is a switch (contract.toml).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from contracts.national_portal import rules

Answer = tuple[int, dict[str, str], bytes]
JSON = {"Content-Type": "application/json; charset=utf-8"}
DEAD = "Phiên làm việc không hợp lệ hoặc đã hết hạn"
DENIED = "Cập nhật không thành công, vui lòng thử lại sau"
SERVICES = ("DongBoHoSoMC", "CapNhatTienDoHoSoMC", "DongBoTrangThaiHoSo", "TraCuuHoSo")


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
        self.unseen: dict[str, int] = {}
        self.lines: list[tuple[str, str]] = []
        self.seed(list(self.switches.get("occupied", ())))

    def seed(self, codes: list[str]) -> None:
        """Let dossiers be born here: they are known before anybody tells us."""
        self.known.update(dict.fromkeys(codes, "1"))

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer one request; errors of the caller come with HTTP 200, as there."""
        at = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(at.query).items()}
        try:
            sent = json.loads(body)
        except ValueError:
            return self._no("-1", "Dữ liệu không hợp lệ")
        if method != "POST":
            return self._no("-1", "Yêu cầu không hợp lệ")
        astray = self._astray(query, headers)
        if astray is not None:
            return astray
        if self.switches.get("framing") == "bare":
            return self._bare(at.path, query, sent)
        if not isinstance(sent, dict):
            return self._no("-1", "Yêu cầu không hợp lệ")
        if at.path.endswith("/login"):
            return self._login(sent)
        if self.sessions.get(str(sent.get("session")), 0) < time.monotonic():
            return self._no("-1", str(self.switches.get("dead_text", DEAD)))
        if not isinstance(sent.get("madonvi"), str):
            return self._no("-1", "Thiếu madonvi")
        return self._serve(sent.get("service"), str(sent.get("isUpdating")), sent)

    def excuse(self, path: str) -> bytes | None:
        """Give the answer to a dead session, for a host that plays one; a login has none yet."""
        bare = self.switches.get("framing") == "bare"
        return None if bare or path.endswith("/login") else self._no("-1", DEAD)[2]

    def denial(self, path: str) -> bytes | None:
        """Give a no in words of success, for a host that plays one; a login says it otherwise."""
        return None if path.endswith("/login") else self._no("-1", DENIED)[2]

    def _astray(self, query: Mapping[str, str], headers: Mapping[str, str]) -> Answer | None:
        """Refuse a call whose address is not where this way to the portal wants it."""
        where = self.switches.get("dstcode")
        given = {name.lower() for name in headers}
        if where == "header" and "dstcode" not in given:
            return 404, {"Content-Type": "text/plain"}, b"no destination"
        if where == "query" and "dstcode" not in query:
            return 404, {"Content-Type": "text/plain"}, b"no destination"
        if where == "forbidden" and ("dstcode" in given or "dstcode" in query):
            return 500, {"Content-Type": "text/plain"}, b"unknown destination"
        return None

    def _bare(self, path: str, query: Mapping[str, str], sent: Any) -> Answer:
        """Serve a province's proxy: no session, the service in the path, the body an array."""
        if not query.get("MaDinhDanhDV"):
            return self._no("-1", "Thiếu MaDinhDanhDV")
        service = next((name for name in SERVICES if path.endswith(name)), None)
        return self._serve(service, query.get("isUpdating", "False"), {"data": sent, "type": "2"})

    def _serve(self, service: Any, updating: str, sent: Mapping[str, Any]) -> Answer:
        data = sent.get("data")
        match service:
            case "DongBoHoSoMC" if isinstance(data, list) and data:
                return self._sync(updating, data)
            case "CapNhatTienDoHoSoMC" if isinstance(data, list) and data:
                return self._progress(data)
            case "DongBoTrangThaiHoSo" if isinstance(data, dict) and sent.get("type") == "2":
                return self._answered(data)
            case "TraCuuHoSo":
                return self._look_up(str(sent.get("mahoso")))
            case _:
                return self._no("-1", "Dịch vụ hoặc dữ liệu không hợp lệ")

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
        """Take all of a batch, or none of it: one error code speaks for the whole."""
        if updating not in {"True", "False"}:
            return self._no("-1", "isUpdating không hợp lệ")
        for item in items:
            wrong = rules.wrong_form(item) or rules.wrong_content(item, self.switches)
            if wrong is not None:
                return self._no("-1", wrong)
            astray = self._wrong_place(item, updating == "True")
            if astray is not None:
                return astray
        for item in items:
            code = item["MaHoSo"]
            if code not in self.known:
                self.unseen[code] = int(self.switches.get("look_up_lag", 0))
            self.known[code] = item["TrangThaiHoSo"]
            self.witness(
                {
                    "kind": "snapshot",
                    "code": code,
                    "status": item["TrangThaiHoSo"],
                    "updating": updating == "True",
                    "owner": item["ChuHoSo"],
                    "procedure": item["MaTTHC"],
                }
            )
        return self._yes("Đồng bộ hồ sơ thành công")

    def _wrong_place(self, item: Mapping[str, Any], updating: bool) -> Answer | None:
        code = item["MaHoSo"]
        if not updating and code in self.known:
            number = str(self.switches.get("duplicate_code", "3"))
            return self._no(number, f"Hồ sơ {code} đã tồn tại")
        if updating and code not in self.known:
            return self._no("-1", f"Hồ sơ {code} không tồn tại")
        before = self.known.get(code)
        strict = self.switches.get("strict_transitions") and before is not None
        if strict and item["TrangThaiHoSo"] not in rules.AFTER[before or "1"].split():
            return self._no("-1", f"Trạng thái không hợp lệ sau {before}")
        return None

    def _progress(self, items: list[Any]) -> Answer:
        for item in items:
            wrong = rules.wrong_line(item, self.known)
            if wrong is not None:
                return self._no("-1", wrong)
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

    def _answered(self, data: Mapping[str, Any]) -> Answer:
        wrong = rules.wrong_answer(data, self.switches)
        if wrong is not None:
            return self._no("-1", wrong)
        self.witness(
            {
                "kind": "answer",
                "code": data["MaHoSo"],
                "at": data["NgayXuLy"],
                "status": data["TrangThai"],
                "text": data.get("NoiDung"),
            }
        )
        return self._yes("Cập nhật trạng thái thành công")

    def _look_up(self, code: str) -> Answer:
        """Look a dossier up; a new one may not be seen yet."""
        if self.unseen.get(code, 0) > 0:
            self.unseen[code] -= 1
            return self._found([])
        return self._found([{"MaHoSo": code}] if code in self.known else [])

    def _found(self, result: list[dict[str, str]]) -> Answer:
        return 200, JSON, _json({"error_code": "0", "message": "thành công", "result": result})

    def _yes(self, message: str, **more: str) -> Answer:
        code: int | str = 0 if self.switches.get("numeric_codes") else "0"
        said = message if self.switches.get("success_text", True) else "OK"
        return 200, JSON, _json({"error_code": code, "message": said, **more})

    def _no(self, code: str, message: str) -> Answer:
        numeric = self.switches.get("numeric_codes")
        return 200, JSON, _json({"error_code": int(code) if numeric else code, "message": message})


def _json(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer, ensure_ascii=False).encode()
