"""Names as they are, for properties: of people, put together, and of communes, from the lists."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

from hypothesis import strategies as st

SURNAMES = tuple(
    """
    Nguyễn Trần Lê Phạm Huỳnh Hoàng Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đinh Đoàn Lâm Mai Trịnh
    Đào Cao Hà Lương Lưu Thái Châu Tạ Phùng Tô Vương Văn Tăng Quách Lại Hứa Thạch Diệp Từ Chu La
    Đàm Tống Giang Chung Triệu Kiều Hồng Trang Đồng Danh Lư Lữ Thân Kim Mã Bạch Liêu Tiêu Dư Âu
    Tôn Khưu Nghiêm Quan Doãn Khổng Lò Vàng Giàng Sùng Thào Vừ Lầu Hầu Cầm Quàng Tòng Lường Cà Bế
    Nông Lù Chảo Tẩn Phàn Ksor Siu Rơ Y Niê
    """.split()  # noqa: SIM905 - a list of a hundred quoted words is not read by anybody
)
MIDDLES = tuple(
    """
    Văn Thị Hữu Đức Công Quang Minh Ngọc Thanh Xuân Đình Quốc Hoàng Gia Bảo Anh Thành Kim Mỹ Phương
    Thúy Thu Hồng Như Khánh Tuấn Duy Đăng Trọng Viết Bá Thế Tấn Nhật Trung Hải Mạnh Tiến Việt Phúc
    Thái Huy A Phước Tú Đại Hoài Diệu Bích Cẩm
    """.split()  # noqa: SIM905 - as above
)
GIVEN = tuple(
    """
    Anh Bình Cường Dũng Dung Đức Giang Hà Hải Hạnh Hiền Hiếu Hoa Hòa Hoàng Hùng Hưng Hương Huy Huyền
    Khánh Khoa Kiên Lan Linh Long Lâm Loan Lộc Lợi Mai Minh My Nam Nga Ngân Nghĩa Ngọc Nguyên Nhi
    Nhung Oanh Phong Phú Phúc Phương Phượng Quân Quang Quỳnh Sơn Tài Tâm Tân Thái Thắng Thành Thảo
    Thịnh Thu Thủy Thúy Thư Tiến Tiên Toàn Trang Trâm Trí Trinh Trung Trường Tú Tuấn Tùng Tuyết Uyên
    Vân Vinh Vũ Vy Xuân Yến Bé Út Lý Ánh Bích Chi Chiến Công Cúc Đạt Diễm Diệp Điệp Duyên Gấm Hằng
    Hậu Hồng Khang Khôi Kiệt Liên Liễu Luân Lụa Mỹ Nhân Nhàn Phát Quý Sáng Sen Thanh Thân Thơm Tín
    Tình Ý Yên Bảo Châu Danh Đông Hân Hiệp Hồ Hợp Kỳ Lành Lực Mận Năm Ba Tư Bảy Tám Sáu Hai Chín
    Mười Đẹp Xinh Gái Trai Dần Tý Sửu Mão Thìn Tỵ Ngọ Mùi Dậu Tuất Hợi
    """.split()  # noqa: SIM905 - as above
)
MIDDLE = st.one_of(
    st.sampled_from(MIDDLES),
    st.tuples(st.sampled_from(MIDDLES), st.sampled_from(MIDDLES)).map(" ".join),
)
PEOPLE = st.tuples(st.sampled_from(SURNAMES), MIDDLE, st.sampled_from(GIVEN)).map(" ".join)


@cache
def communes() -> tuple[str, ...]:
    """Give the names of all communes of both generations, with their kind."""
    folder = files("schemas.catalogue").joinpath("data")
    tables = ("communes_before.csv", "communes_since.csv")
    rows = [csv.DictReader(folder.joinpath(one).read_text("utf-8").splitlines()) for one in tables]
    return tuple(sorted({row["name"] for table in rows for row in table}))
