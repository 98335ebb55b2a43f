"""Columns: what stands in our files, and what the columns of an export mean.

An export's column is tied to a canonical field by its JSON pointer. The tables below are this
project's own defaults: every installation of such software has other names, which are settings.
"""

from __future__ import annotations

from types import MappingProxyType

WRITTEN = MappingProxyType(
    {
        "hoso": "",
        "phienban": "",
        "buoc": "/events",
        "masukien": "/events",
        "loaisukien": "/events",
        "thoidiem": "/events",
        "noidung": "/events",
        "ghichubuoc": "/events",
        "canbo": "/events",
        "trangthai": "/status",
        "sobiennhan": "/codes",
        "mahoso": "/official_code",
        "matthc": "/procedure/code",
        "tentthc": "/procedure/name",
        "trichyeu": "/summary",
        "ghichu": "/notes",
        "macoquan": "/agencies/competent/code",
        "tencoquan": "/agencies/competent/name",
        "kenh": "/channel",
        "loaichuhoso": "/owner/kind",
        "chuhoso": "/owner/name",
        "ngaysinh": "/owner/birth",
        "sodinhdanh": "/owner/identities",
        "dienthoai": "/owner/phone",
        "email": "/owner/email",
        "diachi": "/owner/addresses",
        "maxa": "/owner/addresses",
        "ngaynop": "/submitted_at",
        "ngaytiepnhan": "/received_at",
        "ngayhentra": "/due/at",
        "ngaytuchoi": "/refused_at",
        "ngayketthuc": "/finished_at",
        "ngaytra": "/returned_at",
        "giayto": "/components",
        "lephi": "/fees",
        "ketqua": "/results",
        "lydo": "/events",
        "makhac": "/codes",
    }
)
"""The columns of the files we write, in order, with the canonical field that each shows.

A new one goes to the end: some software reads by position.
"""

READ = MappingProxyType(
    {
        "/source/ref": "SoBienNhan",
        "/source/as_of": "CapNhatLuc",
        "/official_code": "MaHoSo",
        "/procedure/code": "MaTTHC",
        "/procedure/name": "TenTTHC",
        "/procedure/field/code": "MaLinhVuc",
        "/procedure/field/name": "TenLinhVuc",
        "/summary": "TrichYeu",
        "/notes": "GhiChu",
        "/agencies/competent/code": "MaCoQuan",
        "/agencies/competent/name": "TenCoQuan",
        "/agencies/receiving/code": "MaCoQuan",
        "/agencies/receiving/name": "TenCoQuan",
        "/owner/kind": "LoaiDoiTuong",
        "/owner/name": "ChuHoSo",
        "/owner/birth": "NgaySinh",
        "/owner/identities/0/number": "SoDinhDanh",
        "/owner/phone": "DienThoai",
        "/owner/addresses/0/detail": "DiaChi",
        "/owner/addresses/0/commune/code": "MaXa",
        "/owner/addresses/0/commune/name": "TenXa",
        "/channel": "Kenh",
        "/status": "TrangThai",
        "/submitted_at": "NgayNop",
        "/received_at": "NgayTiepNhan",
        "/due/at": "NgayHenTra",
        "/refused_at": "NgayTuChoi",
        "/finished_at": "NgayKetThuc",
        "/returned_at": "NgayTra",
    }
)
"""The canonical field of each column of an export."""

NEEDED = ("/source/ref", "/source/as_of", "/procedure/code", "/owner/name")
"""Without a column for these a file is not an export of dossiers."""

MISSED = ("/status",)
"""Without a column for these no row states them, which whoever set the columns should know."""

WORDS = MappingProxyType(
    {
        "/status": MappingProxyType(
            {
                "Mới đăng ký": "submitted",
                "Đã tiếp nhận": "accepted",
                "Từ chối": "refused",
                "Đang xử lý": "processing",
                "Chờ bổ sung": "awaiting_supplement",
                "Chờ nộp phí": "awaiting_payment",
                "Xin rút": "withdrawal_requested",
                "Dừng xử lý": "stopped",
                "Đã xong": "finished",
                "Đã trả": "returned",
            }
        ),
        "/channel": MappingProxyType(
            {"Trực tiếp": "direct", "Trực tuyến": "online", "Bưu chính": "post"}
        ),
        "/owner/kind": MappingProxyType(
            {
                "Cá nhân": "citizen",
                "Doanh nghiệp": "business",
                "Hộ kinh doanh": "household_business",
                "Cơ quan": "state_agency",
                "Tổ chức": "organisation",
            }
        ),
    }
)
"""Their words for canonical ones; a word that is not here makes a bad row, never a guess."""

CONSTANTS = MappingProxyType({"/owner/identities/0/kind": "personal_number"})
"""What an export does not state because it is always the same; only beside a stated neighbour."""

INSTANTS = frozenset(
    {
        "as_of",
        "at",
        "due_after",
        "due_before",
        "finished_at",
        "received_at",
        "refused_at",
        "reply_by",
        "requested_at",
        "returned_at",
        "signed_at",
        "submitted_at",
    }
)
"""Fields with a time, by the last word of their pointer; of a day alone they stay a day."""
DAYS = frozenset({"birth", "effective_from", "issued_on", "valid_until"})
"""Fields with a day and never a time, likewise."""
NUMBERS = frozenset({"amount", "copies", "originals", "quantity"})
"""Fields with a whole number, likewise."""
NAMED = frozenset({"/owner/name", "/submitter/name"})
"""Names of people: capitals that a charset lost are given back to them."""
DATES = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d")
"""How such software writes dates, tried in this order."""
