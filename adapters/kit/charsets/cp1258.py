"""Windows-1258: some letters whole, the others as a letter with its shape and then the tone.

Python reads it. It cannot write it from NFC or NFD, because exactly the tone must be split off.
"""

from __future__ import annotations

from types import MappingProxyType

from adapters.kit.charsets import cp1252
from adapters.kit.charsets.fault import AROUND, CharsetError, of_bytes, of_text
from adapters.kit.charsets.marks import toneless


def read(data: bytes, _name: str) -> str:
    """Read bytes; the marks are composed by the caller."""
    try:
        return data.decode("cp1258")
    except UnicodeDecodeError as error:
        raise of_bytes(data, error.start, f"byte {data[error.start]:02X} is not cp1258") from None


def write(text: str, name: str) -> bytes:
    """Write each letter whole where there is one, else split off its tone."""
    out = bytearray()
    for position, letter in enumerate(text):
        found = _whole(letter) or _split(letter)
        if found is None:
            raise of_text(text, position, name)
        out += found
    return bytes(out)


def _whole(letter: str) -> bytes | None:
    try:
        return letter.encode("cp1258")
    except UnicodeEncodeError:
        return None


def _split(letter: str) -> bytes | None:
    rest, tone = toneless(letter)
    return _whole(rest + tone) if tone else None


_BACK = MappingProxyType(
    {
        ord(bytes([byte]).decode("cp1258", "ignore") or chr(byte)): byte
        for byte in range(0x80, 0x100)
    }
)


def typed(text: str, font: str) -> bytes:
    """Give the bytes of a font back from text that either Western container made of them."""
    found = cp1252.typed(text)
    if found is not None:
        return found
    try:
        return text.translate(_BACK).encode("latin-1")
    except UnicodeEncodeError as error:
        shown = text[max(0, error.start - AROUND) : error.start]
        raise CharsetError(error.start, shown, f"is Unicode already, not {font}") from None
