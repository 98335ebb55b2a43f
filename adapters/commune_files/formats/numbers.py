"""Formats of numbers in spreadsheets: whether one shows a date, and what it shows of a number.

`000000000000` shows an identity number with the zeros that the number itself lost, `"BN-"0000` a
receipt with its letters. Dressing (points between thousands, colours, signs of money) is not what
the cell says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

_ASIDE = re.compile(r"\[(?!h|m|s)[^\]]*\]|[_*].", re.IGNORECASE)
"""Colours, languages and conditions; spaces as wide as a letter, letters over and over."""
_DECIMALS = re.compile(r"[#]*0\.(0+)")
_PIECE = re.compile(r'"([^"]*)"|\\(.)|([0#])|([-/ ():])|(.)')


@dataclass(frozen=True, slots=True)
class Form:
    """A format, as the file has it. code: with its sections for negative numbers and texts."""

    code: str


@lru_cache(maxsize=500)
def _plain(code: str) -> str:
    """Give the section for positive numbers, without what is set beside the number."""
    return _ASIDE.sub("", re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', code, maxsplit=1)[0])


@lru_cache(maxsize=500)
def is_dated(code: str) -> bool:
    """Say whether a format shows a day or a time."""
    bare = re.sub(r'"[^"]*"|\\.', "", _plain(code)).lower()
    return bool(re.search(r"[dmyhs]", bare)) and not re.search(r"[0#?]", re.sub(r"\.0+", "", bare))


@lru_cache(maxsize=500)
def is_timed(code: str) -> bool:
    """Say whether a format shows a time of day."""
    return re.search(r"[hs]", re.sub(r'"[^"]*"|\\.', "", _plain(code)).lower()) is not None


@lru_cache(maxsize=500)
def is_day(code: str) -> bool:
    """Say whether a format shows a day, be it with a time or not."""
    bare = re.sub(r'"[^"]*"|\\.', "", _plain(code)).lower()
    return re.search(r"[dy]", bare) is not None or re.search(r"[hs]", bare) is None


def decimals(form: Form, number: Decimal) -> str | None:
    """Write a number with as many places as its format shows: a code that ended in a nought.

    None: the format shows no places, or more than them.
    """
    found = _DECIMALS.fullmatch(_plain(form.code))
    return f"{number:.{len(found[1])}f}" if found else None


def numeral(form: Form, number: int) -> str:
    """Write a whole number as its format shows it, if it pads it or puts signs between."""
    pieces = _pieces(form.code)
    if pieces is None and (found := _DECIMALS.fullmatch(_plain(form.code))) and len(found[1]) > 2:
        return f"{number}.{found[1]}"  # a code; money has two places, which are dressing
    if number < 0 or pieces is None:
        return str(number)
    left = str(number)
    out: list[str] = []
    places = sum(kind == "place" for kind, _ in pieces)
    for kind, sign in reversed(pieces):
        if kind == "sign":
            out.append(sign)
            continue
        places -= 1
        taken = left if not places else left[-1:]
        left = left[: len(left) - len(taken)]
        out.append(taken or ("0" if sign == "0" else ""))
    return "".join(reversed(out))


@lru_cache(maxsize=500)
def _pieces(code: str) -> tuple[tuple[str, str], ...] | None:
    """Take a format apart into places and signs; None: it shows the plain number, or we cannot say.

    A single place with nothing beside it, points between thousands and decimals are dressing.
    """
    found: list[tuple[str, str]] = []
    for quoted, escaped, place, sign, other in _PIECE.findall(_plain(code)):
        if place:
            found.append(("place", place))
        elif other:
            return None  # decimals, points between thousands, per cent, fractions, texts
        elif quoted or escaped or sign:
            found.append(("sign", quoted or escaped or sign))
    zeros = sum(sign == "0" for kind, sign in found if kind == "place")
    dressed = any(kind == "sign" for kind, _ in found)
    places = sum(kind == "place" for kind, _ in found)
    return tuple(found) if zeros and (places > 1 or dressed) else None
