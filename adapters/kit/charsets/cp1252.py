"""Windows-1252, which also holds the bytes of the old fonts: no program told them apart.

Read strictly it is Western text. Read for a font every byte survives, those that Windows left
undefined as the control character of the same number, so that the font may say what they are.
"""

from __future__ import annotations

import unicodedata
from types import MappingProxyType

from adapters.kit.charsets.fault import of_bytes, of_text

HIGH = MappingProxyType(
    {byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0x100)}
)
"""What each byte beyond ASCII looks like to a program that knows no font."""
_BACK = MappingProxyType({ord(look): byte for byte, look in HIGH.items() if ord(look) > 0xFF})
_LIKE_SIGNS = "ˆªºµ"
"""Letters to Unicode, but signs to whoever types them."""
SIGNS = MappingProxyType(
    {
        byte: look
        for byte, look in HIGH.items()
        if unicodedata.category(look)[0] in "PSNZ" or look in {*_LIKE_SIGNS, "\u00ad"}
    }
)
"""Signs of the Western set, which an old font shows wherever it has no letter of its own."""
SIGN_BYTES = MappingProxyType({look: byte for byte, look in SIGNS.items()})


def read(data: bytes, _name: str) -> str:
    """Read Western text; the five bytes that it does not define are an error."""
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError as error:
        raise of_bytes(data, error.start, f"byte {data[error.start]:02X} is not cp1252") from None


def write(text: str, name: str) -> bytes:
    """Write Western text."""
    try:
        return text.encode("cp1252")
    except UnicodeEncodeError as error:
        raise of_text(text, error.start, name) from None


def shown(data: bytes) -> str:
    """Give the bytes of a font as the text that a program without the font takes them for."""
    return data.decode("latin-1").translate(HIGH)


def typed(text: str) -> bytes | None:
    """Give the bytes of a font back from such text; None where a character is none of them."""
    try:
        return text.translate(_BACK).encode("latin-1")
    except UnicodeEncodeError:
        return None
