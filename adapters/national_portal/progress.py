"""What happened, in the portal's words: lines of the timeline, and answers."""

from __future__ import annotations

from typing import Any

from adapters.kit.identities import account_of
from adapters.kit.texts import event_text, told_codes
from adapters.national_portal import codes
from adapters.national_portal.papers import address
from adapters.national_portal.settings import PortalSettings
from adapters.national_portal.words import limited, moment
from schemas.dossier import Dossier
from schemas.event import Event
from schemas.outcome import CannotExpress
from schemas.status import Kind

NGUOI_XU_LY = 50


def line(of: Dossier, event: Event, settings: PortalSettings) -> dict[str, str]:
    """Translate an event into one line of `CapNhatTienDoHoSoMC`.

    A supplement that came in is told with the state before the request: a second 5 would count as
    late in the national index.
    """
    officer = event.officer
    name = officer.name if officer is not None else settings.officer_default
    return {
        "MaHoSo": of.official_code or "",
        "NguoiXuLy": limited(name, NGUOI_XU_LY, "/events/officer/name"),
        "ChucDanh": (officer.title if officer else None) or "",
        "ThoiDiemXuLy": moment(event.occurred_at),
        "PhongBanXuLy": event.department or "",
        "NoiDungXuLy": event_text(of, event),
        "TrangThai": codes.TRANG_THAI[event.status],
        "NgayBatDau": moment(event.step_started_at),
        "NgayKetThucTheoQuyDinh": moment(event.step_due_at),
    }


def moved(of: Dossier, event: Event, held: str, settings: PortalSettings) -> dict[str, str]:
    """Say on the record under the former code where the dossier has gone."""
    text = f"Hồ sơ được đổi sang mã {of.official_code}. {event_text(of, event)}"
    return line(of, event, settings) | {"MaHoSo": held, "NoiDungXuLy": text}


def code_alone(event: Event) -> bool:
    """Say whether an event brings nothing but the code, which every record and answer carries.

    A code that another dossier has is told to nobody.
    """
    if event.kind is not Kind.LINKED or told_codes(event):
        return False
    return event.official_code is not None or bool(event.codes)


def answer(of: Dossier, event: Event, settings: PortalSettings) -> dict[str, Any] | None:
    """Translate an event into an answer for a dossier born there; None: it says nothing new."""
    state = codes.TRANG_THAI[event.status]
    if settings.answer_fold:
        folded = codes.TRA_LOI[event.status]
        if folded is None:
            if event.kind in codes.NOTHING_NEW or code_alone(event):
                return None
            raise CannotExpress("/status", "an answer says nothing of a dossier only filed so far")
        state = folded
    born = of.origin.code if of.origin is not None else None
    return {
        "MaHoSo": born or of.official_code or "",
        "MaHoSoDonVi": of.official_code or "",
        "MaDoiTuong": account_of(of.owner) or "",
        "NoiDung": event_text(of, event),
        "NgayXuLy": moment(event.occurred_at),
        "TrangThai": state,
        "TaiLieuXuLy": [
            {"TepDinhKemId": file.id, "TenTepDinhKem": file.name, "DuongDanTaiTepTin": where}
            for result in event.results
            for file in result.files
            if (where := address(file, settings, "/results")) and not file.removed
        ],
    }
