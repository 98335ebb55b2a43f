"""Cells of FoxPro and dBase tables, kind by kind: what they say, or why they say nothing."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

from adapters.commune_files.formats.memos import CellError, Memo

__all__ = ["READERS", "CellError", "Kind"]

Kind = Callable[[bytes, Memo | None], str | bytes]
"""Gives text, or bytes in the charset of the table; raises `CellError`."""
NUMBER = re.compile(rb"[+-]?[0-9]*(?:[.,][0-9]*)?")
JULIAN = 1_721_425
"""From Julian days to those since the year 1."""
DAY = 86_400_000
BLANK = b" \0"


def _text(data: bytes, _memo: Memo | None) -> bytes:
    return data.rstrip(b"\0 ")


def _number(data: bytes, _memo: Memo | None) -> str:
    """Give a number with the digits that it is written with."""
    text = data.strip(BLANK)
    if not text:
        return ""
    text = text.strip(b"*")  # some programs pad with it; stars alone are a number too long
    if not NUMBER.fullmatch(text) or not re.search(rb"[0-9]", text):
        raise CellError("is no number")
    whole, _, rest = text.replace(b",", b".").partition(b".")
    return (whole if whole.strip(b"+-") and not rest.strip(b"0") else text).decode()


def _day(data: bytes, _memo: Memo | None) -> str:
    if not data.strip(b" \x000"):
        return ""
    if not data.isdigit():
        raise CellError("is no day")
    try:
        return date(int(data[:4]), int(data[4:6]), int(data[6:])).isoformat()
    except ValueError:
        raise CellError("is no day") from None


def _moment(data: bytes, _memo: Memo | None) -> str:
    """Give a moment to the second: they are kept as parts of a day, a little beside it."""
    if not data.strip(BLANK):
        return ""
    day, milliseconds = struct.unpack("<LL", data)
    if not day:
        return ""
    try:
        begins = datetime.fromordinal(day - JULIAN)
        found = begins + timedelta(milliseconds=milliseconds + 500)
    except (ValueError, OverflowError):
        raise CellError("is no moment") from None
    if milliseconds > DAY:
        raise CellError("is no moment")
    return found.replace(microsecond=0).isoformat()


def _logical(data: bytes, _memo: Memo | None) -> str:
    if data in b"TtYy":
        return "1"
    if data in b"FfNn":
        return "0"
    if data in b"? \0":
        return ""
    raise CellError("is neither yes nor no")


def _integer(data: bytes, _memo: Memo | None) -> str:
    return str(struct.unpack("<i", data)[0])


def _money(data: bytes, _memo: Memo | None) -> str:
    whole, rest = divmod(Decimal(struct.unpack("<q", data)[0]), 10_000)
    return str(whole) if not rest else f"{whole + rest / 10_000:f}"


def _double(data: bytes, _memo: Memo | None) -> str:
    (number,) = struct.unpack("<d", data)
    if not math.isfinite(number):
        raise CellError("is no number")
    return str(int(number)) if number.is_integer() else f"{number:.15g}"


def _memo(data: bytes, memo: Memo | None) -> bytes:
    if len(data) == 4:
        number = struct.unpack("<L", data)[0]
    elif not data.strip(BLANK):
        number = 0
    elif data.strip(BLANK).isdigit():
        number = int(data.strip(BLANK))
    else:
        raise CellError("points to no text of its memo file")
    return memo.text(number) if memo is not None and number else b""


def _unread(data: bytes, _memo: Memo | None) -> str:
    if data.strip(BLANK):
        raise CellError("is of a kind that is not read: let the software export it as text")
    return ""


READERS: MappingProxyType[str, Kind] = MappingProxyType(
    {
        "C": _text,
        "N": _number,
        "F": _number,
        "D": _day,
        "T": _moment,
        "L": _logical,
        "I": _integer,
        "Y": _money,
        "B": _double,
        "M": _memo,
        "0": _unread,
    }
)
