"""Marked values, and how they are found again however somebody wrote them down."""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Iterator, Mapping
from urllib.parse import unquote_plus

NAME = "Nguyễn Thị Chim-Hoàng-Yến-7731"
NUMBER = "079177313155"
PHONE = "0977313142"
EMAIL = "chim.vanh.khuyen.7731@thu-nghiem.test"
STREET = "Ngõ Sẻ-Nâu-7731"
NOTE = "Ghi chú riêng Vành-Khuyên-7731"
REF = "HS/Chào-Mào-7731"
FILE = "don-cua-Cú-Mèo-7731.pdf"
PERSONAL = {
    "name": NAME,
    "number": NUMBER,
    "phone": PHONE,
    "email": EMAIL,
    "street": STREET,
    "note": NOTE,
    "ref": REF,
    "file": FILE,
}
SECRETS = {
    "password": "mat-khau-Bồ-Nông-7731",
    "token": "the-bai-BoCau-7731",
    "session": "phien-SaoSau-7731",
    "inbox": "goi-vao-DaiBang-7731",
    "seal": base64.b64encode(b"Khuou-Bac-Ma-7731-Khuou-Bac-Ma-7").decode(),
    "files": "tep-ChichChoe-7731",
    "database": "kho-HoaMi-7731",
    "broker": "hang-doi-TuHu-7731",
}
SHORTEST = 8
"""Letters and digits that a piece of base64 or hex must have to be looked into."""


def core(text: str) -> str:
    """Bring a text down to its letters and digits, without accents or case."""
    folded = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return re.sub(r"[^a-z0-9]", "", folded)


def _unescaped(text: str) -> str:
    text = re.sub(r"\\+u([0-9a-fA-F]{4})", lambda hit: chr(int(hit[1], 16)), text)
    return re.sub(
        r"(?:\\+x[0-9a-fA-F]{2})+",
        lambda hit: bytes.fromhex(re.sub(r"\\+x", "", hit[0])).decode("utf-8", "replace"),
        text,
    )


def _unpacked(text: str) -> Iterator[str]:
    """Decode what looks like base64 or hex, at every place where it may begin."""
    for piece in set(re.findall(rf"[A-Za-z0-9+/_-]{{{SHORTEST},}}", text)):
        plain = piece.replace("-", "+").replace("_", "/")
        for start in range(4):
            whole = plain[start:] + "A" * (-len(plain[start:]) % 4)
            yield binascii.a2b_base64(whole).decode("utf-8", "replace")
    for piece in set(re.findall(rf"(?:[0-9a-fA-F]{{2}}){{{SHORTEST},}}", text)):
        yield bytes.fromhex(piece).decode("utf-8", "replace")


def _moved(text: str) -> str:
    """Read UTF-8 that somebody took for Latin-1."""
    return text.encode("latin-1", "ignore").decode("utf-8", "ignore")


def forms(text: str) -> Iterator[str]:
    """Give a text as it stands and as it may have been meant."""
    yield text
    yield _unescaped(text)
    yield unquote_plus(text)
    yield html.unescape(text)
    yield _moved(text)
    yield "\n".join(_unpacked(text))


def found(text: str, marks: Mapping[str, str]) -> set[str]:
    """Name the marks that a text holds, in whatever form."""
    searched = [core(form) for form in forms(text)]
    return {name for name, mark in marks.items() if any(core(mark) in one for one in searched)}
