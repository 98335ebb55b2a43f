"""UTF-8 and UTF-16; a byte order mark is taken off, and written only where the name needs one."""

from __future__ import annotations

import codecs

from adapters.kit.charsets.fault import AROUND, CharsetError, of_bytes

MARKS = {
    "utf-8": (codecs.BOM_UTF8,),
    "utf-16-le": (codecs.BOM_UTF16_LE,),
    "utf-16-be": (codecs.BOM_UTF16_BE,),
}


def read(data: bytes, name: str) -> str:
    """Read bytes; `utf-16` alone needs the mark, since nothing else tells the order."""
    if name == "utf-16":
        name = next((one for one in MARKS if data.startswith(MARKS[one])), "")
        if not name.startswith("utf-16"):
            raise of_bytes(data, 0, "no byte order mark; say utf-16-le or utf-16-be")
    skipped = next((len(mark) for mark in MARKS[name] if data.startswith(mark)), 0)
    try:
        return data[skipped:].decode(name)
    except UnicodeDecodeError as error:
        raise of_bytes(data, error.start + skipped, f"is not {name.upper()}") from None


def write(text: str, name: str) -> bytes:
    """Write text; `utf-16` is little endian behind its mark, as Windows writes it."""
    try:
        if name == "utf-16":
            return codecs.BOM_UTF16_LE + text.encode("utf-16-le")
        return text.encode(name)
    except UnicodeEncodeError as error:
        shown = text[max(0, error.start - AROUND) : error.start]
        raise CharsetError(error.start, shown, "is half of a character") from None
