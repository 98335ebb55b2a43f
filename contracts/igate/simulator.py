"""One province's iGate as its clients experience it: HTTP 200 with or without errors.

Nothing of the adapter is used here. What differs by province is a switch (contract.toml).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, dict[str, str], bytes]
JSON = {"Content-Type": "application/json"}
DENIED = "Cập nhật không thành công, vui lòng thử lại sau"
LOCAL = timezone(timedelta(hours=7))


class Simulator:
    """State and behaviour; sockets and faults are the host's business."""

    def __init__(
        self, switches: Mapping[str, Any], witness: Callable[[dict[str, Any]], None]
    ) -> None:
        self.switches = dict(switches)
        self.witness = witness
        self.tokens: dict[str, float] = {}
        self.dossiers: dict[str, dict[str, Any]] = {}
        self.files: dict[str, str] = {}
        self.allocated = 0
        self.unseen: dict[str, int] = {}
        self.seed(list(self.switches.get("occupied", ())))

    def seed(self, codes: list[str]) -> None:
        """Let dossiers be known from the start."""
        for code in codes:
            self._keep(code, {"code": code, "dossierStatus": {"id": 0}})

    def excuse(self, path: str) -> bytes | None:
        """Give no excuse: a dead token is told by its HTTP status here."""
        _ = path
        return None

    def denial(self, path: str) -> bytes | None:
        """Give a no in words of success, for a host that plays one; a login says it otherwise."""
        login = urlsplit(path).path.endswith("/protocol/openid-connect/token")
        return None if login else self._no(DENIED, {})[2]

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer one request."""
        at = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(at.query).items()}
        if at.path.endswith("/protocol/openid-connect/token"):
            return self._token(body)
        if not self._signed(headers):
            return _say(401, {"error": "invalid_token"})
        parts = at.path.strip("/").split("/")
        match (method, *parts[1:]):
            case ("GET", "config", "get-pattern"):
                return _say(200, {"id": "5f3a0000000000000000aaaa", "code": query.get("code")})
            case ("PUT", "pattern", _, "--get-next-value"):
                return self._allocate()
            case ("POST", "file", "--multiple"):
                return self._upload(headers, body)
            case ("GET", "api-integration", "--data"):
                return self._look_up(query.get("code", ""))
            case ("GET", "dossier", "search"):
                return self._search(query)
            case _:
                return self._write(method, parts, _object(body))

    def _write(self, method: str, parts: list[str], sent: dict[str, Any] | None) -> Answer:
        if sent is None:
            return self._no("Dữ liệu không hợp lệ", {"body": ["không phải JSON"]})
        match (method, *parts[1:]):
            case ("POST", "dossier", "--apply-online"):
                return self._create(sent)
            case ("PUT", "dossier", str(name)):
                return self._replace(name, sent)
            case ("PUT", "dossier", str(name), "--status"):
                return self._status(name, sent)
            case _:
                return _say(404, {"status": 404, "title": "Not Found"})

    def _token(self, body: bytes) -> Answer:
        form = {name: values[0] for name, values in parse_qs(body.decode("latin-1")).items()}
        whole = {"client_id", "grant_type"} <= set(form)
        if not whole or (form["grant_type"] == "password" and not form.get("password")):
            return _say(401, {"error": "invalid_grant"})
        token = f"token-{len(self.tokens) + 1}"
        self.tokens[token] = time.monotonic() + float(self.switches.get("token_seconds", 86400))
        return _say(200, {"access_token": token, "token_type": "Bearer", "expires_in": 86400})

    def _signed(self, headers: Mapping[str, str]) -> bool:
        given = {name.lower(): value for name, value in headers.items()}.get("authorization", "")
        return self.tokens.get(given.removeprefix("Bearer "), 0) > time.monotonic()

    def _allocate(self) -> Answer:
        self.allocated += 1 + int(self.switches.get("gap", 0))
        return _say(200, {"value": f"H99.14-260302-{self.allocated:04d}"})

    def _upload(self, headers: Mapping[str, str], body: bytes) -> Answer:
        if self.switches.get("refuse_files"):
            return self._no("Không nhận tệp", {"files": ["loại tệp không được phép"]})
        kind = {name.lower(): value for name, value in headers.items()}.get("content-type", "")
        message = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
        parts = message.get_payload()
        if not isinstance(parts, list) or not parts:
            return self._no("Không có tệp", {"files": ["bắt buộc"]})
        rows = []
        for part in parts:
            if isinstance(part, str):
                return self._no("Không đọc được tệp", {"files": ["sai định dạng"]})
            name = f"64f0{len(self.files):020x}"
            self.files[name] = str(part.get_filename())
            content = part.get_payload(decode=True)
            size = len(content) if isinstance(content, bytes) else 0
            rows.append({"id": name, "filename": self.files[name], "size": size})
            self.witness({"kind": "file", "name": self.files[name]})
        return _say(200, rows)

    def _create(self, sent: dict[str, Any]) -> Answer:
        code = sent.get("code")
        if not isinstance(code, str) or not code:
            return self._no("Thiếu mã hồ sơ", {"code": ["bắt buộc"]})
        if code in self.dossiers:
            return self._no(str(self.switches.get("exists_text", "Hồ sơ đã tồn tại")), {})
        wrong = self._wrong(sent)
        if wrong:
            return self._no("Hồ sơ không hợp lệ", wrong)
        kept = self._keep(code, sent | {"dossierStatus": {"id": 0}})
        self.unseen[code] = int(self.switches.get("look_up_lag", 0))
        self.witness({"kind": "snapshot", "code": code, "created": True} | self._content(sent))
        return _say(200, {"id": kept["id"], "code": code, "status": 200})

    def _replace(self, name: str, sent: dict[str, Any]) -> Answer:
        found = self._by_id(name)
        if found is None:
            return self._no("Không tìm thấy hồ sơ", {})
        wrong = self._wrong(sent)
        if wrong:
            return self._no("Hồ sơ không hợp lệ", wrong)
        found.update({key: value for key, value in sent.items() if key not in {"id", "code"}})
        found["updatedDate"] = datetime.now(UTC)
        self.witness(
            {"kind": "snapshot", "code": found["code"], "created": False} | self._content(sent)
        )
        return _say(200, {"id": name, "status": 200})

    def _status(self, name: str, sent: dict[str, Any]) -> Answer:
        found = self._by_id(name)
        state = sent.get("dossierStatus")
        if found is None:
            return self._no("Không tìm thấy hồ sơ", {})
        if not isinstance(state, dict) or not isinstance(state.get("id"), int):
            return self._no("Trạng thái không hợp lệ", {"dossierStatus": ["bắt buộc"]})
        told = sent.get("lienThong") or {}
        again = told and found.get("lienThong") == told  # the same state of the same moment again
        if again and self.switches.get("history", "keyed") == "keyed":
            return _say(200, {"status": 200, "title": "OK"})
        found["dossierStatus"], found["lienThong"] = state, told
        found["updatedDate"] = datetime.now(UTC)
        self.witness(
            {
                "kind": "event",
                "code": found["code"],
                "dossier": told.get("dossier"),
                "status": state["id"],
                "seq": told.get("version"),
            }
        )
        return _say(200, {"status": 200, "title": "OK"})

    def _content(self, sent: dict[str, Any]) -> dict[str, Any]:
        """Pick out by what an audit knows a dossier again."""
        applicant = (sent.get("applicant") or {}).get("data") or {}
        return {
            "owner": applicant.get("ownerFullname"),
            "procedure": (sent.get("procedure") or {}).get("code"),
        }

    def _wrong(self, sent: dict[str, Any]) -> dict[str, list[str]]:
        wrong = {}
        applicant = (sent.get("applicant") or {}).get("data") or {}
        for field in self.switches.get("required", ("ownerFullname", "identityNumber")):
            if not applicant.get(field):
                wrong[f"applicant.data.{field}"] = ["không được để trống"]
        if not (sent.get("procedure") or {}).get("code"):
            wrong["procedure.code"] = ["không được để trống"]
        for part in sent.get("dossierFormFile") or []:
            unknown = [f["id"] for f in part.get("file") or [] if f.get("id") not in self.files]
            if unknown:
                wrong["dossierFormFile.file"] = [f"không có tệp {unknown[0]}"]
        return wrong

    def _look_up(self, code: str) -> Answer:
        found = self.dossiers.get(code)
        if found is not None and self.unseen.get(code, 0) > 0:
            self.unseen[code] -= 1
            found = None
        if found is not None:
            return _say(200, self._shown(found))
        absent = str(self.switches.get("absent", "404"))
        if absent == "404":
            return _say(404, {"status": 404, "title": "Not Found"})
        return _say(200, None if absent == "null" else {})

    def _search(self, query: Mapping[str, str]) -> Answer:
        page, size = int(query.get("page", 0)), int(query.get("size", 50))
        rows = sorted(self.dossiers.values(), key=lambda one: one["updatedDate"], reverse=True)
        chosen = rows[page * size : (page + 1) * size]
        return _say(200, {"content": [self._shown(one) for one in chosen], "number": page})

    def _shown(self, one: Mapping[str, Any]) -> dict[str, Any]:
        state = self.switches.get("unknown_status", one["dossierStatus"]["id"])
        task = {"name": self._name("Thụ lý"), "assignee": {"fullname": "Vàng A Thử"}}
        return {
            "id": one["id"],
            "code": one["code"],
            "nationCode": one.get("nationCode"),
            "dossierStatus": {"id": state, "name": self._name("Trạng thái")},
            "updatedDate": self._moment(one["updatedDate"]),
            **{name: self._moment(at) for name, at in one.get("moved", {}).items()},
            "currentTask": task if self.switches.get("task_shape") == "object" else [task],
        }

    def _moment(self, at: datetime) -> str:
        shape = self.switches.get("offset", "none")
        zone = UTC if shape == "utc" else LOCAL
        text = at.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S.%f")[:23]
        return text + {"none": "+0700", "utc": "+0000", "colon": "+07:00"}[shape]

    def _name(self, text: str) -> Any:
        match self.switches.get("name_shape", "list"):
            case "plain":
                return text
            case "object":
                return {"languageId": 228, "name": text}
            case _:
                return [{"languageId": 46, "name": "in English"}, {"languageId": 228, "name": text}]

    def _keep(self, code: str, sent: dict[str, Any]) -> dict[str, Any]:
        made = {**sent, "id": f"65a1{len(self.dossiers):020x}", "updatedDate": datetime.now(UTC)}
        self.dossiers[code] = made
        return made

    def _by_id(self, name: str) -> dict[str, Any] | None:
        return next((one for one in self.dossiers.values() if one["id"] == name), None)

    def move(self, code: str, status: int) -> None:
        """Let an officer of the province move a dossier: it will show in the next search."""
        found = self.dossiers[code]
        now = datetime.now(UTC)
        found["dossierStatus"], found["updatedDate"] = {"id": status}, now
        found.setdefault("moved", {"acceptedDate": now, "appointmentDate": now + timedelta(days=3)})

    def _no(self, title: str, errors: dict[str, list[str]]) -> Answer:
        said: Any = errors
        if self.switches.get("error_shape") == "sentence":
            said = "; ".join(f"{name}: {', '.join(texts)}" for name, texts in errors.items())
        return _say(200, {"status": 500, "title": title, "errors": said})


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _say(status: int, answer: Any) -> Answer:
    return status, JSON, json.dumps(answer, ensure_ascii=False).encode()
