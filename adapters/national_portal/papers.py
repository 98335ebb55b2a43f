"""Papers, results, fees and supplements in the portal's words."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from typing import Any

from adapters.national_portal import codes
from adapters.national_portal.settings import PortalSettings
from adapters.national_portal.words import flag, limited, moment
from schemas.base import spoken
from schemas.dossier import Supplement
from schemas.outcome import CannotExpress
from schemas.parts import Component, Fee, File, OtherPaper, Result

TEN_GIAY_TO, TEN_TEP, MA = 2000, 4000, 50


def address(file: File, settings: PortalSettings, field: str) -> str:
    """Give the address from which the portal fetches a file by itself, without a login."""
    if file.url is not None:
        return file.url
    if file.sha256 is not None and settings.files_url and settings.files_secret:
        return public_address(settings.files_url, file.sha256, settings)
    if file.removed:
        return ""
    raise CannotExpress(field, "the portal fetches files itself: a file needs a url")


def public_address(base: str, sha256: str, settings: PortalSettings) -> str:
    """Give the gateway's own public address of an uploaded file; the proof is in its path."""
    secret = settings.files_secret.get_secret_value() if settings.files_secret else ""
    proof = hmac.new(secret.encode(), sha256.encode(), hashlib.sha256).hexdigest()
    return f"{base.rstrip('/')}/files/{sha256}/{proof}"


def paper(part: Component, file: File, settings: PortalSettings) -> dict[str, str]:
    """Translate one file of a component."""
    removed = file.removed or part.removed
    return {
        "TepDinhKemId": file.id,
        "TenTepDinhKem": limited(file.name, TEN_TEP, "/components/files/name"),
        "IsDeleted": "True" if removed else "False",
        "MaThanhPhanHoSo": component_code(part.code, settings),
        "DuongDanTaiTepTin": file.url or "" if removed else address(file, settings, "/components"),
        "DuocSoHoa": flag(part.digitised),
        "DuocTaiSuDung": codes.TAI_SU_DUNG[part.reuse or "none"],
        "DuocLayTuKhoDMQG": flag(part.from_national_store),
        "MaKetQuaThayThe": part.replaced_by_result or "",
    }


def component_code(code: str | None, settings: PortalSettings) -> str:
    """Send a code only where the portal can know it: an unknown one refuses the whole dossier."""
    if code is None or settings.component_codes == "blank":
        return ""
    if settings.known_components and code not in settings.known_components:
        return ""
    return code


def other(one: OtherPaper) -> dict[str, Any]:
    """Translate a paper that came along."""
    kind = one.kind or ""
    return {
        "TenGiayTo": limited(one.name, TEN_GIAY_TO, "/other_papers/name"),
        "SoLuong": one.quantity or 0,
        "LoaiGiayTo": int(kind) if kind.isdigit() else 1,
    }


def fee(one: Fee, settings: PortalSettings) -> dict[str, str]:
    """Translate a fee."""
    return {
        "TenPhiLePhi": one.name,
        "MaPhiLePhi": limited(one.code, MA, "/fees/code"),
        "HinhThucThu": codes.HINH_THUC_THU[one.phase or "reception"],
        "Gia": str(one.amount),
        "LoaiPhiLePhi": settings.fee_types.get(one.kind, "1"),
    }


def result(one: Result, file: File | None, settings: PortalSettings) -> dict[str, str]:
    """Translate a result; a file of the application is never sent in its place."""
    return {
        "TenGiayTo": limited(one.name, TEN_GIAY_TO, "/results/name"),
        "MaThanhPhanHoSo": "",
        "GiayToId": file.id if file is not None else one.id,
        "DuongDanTepTinKetQua": address(file, settings, "/results") if file is not None else "",
        "MaGiayToKetQua": one.code or "",
    }


def supplements(rounds: tuple[Supplement, ...], settings: PortalSettings) -> list[dict[str, Any]]:
    """Translate the rounds of asking for more; every known client leaves this list empty."""
    if settings.supplements == "empty":
        return []
    return [_round(one, settings) for one in rounds]


def _round(one: Supplement, settings: PortalSettings) -> dict[str, Any]:
    def day(at: datetime | None) -> str:
        if settings.supplement_dates == "iso":
            return "" if at is None else spoken(at)
        return moment(at)

    return {
        "HoSoBoSungId": one.no,
        "NguoiYeuCauBoSung": one.requested_by.name if one.requested_by is not None else "",
        "NoiDungBoSung": one.content or "",
        "NgayBoSung": day(one.requested_at),
        "NguoiTiepNhanBoSung": one.received_by.name if one.received_by is not None else "",
        "ThongTinTiepNhan": one.receipt_note or "",
        "NgayTiepNhanBoSung": day(one.received_at),
        "TrangThaiBoSung": one.done,
        "DanhSachGiayToBoSung": [],
        "DanhSachLePhiBoSung": [],
        "NgayHenTraTruoc": day(one.due_before),
        "NgayHenTraMoi": day(one.due_after),
    }
