"""Where text becomes bytes and bytes become text: one name for each charset.

In: bytes and the name that the source is set to. Out: text in NFC.
Never: a guess, a question mark in place of what does not fit.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import NamedTuple

from adapters.kit.charsets import cp1258, tcvn3, utf, viqr, vni
from adapters.kit.charsets.capitals import named
from adapters.kit.charsets.fault import CharsetError
from adapters.kit.charsets.marks import composed
from adapters.kit.charsets.suggest import Suggestion, suggest
from schemas.catalogue import spelling

__all__ = [
    "CASELESS",
    "FONTS",
    "NAMES",
    "CharsetError",
    "Suggestion",
    "decode",
    "encode",
    "name_key",
    "named",
    "respelt",
    "suggest",
]


class _Codec(NamedTuple):
    read: Callable[[bytes, str], str]
    write: Callable[[str, str], bytes]


_CODECS = MappingProxyType(
    {
        "utf-8": _Codec(utf.read, utf.write),
        "utf-16": _Codec(utf.read, utf.write),
        "utf-16-le": _Codec(utf.read, utf.write),
        "utf-16-be": _Codec(utf.read, utf.write),
        "cp1258": _Codec(cp1258.read, cp1258.write),
        "tcvn3": _Codec(tcvn3.read, tcvn3.write),
        "vni": _Codec(vni.read, vni.write),
        "viqr": _Codec(viqr.read, viqr.write),
    }
)
NAMES = tuple(_CODECS)
FONTS = ("tcvn3", "vni", "viqr")
"""Charsets that only fonts or readers know: programs store them as if they were Western text."""
CASELESS = ("tcvn3",)
"""Charsets that lose capitals."""


def decode(data: bytes, name: str, *, names: bool = False) -> str:
    """Read bytes as NFC text without a byte order mark; `CharsetError` where one does not fit.

    names: the text is one name, so capitals that the charset lost are given back.
    """
    text = composed(_codec(name).read(data, name))
    return named(text) if names and name in CASELESS else text


def encode(text: str, name: str) -> bytes:
    """Write text; `CharsetError` where a character does not fit. TCVN3 loses toned capitals."""
    return _codec(name).write(composed(text), name)


def name_key(text: str) -> str:
    """Give what is equal for two spellings of one name, also with marks in the wrong order."""
    return spelling.name_key(composed(text))


def respelt(text: str, name: str) -> str:
    """Read text that a spreadsheet or database took for Western letters; others stay."""
    if name not in FONTS or (text.isascii() and name != "viqr"):
        return composed(text)
    try:
        data = text.encode("latin-1")
    except UnicodeEncodeError as error:
        shown = text[max(0, error.start - 12) : error.start]
        raise CharsetError(error.start, shown, f"is Unicode already, not {name}") from None
    return decode(data, name)


def _codec(name: str) -> _Codec:
    found = _CODECS.get(name)
    if found is None:
        raise LookupError(f"no charset is called {name!r}; there are {', '.join(NAMES)}")
    return found
