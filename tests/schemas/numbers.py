"""Numbers of every kind: right ones, ways to type them, and ways to ruin them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from hypothesis import strategies as st

from schemas.identifiers import WEIGHTS, Fault

Kind = Literal["personal_number", "old_id_card", "tax_code"]
KINDS: tuple[Kind, ...] = ("personal_number", "old_id_card", "tax_code")
FILLERS = ["không có", "Không", "0", "-", "x", "…", "chưa có", "KHÔNG CÓ CCCD", "000000000", "None"]


def checked(nine: str) -> str:
    """Add the check digit of a tax code; empty: these nine digits have none."""
    last = 10 - sum(weight * int(digit) for weight, digit in zip(WEIGHTS, nine, strict=True)) % 11
    return f"{nine}{last}" if last < 10 else ""


def _varied(text: str) -> bool:
    return len(set(text)) > 1


def _digits(many: int, first: str = "") -> st.SearchStrategy[str]:
    rest = st.text("0123456789", min_size=many - len(first), max_size=many - len(first))
    return rest.map(lambda text: first + text).filter(_varied)


PERSONS = st.integers(1, 96).flatmap(lambda province: _digits(12, f"{province:03}"))
CODES = _digits(9).map(checked).filter(bool)
RIGHT: dict[Kind, st.SearchStrategy[str]] = {
    "personal_number": PERSONS,
    "old_id_card": _digits(9),
    "tax_code": st.one_of(
        CODES,
        PERSONS,
        st.tuples(CODES, st.integers(1, 999)).map(lambda two: f"{two[0]}{two[1]:03}"),
    ),
}


def right(kind: Kind) -> st.SearchStrategy[str]:
    """Make well-formed numbers of a kind, in the normal form."""
    return RIGHT[kind]


def grouped(number: str, sign: str) -> str:
    """Group the digits by three."""
    return sign.join(number[at : at + 3] for at in range(0, len(number), 3))


def _of(first: int) -> Callable[[str], str]:
    return lambda number: "".join(chr(first + int(digit)) for digit in number)


TYPED: dict[str, Callable[[str], str]] = {
    "plain": str,
    "apostrophe": lambda number: f"'{number}",
    "curly apostrophe": lambda number: f"\u2019{number}",
    "spaces around": lambda number: f" {number}\u00a0",
    "spaces": lambda number: grouped(number, " "),
    "no-break spaces": lambda number: grouped(number, "\u00a0"),
    "dots": lambda number: grouped(number, ".") if len(number) % 3 != 1 else number,
    "dashes": lambda number: grouped(number, "-"),
    "long dashes": lambda number: grouped(number, "\u2013"),
    "zero width": lambda number: f"\ufeff{number[:4]}\u200b{number[4:]}",
    "full width": _of(0xFF10),
    "Arabic": _of(0x0660),
}
"""Ways to type a number that say the same."""


def _exponent(number: str, comma: str) -> str:
    return f"{int(number):.2E}".replace(".", comma)


def _lettered(number: str) -> str:
    for digit, letter in (("0", "O"), ("1", "l")):
        if digit in number:
            return number.replace(digit, letter, 1)
    return ""


def _wrong_check(number: str) -> str:
    if len(number) == 12:
        return ""
    return f"{number[:9]}{(int(number[9]) + 1) % 10}{number[10:]}"


RUINED: dict[str, tuple[Fault, Callable[[str, Kind], str]]] = {
    "exponent": ("exponent", lambda number, _: _exponent(number, ".")),
    "exponent with a comma": ("exponent", lambda number, _: _exponent(number, ",")),
    "zero lost": (
        "zeros_lost",
        lambda number, kind: number[1:] if number[0] == "0" and kind != "tax_code" else "",
    ),
    "zero of a tax code lost": (
        "zeros_lost",
        lambda number, kind: number[1:] if number[0] == "0" and kind == "tax_code" else "",
    ),
    "letter": ("letter_o", lambda number, _: _lettered(number)),
    "one more": ("length", lambda number, kind: f"{number}7" if kind != "tax_code" else ""),
    "one less of a branch": (
        "length",
        lambda number, kind: f"{number}77" if kind == "tax_code" and len(number) != 10 else "",
    ),
    "check digit": (
        "check_digit",
        lambda number, kind: _wrong_check(number) if kind == "tax_code" else "",
    ),
    "arithmetic": ("characters", lambda number, _: f"{number}.0"),
    "a further word": ("characters", lambda number, _: f"{number} (mất)"),
    "a thousand's comma": ("characters", lambda number, _: f"{number[:-3]},{number[-3:]}"),
}
"""Ways to ruin a number, each with its word; an empty text: not this one."""
