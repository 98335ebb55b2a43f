"""UTF-8 and UTF-16; a byte order mark is taken off, and written only where the name needs one."""

from __future__ import annotations

import codecs

from adapters.kit.charsets.fault import AROUND, CharsetError
from adapters.kit.charsets.stream import MARKS, Decoder

__all__ = ["MARKS", "read", "write"]


def read(data: bytes, name: str) -> str:
    """Read bytes; `utf-16` alone needs the mark, since nothing else tells the order."""
    return Decoder(name).decode(data, final=True)


def write(text: str, name: str) -> bytes:
    """Write text; `utf-16` is little endian behind its mark, as Windows writes it."""
    try:
        if name == "utf-16":
            return codecs.BOM_UTF16_LE + text.encode("utf-16-le")
        return text.encode(name)
    except UnicodeEncodeError as error:
        shown = text[max(0, error.start - AROUND) : error.start]
        raise CharsetError(error.start, shown, "is half of a character") from None
