"""From the canonical dossier to the portal's words. Pure: limits and enumerations are theirs.

Source: client code of two independent systems that speak this dialect (contracts/national_portal).
Nothing is cut in silence: what does not fit cannot be expressed, or is cut where the settings say
so and the ledger's note tells.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from adapters.kit.identities import account_of, unsent, without_identity
from adapters.national_portal import codes, papers
from adapters.national_portal.settings import PortalSettings
from adapters.national_portal.words import flag, limited, moment
from schemas.dossier import Dossier
from schemas.identifiers import identities_of, identity_of
from schemas.outcome import CannotExpress
from schemas.parts import Fee

MA, TRICH_YEU, CHU_HO_SO = 50, 1000, 500
CUT = "… (đã cắt)"
PAID_ONLINE = {"national_portal": "1", "agency_gateway": "2"}


def dossier(of: Dossier, settings: PortalSettings) -> dict[str, Any]:
    """Translate a dossier into one item of `DongBoHoSoMC`."""
    procedure = of.procedure
    if procedure.name is None or procedure.field is None or procedure.field.name is None:
        raise CannotExpress("/procedure", "the portal needs the procedure's name and field")
    due = of.due.at if of.due is not None else None
    return {
        "MaHoSo": limited(of.official_code, MA, "/official_code"),
        "MaTTHC": procedure.code,
        "TenTTHC": procedure.name,
        "MaLinhVuc": procedure.field.code,
        "TenLinhVuc": procedure.field.name,
        "KenhThucHien": codes.KENH_THUC_HIEN[of.channel],
        "SoBienNhan": next((code.value for code in of.codes if code.kind == "receipt"), ""),
        "ChuHoSo": limited(of.owner.name, CHU_HO_SO, "/owner/name"),
        "LoaiDoiTuong": codes.LOAI_DOI_TUONG[of.owner.kind],
        "MaDoiTuong": _account(of, settings),
        "ThongTinKhac": _other_info(of, settings),
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
        **_agency_code(of, settings),
        "GhiChu": _notes(of, settings),
        "NoiNopHoSo": "1" if of.origin and of.origin.system == settings.own_name else "2",
        "HoSoCoThanhPhanSoHoa": flag(any(part.digitised for part in of.components)),
        "TaiKhoanDuocXacThucVoiVNeID": flag(
            of.verification is not None and of.verification.vneid_account
        ),
        "DuocThanhToanTrucTuyen": _paid_online(of.fees),
        "DinhDanhCHS": _identities(of, settings),
        **_owner_paper(of, settings),
        "DSKetNoiCSDL": [
            {"MaCSDL": one.code} for one in (of.verification.databases if of.verification else ())
        ],
        "TaiLieuNop": [
            papers.paper(part, file, settings) for part in of.components for file in part.files
        ],
        "DanhSachLePhi": [papers.fee(fee, settings) for fee in of.fees],
        "DanhSachTepDinhKemKhac": [papers.other(paper) for paper in of.other_papers],
        "DanhSachHoSoBoSung": papers.supplements(of.supplements, settings),
        "DanhSachGiayToKetQua": [
            papers.result(result, file, settings)
            for result in of.results
            if not result.revoked
            for file in (tuple(one for one in result.files if not one.removed) or (None,))
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


def _identities(of: Dossier, settings: PortalSettings) -> list[dict[str, str]]:
    """List the owner's well-formed numbers; one is never made up where there is none."""
    known = [
        {"LoaiDinhDanh": codes.LOAI_DINH_DANH[one.kind], "SoDinhDanh": one.number}
        for one in identities_of(of.owner, codes.LOAI_DINH_DANH)
    ]
    if not known and of.owner.kind == "citizen":
        why = "the portal takes no citizen without a personal number or card"
        raise without_identity(of, settings.no_identity, why)
    return known


def _notes(of: Dossier, settings: PortalSettings) -> str:
    """Give the notes; one as long as the limit breaks the whole sync there."""
    text, most = of.notes or "", settings.notes_limit - 1
    if len(text) <= most:
        return text
    if settings.long_notes == "refuse":
        raise CannotExpress("/notes", f"longer than the {most} characters that the portal takes")
    return text[: most - len(CUT)] + CUT


def cut(of: Dossier, settings: PortalSettings) -> str | None:
    """Say what was cut or left out, for the ledger."""
    left = unsent(of.owner)
    notes = "the notes were cut to fit" if len(of.notes or "") >= settings.notes_limit else None
    return "; ".join(one for one in (notes, left and f"not sent: {left}") if one) or None


def _account(of: Dossier, settings: PortalSettings) -> str:
    online = settings.account_id == "always" or of.channel == "online"
    return (account_of(of.owner) or "") if online else ""


def _other_info(of: Dossier, settings: PortalSettings) -> str:
    if settings.other_info == "nothing" or of.submitter is None:
        return ""
    return f"Người nộp: {of.submitter.name}"


def _agency_code(of: Dossier, settings: PortalSettings) -> dict[str, str]:
    code = limited(of.agencies.competent.code, MA, "/agencies/competent/code")
    return {"MaCoQuan": code} if settings.send_agency_code and code else {}


def _owner_paper(of: Dossier, settings: PortalSettings) -> dict[str, str]:
    """Repeat the owner's number where one client was seen to."""
    if not settings.repeat_identity:
        return {}
    known = identity_of(of.owner, codes.LOAI_DINH_DANH)
    return {"SoGiayToChuHoSo": known.number} if known is not None else {}
