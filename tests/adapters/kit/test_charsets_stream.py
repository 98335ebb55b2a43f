"""Streams: cut anywhere they read as one piece, and an error names its place in the whole."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.kit import charsets

TEXT = "Nguyễn Thị Ánh, xã Đất Mũi – 𠀀 \U0001f600 e\u0302\u0301"
WIDE = ("utf-8", "utf-16", "utf-16-le", "utf-16-be")


def in_pieces(data: bytes, charset: str, cuts: list[int]) -> str:
    """Read bytes that were cut at these places."""
    decoder = charsets.incremental(charset)
    ends = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    found = [decoder.decode(data[a:b]) for a, b in itertools.pairwise(ends)]
    return "".join(found) + decoder.decode(b"", final=True)


@pytest.mark.parametrize("charset", WIDE)
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "marked"])
@given(cuts=st.lists(st.integers(min_value=0), max_size=6))
def test_cuts_do_not_count(charset: str, mark: str, cuts: list[int]) -> None:
    """In the middle of a letter, of a surrogate, of the byte order mark."""
    # Python writes the mark of utf-16 by itself.
    body = (TEXT if charset == "utf-16" else mark + TEXT).encode(charset)

    assert in_pieces(body, charset, cuts) == TEXT


@pytest.mark.parametrize("charset", charsets.CHARSETS)
@given(data=st.binary(max_size=40), cuts=st.lists(st.integers(min_value=0), max_size=6))
def test_any_bytes_read_as_in_one_piece_or_fail_at_the_same_byte(
    charset: str, data: bytes, cuts: list[int]
) -> None:
    """With the same reason: whoever reads the report finds the byte."""

    def read(cuts: list[int]) -> str | tuple[int, str]:
        try:
            return in_pieces(data, charset, cuts)
        except charsets.CharsetError as error:
            return error.position, error.why

    assert read([]) == read(cuts) == read(list(range(len(data))))


@pytest.mark.parametrize(
    ("charset", "pieces", "said"),
    [
        ("utf-8", (b"\xef\xbb", b"\xbfab\xe1", b"\xbbx"), "position 5: is not UTF-8"),
        ("utf-8", (b"ab\xe1", b"\xbb"), "position 2: is not UTF-8"),
        ("utf-16-le", (b"a\0", b"b"), "position 2: is not UTF-16-LE"),
        ("utf-16", (b"a", b"\0b"), "position 0: no byte order mark; say utf-16-le or utf-16-be"),
        ("utf-16", (), "position 0: no byte order mark; say utf-16-le or utf-16-be"),
        ("cp1258", (b"abc", b"d\x81"), "position 4: byte 81 is not cp1258"),
    ],
)
def test_an_error_names_the_byte_of_the_whole_stream(
    charset: str, pieces: tuple[bytes, ...], said: str
) -> None:
    """Also where a letter began in one piece and broke off in another."""
    decoder = charsets.incremental(charset)
    first, last = pieces[:-1], b"".join(pieces[-1:])
    for piece in first:
        decoder.decode(piece)

    with pytest.raises(charsets.CharsetError) as found:
        decoder.decode(last, final=True)
    assert str(found.value).startswith(said)
