"""What the portal is seen to refuse: required fields, limits, forms, and in strict mode jumps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

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
ENUMS: Mapping[str, set[str]] = {
    "KenhThucHien": {"1", "2", "3"},
    "LoaiDoiTuong": {"1", "2", "3", "4"},
    "HinhThuc": {"0", "1"},
    "NoiNopHoSo": {"1", "2"},
    "HoSoCoThanhPhanSoHoa": {"0", "1"},
    "TaiKhoanDuocXacThucVoiVNeID": {"0", "1"},
    "DuocThanhToanTrucTuyen": {"0", "1", "2", "3"},
}
LIMITS: Mapping[str, int] = {
    "MaHoSo": 50,
    "MaTTHC": 50,
    "MaCoQuan": 50,
    "ChuHoSo": 500,
    "TrichYeuHoSo": 1000,
}
WORDS = {"TrichYeuHoSo": "Trích yếu hồ sơ", "MaTTHC": "Mã thủ tục", "MaHoSo": "Mã hồ sơ"}
AFTER: Mapping[str, str] = {
    "1": "1 2 3 5 6 7 8",
    "2": "2 3 4 5 6 7 8 9 10",
    "3": "2 3 4",
    "4": "2 3 4 5 6 7 8 9 10",
    "5": "1 2 3 4 5 6 7 8 9",
    "6": "1 2 4 5 6 7 8 9 10",
    "7": "4 7 8",
    "8": "2 4 8",
    "9": "4 6 9 10",
    "10": "2 4 10",
}
"""Which state may stand after which, where the strict switch is on (derived from workflows)."""


def wrong_form(item: Any) -> str | None:
    """Say what is wrong with the form of a dossier."""
    if not isinstance(item, dict):
        return "Hồ sơ không hợp lệ"
    for field in REQUIRED:
        if not isinstance(item.get(field), str) or not item[field]:
            return f"{WORDS.get(field, field)} không được để trống"
    if item["TrangThaiHoSo"] not in STATES:
        return "Trạng thái không hợp lệ"
    return wrong_fields(item)


def wrong_fields(item: Mapping[str, Any]) -> str | None:
    """Say which field has a form that the portal does not take."""
    for field in MOMENTS:
        if item.get(field) and not MOMENT.fullmatch(str(item[field])):
            return f"{field} sai định dạng yyyyMMddHHmmss"
    for field in LISTS:
        if not isinstance(item.get(field), list):
            return f"{field} phải là danh sách"
    for field, words in ENUMS.items():
        if field in item and item[field] not in words:
            return f"{field} không hợp lệ"
    for field, limit in LIMITS.items():
        if len(item.get(field) or "") > limit:
            return f"{WORDS.get(field, field)} vượt quá {limit} ký tự"
    return None


def wrong_content(item: Mapping[str, Any], switches: Mapping[str, Any]) -> str | None:
    """Say what is wrong with what a dossier says."""
    citizen = switches.get("identity_required", True) and item["LoaiDoiTuong"] == "1"
    if citizen and not item["DinhDanhCHS"]:
        return "Định danh chủ hồ sơ không được để trống"
    if len(item.get("GhiChu") or "") >= int(switches.get("notes_limit", 2000)):
        return "Ghi chú vượt quá độ dài cho phép"
    procedures = switches.get("procedures")
    if procedures is not None and item["MaTTHC"] not in procedures:
        return "Mã thủ tục không tồn tại trong cơ sở dữ liệu"
    components = switches.get("components")
    for paper in item["TaiLieuNop"]:
        code = paper.get("MaThanhPhanHoSo")
        if components is not None and code and code not in components:
            return "Mã thành phần hồ sơ không tồn tại"
        if paper.get("IsDeleted") == "False" and not paper.get("DuongDanTaiTepTin"):
            return "Đường dẫn tải tệp tin không được để trống"
    return None


def wrong_line(item: Any, known: Mapping[str, str]) -> str | None:
    """Say what is wrong with a line of progress."""
    if not isinstance(item, dict) or item.get("MaHoSo") not in known:
        return "Hồ sơ không tồn tại"
    if not item.get("NoiDungXuLy"):
        return "Nội dung xử lý không được để trống"
    if not item.get("NguoiXuLy") or len(item["NguoiXuLy"]) > 50:
        return "Người xử lý không hợp lệ"
    if item.get("TrangThai") not in STATES:
        return "Trạng thái không hợp lệ"
    if not MOMENT.fullmatch(str(item.get("ThoiDiemXuLy"))):
        return "Thời điểm xử lý sai định dạng"
    return None


def wrong_answer(data: Mapping[str, Any], switches: Mapping[str, Any]) -> str | None:
    """Say what is wrong with an answer for a dossier that was born there."""
    if not data.get("MaHoSo"):
        return "Mã hồ sơ không được để trống"
    if not MOMENT.fullmatch(str(data.get("NgayXuLy"))):
        return "Ngày xử lý không được để trống"
    states = switches.get("answer_states", ["2", "5"])
    return None if data.get("TrangThai") in states else "Trạng thái không hợp lệ"
