"""VNI-Windows: a letter is one byte, or a base byte and a mark byte; the longest match counts.

The mark's case follows the base's when written; when read, either is taken and the base decides,
since some keyboards left the mark small. Read byte by byte the bytes look like other letters of
the Western set: `Thôøi` is Thời. Source of the table: the layout of the VNI fonts.
"""

from __future__ import annotations

from types import MappingProxyType

from adapters.kit.charsets import cp1252
from adapters.kit.charsets.fault import of_bytes, of_text

TONED = "ùøûõï"
"""Acute, grave, hook, tilde, dot, as the fonts' bytes look in the Western set."""
_ROWS = (
    ("aáàảãạ", "a", ("", *TONED)),
    ("âấầẩẫậ", "a", tuple("âáàåãä")),
    ("ăắằẳẵặ", "a", tuple("êéèúüë")),
    ("eéèẻẽẹ", "e", ("", *TONED)),
    ("êếềểễệ", "e", tuple("âáàåãä")),
    ("oóòỏõọ", "o", ("", *TONED)),
    ("ôốồổỗộ", "o", tuple("âáàåãä")),
    ("ơớờởỡợ", "ô", ("", *TONED)),
    ("uúùủũụ", "u", ("", *TONED)),
    ("ưứừửữự", "ö", ("", *TONED)),
    ("yýỳỷỹ", "y", ("", *"ùøûõ")),
)
_SINGLE = {"í": "í", "ì": "ì", "ỉ": "æ", "ĩ": "ó", "ị": "ò", "ỵ": "î", "đ": "ñ"}


def _small() -> dict[str, str]:
    """Give the Western look of every small letter beyond ASCII."""
    found = dict(_SINGLE)
    for letters, base, marks in _ROWS:
        found |= {
            letter: base + mark
            for letter, mark in zip(letters, marks, strict=True)
            if not letter.isascii()
        }
    return found


_SMALL = _small()
WRITING = MappingProxyType(
    {
        shown: look.encode("latin-1")
        for letter, western in _SMALL.items()
        for shown, look in ((letter, western), (letter.upper(), western.upper()))
    }
)
"""All 134 letters beyond ASCII."""
READING = MappingProxyType(
    {look: letter for letter, look in WRITING.items()}
    | {
        look[:1] + bytes([look[1] + 0x20]): letter
        for letter, look in WRITING.items()
        if len(look) == 2 and letter.isupper()
    }
)


def read(data: bytes, _name: str) -> str:
    """Read bytes."""
    out, at = [], 0
    while at < len(data):
        pair, one = data[at : at + 2], data[at : at + 1]
        if len(pair) == 2 and pair in READING:
            out.append(READING[pair])
            at += 2
            continue
        shown = READING.get(one) or cp1252.SIGNS.get(one[0])
        letter = one.decode() if one[0] < 0x80 else shown
        if letter is None:
            raise of_bytes(data, at, f"byte {one[0]:02X} is no letter and follows none in VNI")
        out.append(letter)
        at += 1
    return "".join(out)


def write(text: str, name: str) -> bytes:
    """Write text."""
    out = bytearray()
    for position, letter in enumerate(text):
        found = letter.encode() if letter.isascii() else WRITING.get(letter) or _sign(letter)
        if found is None:
            raise of_text(text, position, name)
        out += found
    return bytes(out)


def _sign(letter: str) -> bytes | None:
    """Give the byte of a Western sign; no letter of the fonts is one of those."""
    byte = cp1252.SIGN_BYTES.get(letter)
    return None if byte is None else bytes([byte])
