"""From the canonical dossier to the portal's words. Pure: limits and enumerations are theirs.

Source: client code of two independent systems that speak this dialect (contracts/national_portal).
Nothing is cut in silence: what does not fit cannot be expressed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from adapters.national_portal import codes
from schemas.base import VIETNAM
from schemas.dossier import Dossier
from schemas.event import Event
from schemas.outcome import CannotExpress
from schemas.parts import Component, Fee, File, Result

if TYPE_CHECKING:
    from adapters.national_portal import PortalSettings

NGUOI_XU_LY, TRICH_YEU, GHI_CHU, CHU_HO_SO = 50, 1000, 1999, 500
PAID_ONLINE = {"national_portal": "1", "agency_gateway": "2"}


def moment(at: datetime | None) -> str:
    """Say an instant as `yyyyMMddHHmmss` in Vietnamese time; absent is empty."""
    return "" if at is None else at.astimezone(VIETNAM).strftime("%Y%m%d%H%M%S")


def limited(text: str | None, limit: int, field: str) -> str:
    """Let a text through if it fits."""
    if text is not None and len(text) > limit:
        raise CannotExpress(field, f"longer than the {limit} characters that the portal takes")
    return text or ""


def flag(value: bool | None) -> str:
    """Say yes or no as `1` or `0`; unknown counts as no in this dialect."""
    return "1" if value else "0"


def dossier(of: Dossier, settings: PortalSettings) -> dict[str, Any]:
    """Translate a dossier into one item of `DongBoHoSoMC`."""
    procedure = of.procedure
    if procedure.name is None or procedure.field is None or procedure.field.name is None:
        raise CannotExpress("/procedure", "the portal needs the procedure's name and field")
    due = of.due.at if of.due is not None else None
    return {
        "MaHoSo": of.official_code,
        "MaTTHC": procedure.code,
        "TenTTHC": procedure.name,
        "MaLinhVuc": procedure.field.code,
        "TenLinhVuc": procedure.field.name,
        "KenhThucHien": codes.KENH_THUC_HIEN[of.channel],
        "SoBienNhan": next((code.value for code in of.codes if code.kind == "receipt"), ""),
        "ChuHoSo": limited(of.owner.name, CHU_HO_SO, "/owner/name"),
        "LoaiDoiTuong": codes.LOAI_DOI_TUONG[of.owner.kind],
        "MaDoiTuong": of.owner.account_id or "",
        "ThongTinKhac": "",
        "Email": of.owner.email or "",
        "Fax": of.owner.fax or "",
        "SoDienThoai": of.owner.phone or "",
        "TrichYeuHoSo": limited(of.summary or procedure.name, TRICH_YEU, "/summary"),
        "NgayNopHoSo": moment(of.submitted_at),
        "NgayTiepNhan": moment(of.received_at),
        "NgayHenTra": moment(due),
        "TrangThaiHoSo": codes.TRANG_THAI[of.status],
        "NgayTra": moment(of.returned_at),
        "ThongTinTra": (of.return_.note if of.return_ is not None else None) or "",
        "HinhThuc": _return_method(of, settings),
        "NgayKetThucXuLy": moment(of.finished_at),
        "NgayTuChoi": moment(of.refused_at),
        "DonViXuLy": _agency(of),
        "GhiChu": limited(of.notes, GHI_CHU, "/notes"),
        "NoiNopHoSo": "1" if of.origin and of.origin.system == settings.own_name else "2",
        "HoSoCoThanhPhanSoHoa": flag(any(part.digitised for part in of.components)),
        "TaiKhoanDuocXacThucVoiVNeID": flag(
            of.verification is not None and of.verification.vneid_account
        ),
        "DuocThanhToanTrucTuyen": _paid_online(of.fees),
        "DinhDanhCHS": _identities(of),
        "DSKetNoiCSDL": [
            {"MaCSDL": one.code} for one in (of.verification.databases if of.verification else ())
        ],
        "TaiLieuNop": [_paper(part, file) for part in of.components for file in part.files],
        "DanhSachLePhi": [_fee(fee) for fee in of.fees],
        "DanhSachTepDinhKemKhac": [
            {"TenGiayTo": paper.name, "SoLuong": paper.quantity or 0, "LoaiGiayTo": 1}
            for paper in of.other_papers
        ],
        "DanhSachHoSoBoSung": [],
        "DanhSachGiayToKetQua": [
            _result(result, file) for result in of.results for file in (result.files or (None,))
        ],
    }


def _agency(of: Dossier) -> str:
    name = of.agencies.competent.name
    if name is None:
        raise CannotExpress("/agencies/competent/name", "the portal needs the agency's full name")
    return name


def _return_method(of: Dossier, settings: PortalSettings) -> str:
    method = of.return_.method if of.return_ is not None else None
    return codes.HINH_THUC.get(method or "counter", settings.online_return)


def _paid_online(fees: Iterable[Fee]) -> str:
    """`0` no fee, `1` and `2` paid online there or here, `3` paid otherwise (unverified)."""
    due = [fee for fee in fees if fee.amount]
    if not due:
        return "0"
    means = [PAID_ONLINE.get(fee.paid.means) for fee in due if fee.paid is not None]
    return next((mean for mean in means if mean), "3")


def _identities(of: Dossier) -> list[dict[str, str]]:
    """List the owner's numbers; one is never made up where there is none."""
    known = [
        {"LoaiDinhDanh": codes.LOAI_DINH_DANH[one.kind], "SoDinhDanh": one.number}
        for one in of.owner.identities
        if one.kind in codes.LOAI_DINH_DANH
    ]
    if not known and of.owner.kind == "citizen":
        raise CannotExpress(
            "/owner/identities", "the portal takes no citizen without a personal number or card"
        )
    return known


