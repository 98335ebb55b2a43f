"""What a portal's rows may hold, by the domain page: types, lengths, code lists, dates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

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


def rows_faults(row: Any, *, identity: bool, received: bool) -> Iterator[str]:
    """List what is wrong with a whole dossier, its lists included.

    identity, received: whether an owner without a number, a dossier without NgayTiepNhan is refused
    """
    yield from faults_of(row, DOSSIER, (*LISTS, *LOOSE))
    if not isinstance(row, dict):
        return
    for name in (*LISTS, *LOOSE):
        if not isinstance(row.get(name), list):
            yield f"{name} phải là mảng"
            continue
        for item in row[name] if name in LISTS else ():
            yield from (f"{name}: {why}" for why in faults_of(item, LISTS[name]))
    if received and not (row.get("NgayTiepNhan") or row.get("TrangThaiHoSo") in {"1", "3"}):
        yield "NgayTiepNhan không được để trống"
    ids = row.get("DinhDanhCHS") or []
    if identity and row.get("LoaiDoiTuong") == "1" and not ids:
        yield "DinhDanhCHS không được để trống"
    for one in ids:
        digits = {"1": 12, "2": 9}.get(one.get("LoaiDinhDanh"), 0)
        if not re.fullmatch(rf"\d{{{digits}}}", one.get("SoDinhDanh", "")):
            yield "SoDinhDanh không hợp lệ"
