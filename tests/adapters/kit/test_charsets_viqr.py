"""VIQR as people type it: without backslashes, with full stops, question marks and addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.kit import charsets


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("Ai o+? dda^u?", "Ai ở đâu?"),
        ("Kho^ng bie^'t ba?n la`ng na`o?", "Không biết bản làng nào?"),
        ("Co' 2 nha`. Ha. Long.", "Có 2 nhà. Hạ Long."),
        ("DDi dda^u? Ve^` ca?nh cu+?a.", "Đi đâu? Về cảnh cửa."),
        ("radio? Yahoo.", "radio? Yahoo."),
        ("Tru*o*`ng So*n", "Trường Sơn"),
        ("U*o*'c", "Ước"),
        ("5*3", "5*3"),
        ("http://abc.vn/a.b", "http://abc.vn/a.b"),
        ("Xem www.ha.no.vn/a?b=e' ro^`i ve^`.", "Xem www.ha.no.vn/a?b=e' rồi về."),
        ("thu+ ve^` an.le@xa.gov.vn, nhe'", "thư về an.lê@xa.gov.vn, nhé"),
        ("dichvucong.gov.vn.", "dichvucong.gov.vn."),
        ("Ho^` Chi' Minh \x96 \x93Vie^.t\x94", "Hồ Chí Minh – “Việt”"),
    ],
)
def test_a_sign_is_a_mark_only_where_it_can_be_one(typed: str, text: str) -> None:
    """Not behind a word that has its tone or cannot carry one there, and not in an address."""
    expected = text.replace("an.lê@", "an.le@")

    assert expected == charsets.decode(typed.encode("latin-1"), "viqr")


@pytest.mark.parametrize(
    "text",
    [
        "ĐắkTổ",
        "HồVị.",
        "đâủ",
        "radiỏ?",
        "a.b@c.vn",
        "ậ@b.vn",
        "Hạ.net",
        "www.ạ.vn",
        "Vị\\",
        "o* u+ a(",
        "http://abc.vn/a\\b",
        "http://ạbc.vn/ạ",
        "đ.com dd D.Đ",
    ],
)
def test_what_nobody_types_is_written_so_that_it_is_read_back(text: str) -> None:
    """A backslash stands wherever the reading would else take a sign for what it is not."""
    assert text == charsets.decode(charsets.encode(text, "viqr"), "viqr")


@pytest.mark.parametrize("text", ["Ở đâu?", "Nguyễn Văn An.", "a.b@c.vn", "http://abc.vn/a.b"])
def test_what_people_type_needs_no_backslash(text: str) -> None:
    """It is written as they would."""
    assert b"\\" not in charsets.encode(text, "viqr")


@given(text=st.text(alphabet="ạảắổđdDoOuU?.'`~^+*(\\@/:vn wcom-1 \n–"))
def test_marks_signs_and_addresses_in_any_order_come_back(text: str) -> None:
    """Nothing is lost between them."""
    assert text == charsets.decode(charsets.encode(text, "viqr"), "viqr")
