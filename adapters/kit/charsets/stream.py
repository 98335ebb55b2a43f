"""Reading a container piece by piece, wherever the pieces were cut.

Marks are not composed here: a letter and its mark may lie in two pieces, and the bytes of a font
are no letters yet.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from types import MappingProxyType

from adapters.kit.charsets import cp1252
from adapters.kit.charsets.fault import AROUND, CharsetError, of_bytes

MARKS = {
    "utf-8": (codecs.BOM_UTF8,),
    "utf-16-le": (codecs.BOM_UTF16_LE,),
    "utf-16-be": (codecs.BOM_UTF16_BE,),
}
_UTF: MappingProxyType[str, Callable[[bytes, str, bool], tuple[str, int]]] = MappingProxyType(
    {
        "utf-8": codecs.utf_8_decode,
        "utf-16-le": codecs.utf_16_le_decode,
        "utf-16-be": codecs.utf_16_be_decode,
    }
)


class Decoder:
    """Reads one stream; an error names the byte's place in the whole of it, and ends it."""

    def __init__(self, charset: str) -> None:
        """Begin a stream in one of the containers."""
        self._charset = charset
        self._begun = charset not in {*MARKS, "utf-16"}
        self._rest, self._before, self._position = b"", b"", 0

    def decode(self, data: bytes, final: bool = False) -> str:
        """Read as far as whole characters go; `final`: nothing follows, so nothing may be left."""
        data = self._rest + data
        marked = 0 if self._begun else self._mark(data, final=final)
        if marked is None:
            self._rest = data
            return ""
        self._begun = True
        try:
            text, used = self._read(data[marked:], final=final)
        except UnicodeDecodeError as error:
            raise self._fault(data, marked + error.start) from None
        used += marked
        self._before = (self._before + data[:used])[-AROUND:]
        self._rest, self._position = data[used:], self._position + used
        return text

    def _mark(self, data: bytes, *, final: bool) -> int | None:
        """Give the length of the byte order mark; None while too little is here to know."""
        if self._charset != "utf-16":
            mark = MARKS[self._charset][0]
            if len(data) < len(mark) and mark.startswith(data) and not final:
                return None
            return len(mark) if data.startswith(mark) else 0
        if len(data) < len(codecs.BOM_UTF16_LE) and not final:
            return None
        wide = ("utf-16-le", "utf-16-be")
        found = next((one for one in wide if data.startswith(MARKS[one])), None)
        if found is None:
            raise of_bytes(data, 0, "no byte order mark; say utf-16-le or utf-16-be")
        self._charset = found
        return len(codecs.BOM_UTF16_LE)

    def _read(self, data: bytes, *, final: bool) -> tuple[str, int]:
        if self._charset in _UTF:
            return _UTF[self._charset](data, "strict", final)
        if self._charset == "cp1252":
            return cp1252.shown(data), len(data)
        return data.decode(self._charset), len(data)

    def _fault(self, data: bytes, at: int) -> CharsetError:
        why = f"byte {data[at]:02X} is not {self._charset}"
        if self._charset in _UTF:
            why = f"is not {self._charset.upper()}"
        near = of_bytes(self._before + data, len(self._before) + at, why).context
        return CharsetError(self._position + at, near, why)
