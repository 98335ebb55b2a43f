"""TCVN3 (the ABC fonts): one byte a letter, and capitals only of the seven shaped letters.

Of a capital with a tone the fonts have no form: capital text was typed in small letters under a
font that looks capital. So writing loses the case of those, as the old software itself did, and
reading gives small letters; `capitals.named` mends what is known to be a name.
Table: TCVN 5712:1993 VN3, agreeing with glibc's `TCVN` for everything but toned capitals.
"""

from __future__ import annotations

from types import MappingProxyType

from adapters.kit.charsets import cp1252
from adapters.kit.charsets.fault import of_bytes, of_text

SMALL = MappingProxyType(
    {
        0xA8: "ă", 0xA9: "â", 0xAA: "ê", 0xAB: "ô", 0xAC: "ơ", 0xAD: "ư", 0xAE: "đ",
        0xB5: "à", 0xB6: "ả", 0xB7: "ã", 0xB8: "á", 0xB9: "ạ",
        0xBB: "ằ", 0xBC: "ẳ", 0xBD: "ẵ", 0xBE: "ắ", 0xC6: "ặ",
        0xC7: "ầ", 0xC8: "ẩ", 0xC9: "ẫ", 0xCA: "ấ", 0xCB: "ậ",
        0xCC: "è", 0xCE: "ẻ", 0xCF: "ẽ", 0xD0: "é", 0xD1: "ẹ",
        0xD2: "ề", 0xD3: "ể", 0xD4: "ễ", 0xD5: "ế", 0xD6: "ệ",
        0xD7: "ì", 0xD8: "ỉ", 0xDC: "ĩ", 0xDD: "í", 0xDE: "ị",
        0xDF: "ò", 0xE1: "ỏ", 0xE2: "õ", 0xE3: "ó", 0xE4: "ọ",
        0xE5: "ồ", 0xE6: "ổ", 0xE7: "ỗ", 0xE8: "ố", 0xE9: "ộ",
        0xEA: "ờ", 0xEB: "ở", 0xEC: "ỡ", 0xED: "ớ", 0xEE: "ợ",
        0xEF: "ù", 0xF1: "ủ", 0xF2: "ũ", 0xF3: "ú", 0xF4: "ụ",
        0xF5: "ừ", 0xF6: "ử", 0xF7: "ữ", 0xF8: "ứ", 0xF9: "ự",
        0xFA: "ỳ", 0xFB: "ỷ", 0xFC: "ỹ", 0xFD: "ý", 0xFE: "ỵ",
    }
)  # fmt: skip
CAPITAL = MappingProxyType(
    {0xA1: "Ă", 0xA2: "Â", 0xA3: "Ê", 0xA4: "Ô", 0xA5: "Ơ", 0xA6: "Ư", 0xA7: "Đ"}
)
READING = MappingProxyType({**SMALL, **CAPITAL})
WRITING = MappingProxyType(
    {letter.upper(): byte for byte, letter in SMALL.items()}
    | {letter: byte for byte, letter in READING.items()}
)
"""All 134 letters beyond ASCII; 60 capitals share the byte of their small letter."""


SHOWN = MappingProxyType({**cp1252.SIGNS, **READING})
"""What the fonts show of the bytes beyond ASCII: their letters, and Western signs elsewhere."""


def read(data: bytes, _name: str) -> str:
    """Read bytes."""
    out = []
    for position, byte in enumerate(data):
        letter = chr(byte) if byte < 0x80 else SHOWN.get(byte)
        if letter is None:
            raise of_bytes(data, position, f"byte {byte:02X} is not TCVN3")
        out.append(letter)
    return "".join(out)


def write(text: str, name: str) -> bytes:
    """Write text; a capital with a tone becomes small."""
    out = bytearray()
    for position, letter in enumerate(text):
        byte = ord(letter) if letter.isascii() else WRITING.get(letter) or _sign(letter)
        if byte is None:
            raise of_text(text, position, name)
        out.append(byte)
    return bytes(out)


def read_capitals(data: bytes, name: str) -> str:
    """Read what was typed under a font whose name ends in H, which shows only capitals."""
    return read(data, name).upper()


def write_capitals(text: str, name: str) -> bytes:
    """Write it as it was typed: in small letters."""
    return write(text.lower(), name)


def _sign(letter: str) -> int | None:
    """Give the byte of a sign, unless the fonts show a letter there."""
    byte = cp1252.SIGN_BYTES.get(letter)
    return None if byte in READING else byte
