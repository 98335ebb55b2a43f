"""Hearing the portal: dossiers that citizens filed there, pushed to us (`nhanhsdvcqg`).

Only the frame of such a push is known from clients (service, isUpdating, data.MaHoSoQG, files by
URL). The names inside `data` are taken to be those of a dossier sync (inferred), each a setting.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from adapters.kit.port import Call, CallResponse, Heard
from adapters.national_portal import codes
from schemas.base import VIETNAM, spoken
from schemas.inbound import Arrival, Item, Row, Verdict

if TYPE_CHECKING:
    from adapters.national_portal.settings import PortalSettings

JSON = MappingProxyType({"Content-Type": "application/json; charset=utf-8"})
FIELDS = MappingProxyType(
    {
        "code": "MaHoSoQG",
        "procedure": "MaTTHC",
        "procedure_name": "TenTTHC",
        "field": "MaLinhVuc",
        "field_name": "TenLinhVuc",
        "agency": "MaCoQuan",
        "agency_name": "DonViXuLy",
        "owner": "ChuHoSo",
        "owner_kind": "LoaiDoiTuong",
        "account": "MaDoiTuong",
        "identities": "DinhDanhCHS",
        "phone": "SoDienThoai",
        "email": "Email",
        "summary": "TrichYeuHoSo",
        "submitted": "NgayNopHoSo",
        "papers": "TaiLieuNop",
        "file_url": "URLTepDangKy",
        "file_name": "TenTepDangKy",
    }
)
"""Where each thing stands in `data`."""
KIND = MappingProxyType(
    {number: kind for kind, number in reversed(list(codes.LOAI_DOI_TUONG.items()))}
)
NUMBERS = MappingProxyType({number: kind for kind, number in codes.LOAI_DINH_DANH.items()})


def hear(call: Call, settings: PortalSettings) -> Heard | None:
    """Read a push; None: not one of theirs."""
    if call.method != "POST" or not call.path.rstrip("/").endswith(settings.push_path):
        return None
    try:
        sent = json.loads(call.body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return Heard(items=(), answer=lambda _: _say(-1, "Dữ liệu không hợp lệ", 500))
    data = sent.get("data") if isinstance(sent, dict) else None
    names = FIELDS | dict(settings.push_fields)
    code = _text(data.get(names["code"])) if isinstance(data, dict) else None
    if not isinstance(data, dict) or code is None:
        return Heard(items=(), answer=lambda _: _say(-1, f"Thiếu {names['code']}"))
    item = _item(code, sent, _Reader(data, names), call, settings)
    return Heard(items=(item,), answer=lambda verdicts: _answer(code, verdicts))


def _item(
    code: str, sent: Mapping[str, Any], data: _Reader, call: Call, settings: PortalSettings
) -> Item:
    """Make a new dossier of a push, or the present state of one that the citizen changed."""
    body = _body(code, data, settings)
    if str(sent.get("isUpdating")).casefold() == "true":
        body["source"]["as_of"] = spoken(call.now)
        return Row(ref=code, body=body)
    return Arrival(ref=code, body=body)


class _Reader:
    """Reads `data` by our names; what is not a text, or empty, is absent."""

    def __init__(self, data: Mapping[str, Any], names: Mapping[str, str]) -> None:
        self.data, self.names = data, names

    def text(self, name: str) -> str | None:
        """Read a text."""
        return _text(self.data.get(self.names[name]))

    def rows(self, name: str) -> list[Mapping[str, Any]]:
        """Read a list of objects."""
        found = self.data.get(self.names[name])
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _body(code: str, data: _Reader, settings: PortalSettings) -> dict[str, Any]:
    """Write the canonical dossier; what the push does not say stays absent, and is refused."""
    submitted = _moment(data.text("submitted"))
    name, agency = data.text("agency_name"), data.text("agency") or settings.push_agency
    owner: dict[str, Any] = {
        "kind": KIND.get(data.text("owner_kind") or "", None),
        "name": data.text("owner"),
        "account_id": data.text("account"),
        "phone": data.text("phone"),
        "email": data.text("email"),
        "identities": [
            {"kind": NUMBERS.get(str(one.get("LoaiDinhDanh")), "other"), "number": number}
            for one in data.rows("identities")
            if (number := _text(one.get("SoDinhDanh"))) is not None
        ],
    }
    competent = {"code": agency, "name": name}
    field = data.text("field")
    return {
        "source": {"ref": code},
        "origin": {"system": "portal", "code": code, "at": submitted},
        "codes": [{"value": code, "kind": "portal"}],
        "procedure": {
            "code": data.text("procedure"),
            "name": data.text("procedure_name"),
            "field": {"code": field, "name": data.text("field_name")} if field else None,
        },
        "agencies": {"competent": competent if agency or name else None},
        "owner": owner,
        "summary": data.text("summary"),
        "channel": "online",
        "submitted_at": submitted,
        "components": _papers(data),
    }


def _papers(data: _Reader) -> list[dict[str, Any]]:
    """List the papers; the form that the citizen filled is one of them."""
    found = [
        {
            "id": _text(one.get("TepDinhKemId")) or f"tep-{number}",
            "name": _text(one.get("TenTepDinhKem")) or f"Tệp {number}",
            "url": _text(one.get("DuongDanTaiTepTin")),
            "code": _text(one.get("MaThanhPhanHoSo")),
        }
        for number, one in enumerate(data.rows("papers"), start=1)
    ]
    form = data.text("file_url")
    if form is not None:
        found.insert(
            0, {"id": "don", "name": data.text("file_name") or "Đơn", "url": form, "code": None}
        )
    return [
        {
            "id": one["id"],
            "code": one["code"],
            "name": one["name"],
            "electronic": True,
            "files": [{"id": one["id"], "name": one["name"], "url": one["url"]}],
        }
        for one in found
        if one["url"] is not None
    ]


def _moment(text: str | None) -> str | None:
    """Read `yyyyMMddHHmmss` in Vietnamese time; anything else is left for the door to refuse."""
    if text is None:
        return None
    try:
        found = datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=VIETNAM)
    except ValueError:
        return text
    return found.isoformat()


def _answer(code: str, verdicts: tuple[Verdict, ...]) -> CallResponse:
    """Say 0 for taken, 1 for taken before, -1 for refused, as their callers expect."""
    verdict = verdicts[0]
    if verdict.word == "refused":
        where = ", ".join(f"{one.pointer}: {one.detail}" for one in verdict.problems[:5])
        return _say(-1, where or "refused")
    if verdict.word == "repeated":
        return _say(1, f"{code}|{verdict.dossier or ''}")
    return _say(0, f"{code}|{verdict.dossier or ''}")


def _say(number: int, message: str, status: int = 200) -> CallResponse:
    text = json.dumps({"error_code": number, "message": message}, ensure_ascii=False)
    return CallResponse(status=status, body=text.encode(), headers=JSON)
