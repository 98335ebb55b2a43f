"""From bytes to what they say: every charset and wrapping that was met, and no bomb."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.kit import Reply, decoded
from adapters.kit.decoding import LARGEST, unpacked

SENTENCES = st.text(st.sampled_from("Cập nhật thành công hồ sơ 1/1: Đặng Ý.,-"), max_size=40)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-999, 999) | SENTENCES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SENTENCES, inner, max_size=3),
    max_leaves=8,
)
ANSWERS = st.dictionaries(st.sampled_from(["error_code", "message", "thêm"]), VALUES, min_size=1)
Wraps = Callable[[str], str]
WRAPPINGS: dict[str, Wraps] = {
    "bare": lambda text: text,
    "spaces": lambda text: f"\r\n {text}\n",
    "string": json.dumps,
    "string, readable": lambda text: json.dumps(text, ensure_ascii=False),
    "twice a string": lambda text: json.dumps(json.dumps(text)),
    "element": lambda text: f"<string>{_escaped(text)}</string>",
    "element of .NET": lambda text: (
        f'<?xml version="1.0" encoding="utf-8"?>\n'
        f'<string xmlns="http://tempuri.org/">{_escaped(text)}</string>'
    ),
}
CHARSETS = {
    "utf-8": ("utf-8", "application/json"),
    "utf-8, told": ("utf-8", "text/plain; charset=UTF-8"),
    "utf-8 with a mark": ("utf-8-sig", ""),
    "utf-8, told to be Western": ("utf-8", "text/plain;charset=ISO-8859-1"),
    "utf-8, told to be what nobody knows": ("utf-8", "text/plain;charset=x-tcvn"),
    "utf-16 with a mark": ("utf-16", "application/json"),
    "utf-16, told": ("utf-16-le", 'application/json; charset="utf-16le"'),
    "utf-16, the other way round": ("utf-16-be", "application/json; charset=UTF-16BE"),
    "utf-16 without a mark": ("utf-16-le", "application/json"),
}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def says(body: bytes, kind: str = "") -> Reply:
    """Give an answer."""
    return Reply(status=200, headers={"content-type": kind}, body=body)


@given(
    value=ANSWERS,
    wrapping=st.sampled_from(sorted(WRAPPINGS)),
    charset=st.sampled_from(sorted(CHARSETS)),
    packed=st.booleans(),
)
def test_whatever_it_is_wrapped_in_is_taken_off(
    value: Any, wrapping: str, charset: str, packed: bool
) -> None:
    """A JSON answer is the same in every charset, container and compression."""
    encoding, kind = CHARSETS[charset]
    body = WRAPPINGS[wrapping](json.dumps(value, ensure_ascii=False)).encode(encoding)
    found = decoded(says(gzip.compress(body) if packed else body, kind))

    assert (found.kind, found.value) == ("json", value)


def test_a_charset_of_the_header_is_read() -> None:
    """Windows-1258 keeps tones apart; they are put together."""
    text = "Cập nhật thành công"
    apart = b"C\xe2\xf2p nh\xe2\xf2t th\xe0nh c\xf4ng"
    found = decoded(says(apart, "text/plain; charset=windows-1258"))

    assert (found.kind, found.value) == ("text", text)


def test_a_declaration_is_read() -> None:
    """XML says by itself in which charset it is."""
    body = b'<?xml version="1.0" encoding="windows-1258"?><string>{"message":"'
    found = decoded(says(body + b'th\xe0nh c\xf4ng"}</string>', "text/xml"))

    assert found.value == {"message": "thành công"}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"<html>x</html>", "page"),
        (b"<!-- x --><!DOCTYPE html><p>", "page"),
        (b'{"a": 1', "unread"),
        (b'{"a": 1}{"a": 1}', "unread"),
        (b'{"a": 1, "a": 2}', "unread"),
        (b'{"a": NaN}', "unread"),
        (b"[" * 9000, "unread"),
        (b"\xff{}", "unread"),
        (b"\x00" * 9, "unread"),
        (b"<a><b/></a>", "unread"),
        (b"<string>1</string", "unread"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><string>&a;</string>', "unread"),
        (b"OK", "text"),
    ],
)
def test_what_is_no_answer_is_none(body: bytes, kind: str) -> None:
    """Pages, pieces, what names a field twice and what is no text are not read as values."""
    found = decoded(says(body))

    assert found.kind == kind


@given(st.binary(max_size=300), st.sampled_from(["", "text/html", "text/plain; charset=utf-16"]))
def test_any_bytes_are_read_or_are_not(body: bytes, kind: str) -> None:
    """Whatever comes, nothing is raised."""
    assert decoded(says(body, kind)).kind in {"json", "text", "page", "empty", "unread"}


def test_a_bomb_is_not_unpacked() -> None:
    """What would grow beyond the limit is not read, and takes no more memory than that."""
    assert unpacked(gzip.compress(b"0" * (LARGEST + 1))) is None


def test_half_a_package_is_not_unpacked() -> None:
    """A cut answer is none."""
    assert unpacked(gzip.compress(b'{"error_code": 0}')[:-4]) is None
