"""What is wrong with an identifier, as (Vietnamese, English); the value itself is never said."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from schemas.identifiers import Fault

FORMATS: Mapping[Fault, tuple[str, str]] = MappingProxyType(
    {
        "filler": (
            "Nội dung này chỉ điền cho có, không phải là một số hay địa chỉ.",
            "This only fills the field; it is no number and no address.",
        ),
        "exponent": (
            "Bảng tính đã rút gọn số này thành dạng mũ; các chữ số sau đã mất.",
            "A spreadsheet shortened this number to an exponent; its last digits are lost.",
        ),
        "zeros_lost": (
            "Thiếu chữ số, có lẽ mất số 0 ở đầu.",
            "Digits are missing, probably zeros at the front.",
        ),
        "letter_o": (
            "Có chữ cái (O, l, I) ở chỗ của chữ số.",
            "A letter (O, l, I) stands in place of a digit.",
        ),
        "length": (
            "Số chữ số không đúng với loại này.",
            "The number of digits is not that of its kind.",
        ),
        "check_digit": (
            "Chữ số kiểm tra của mã số thuế không khớp.",
            "The check digit of this tax code does not fit.",
        ),
        "characters": (
            "Không viết theo dạng của loại này.",
            "It is not written as its kind is.",
        ),
    }
)
UNSENT = (
    "Vẫn được lưu, nhưng không gửi đi làm số định danh.",
    "It is kept, and told to no system as an identity.",
)


def format_said(fault: Fault, *, identity: bool) -> str:
    """Say what is wrong in both languages; `identity`: it is a number of somebody."""
    both = (
        f"{one} {more}" if identity else one
        for one, more in zip(FORMATS[fault], UNSENT, strict=True)
    )
    return " / ".join(both)
