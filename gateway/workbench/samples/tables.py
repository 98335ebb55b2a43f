"""What the samples draw from: real procedures and communes, invented people and agencies.

Procedure codes are the national ones of the commune level; agency codes H99.xx do not exist.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Procedure:
    """A procedure with what its dossiers need."""

    code: str
    name: str
    field_code: str
    field_name: str
    days: int
    fee: int
    papers: tuple[str, ...]
    result: str
    result_code: str


CIVIL = ("G15-TP04", "Hộ tịch")
NOTARY = ("G15-TP05", "Chứng thực")

PROCEDURES = (
    Procedure(
        "1.001193",
        "Đăng ký khai sinh",
        *CIVIL,
        1,
        0,
        ("Tờ khai đăng ký khai sinh", "Giấy chứng sinh"),
        "Giấy khai sinh",
        "KQ.G15.000001",
    ),
    Procedure(
        "1.000894",
        "Đăng ký kết hôn",
        *CIVIL,
        1,
        0,
        ("Tờ khai đăng ký kết hôn",),
        "Giấy chứng nhận kết hôn",
        "KQ.G15.000002",
    ),
    Procedure(
        "1.000656",
        "Đăng ký khai tử",
        *CIVIL,
        1,
        0,
        ("Tờ khai đăng ký khai tử", "Giấy báo tử"),
        "Trích lục khai tử",
        "KQ.G15.000003",
    ),
    Procedure(
        "1.004873",
        "Cấp Giấy xác nhận tình trạng hôn nhân",
        *CIVIL,
        3,
        15000,
        ("Tờ khai cấp Giấy xác nhận tình trạng hôn nhân",),
        "Giấy xác nhận tình trạng hôn nhân",
        "KQ.G15.000004",
    ),
    Procedure(
        "2.000815",
        "Chứng thực bản sao từ bản chính giấy tờ, văn bản",
        *NOTARY,
        1,
        2000,
        ("Bản chính giấy tờ", "Bản sao cần chứng thực"),
        "Bản sao chứng thực",
        "KQ.G15.000005",
    ),
    Procedure(
        "2.000635",
        "Cấp bản sao Trích lục hộ tịch",
        *CIVIL,
        1,
        8000,
        ("Tờ khai cấp bản sao trích lục hộ tịch",),
        "Bản sao trích lục hộ tịch",
        "KQ.G15.000006",
    ),
    Procedure(
        "2.000908",
        "Cấp bản sao từ sổ gốc",
        *NOTARY,
        1,
        0,
        ("Văn bản yêu cầu cấp bản sao",),
        "Bản sao từ sổ gốc",
        "KQ.G15.000007",
    ),
    Procedure(
        "1.004884",
        "Đăng ký lại khai sinh",
        *CIVIL,
        5,
        8000,
        ("Tờ khai đăng ký lại khai sinh", "Bản sao giấy tờ cá nhân"),
        "Giấy khai sinh",
        "KQ.G15.000008",
    ),
    Procedure(
        "1.004859",
        "Thay đổi, cải chính, bổ sung thông tin hộ tịch",
        *CIVIL,
        3,
        15000,
        ("Tờ khai thay đổi, cải chính hộ tịch",),
        "Trích lục thay đổi hộ tịch",
        "KQ.G15.000009",
    ),
)


@dataclass(frozen=True, slots=True)
class Commune:
    """A real commune, with an agency code that does not exist."""

    code: str
    name: str
    province_code: str
    province: str
    agency: str


COMMUNES = (
    Commune("32095", "Xã Trần Văn Thời", "96", "Tỉnh Cà Mau", "H99.14.05"),
    Commune("25840", "Phường Long Nguyên", "79", "Thành phố Hồ Chí Minh", "H99.15.02"),
    Commune("09832", "Xã Hoài Đức", "01", "Thành phố Hà Nội", "H99.16.01"),
)

FAMILY = ("Lò", "Vàng", "Giàng", "Nguyễn", "Trần", "Lê", "Phạm", "Đặng", "Bùi", "Hồ")
MIDDLE = ("Thị Mẫu", "Văn Mẫu", "A Mẫu", "Thị Ví", "Văn Ví")
GIVEN = ("Thử", "Dụ", "Thử Nghiệm", "Ví Dụ", "Thí Điểm")
OFFICERS = (
    ("Công chức Mẫu Một", "Công chức một cửa"),
    ("Công chức Mẫu Hai", "Công chức tư pháp - hộ tịch"),
    ("Lãnh đạo Mẫu Ba", "Phó Chủ tịch UBND xã"),
)
DEPARTMENT = "Trung tâm Phục vụ hành chính công xã"