def _paper(part: Component, file: File) -> dict[str, str]:
    if file.url is None and not (file.removed or part.removed):
        raise CannotExpress("/components", "the portal fetches files itself: a file needs a url")
    return {
        "TepDinhKemId": file.id,
        "TenTepDinhKem": file.name,
        "IsDeleted": "True" if file.removed or part.removed else "False",
        "MaThanhPhanHoSo": part.code or "",
        "DuongDanTaiTepTin": file.url or "",
        "DuocSoHoa": flag(part.digitised),
        "DuocTaiSuDung": codes.TAI_SU_DUNG[part.reuse or "none"],
        "DuocLayTuKhoDMQG": flag(part.from_national_store),
        "MaKetQuaThayThe": part.replaced_by_result or "",
    }


def _fee(fee: Fee) -> dict[str, str]:
    return {
        "TenPhiLePhi": fee.name,
        "MaPhiLePhi": fee.code or "",
        "HinhThucThu": codes.HINH_THUC_THU[fee.phase or "reception"],
        "Gia": str(fee.amount),
        "LoaiPhiLePhi": "1",
    }


def _result(result: Result, file: File | None) -> dict[str, str]:
    return {
        "TenGiayTo": result.name,
        "MaThanhPhanHoSo": "",
        "GiayToId": file.id if file is not None else result.id,
        "DuongDanTepTinKetQua": (file.url if file is not None else None) or "",
        "MaGiayToKetQua": result.code or "",
    }


def line(of: Dossier, event: Event) -> dict[str, str]:
    """Translate an event into one line of `CapNhatTienDoHoSoMC`."""
    officer = event.officer
    text = event.action if event.note is None else f"{event.action}: {event.note}"
    return {
        "MaHoSo": of.official_code or "",
        "NguoiXuLy": limited(
            officer.name if officer else _agency(of)[:NGUOI_XU_LY],
            NGUOI_XU_LY,
            "/events/officer/name",
        ),
        "ChucDanh": (officer.title if officer else None) or "",
        "ThoiDiemXuLy": moment(event.occurred_at),
        "PhongBanXuLy": event.department or "",
        "NoiDungXuLy": text,
        "TrangThai": codes.TRANG_THAI[event.status],
        "NgayBatDau": moment(event.step_started_at),
        "NgayKetThucTheoQuyDinh": moment(event.step_due_at),
    }
