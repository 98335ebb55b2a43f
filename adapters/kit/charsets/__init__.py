"""Where text becomes bytes and bytes become text: a container, and the font it was typed under.

The container (`charset`) says which characters the bytes are, the font which letters those were
to whoever typed them. In: bytes and the two settings. Out: text in NFC.
Never: a guess, a question mark in place of what does not fit.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import NamedTuple

from adapters.kit.charsets import cp1252, cp1258, tcvn3, utf, viqr, vni
from adapters.kit.charsets.capitals import named
from adapters.kit.charsets.fault import CharsetError
from adapters.kit.charsets.marks import composed
from adapters.kit.charsets.mixed import told_apart
from adapters.kit.charsets.stream import Decoder
from adapters.kit.charsets.suggest import Suggestion, suggest
from schemas.catalogue import spelling

__all__ = [
    "CASELESS",
    "CHARSETS",
    "FONTS",
    "NAMES",
    "CharsetError",
    "Decoder",
    "Suggestion",
    "decode",
    "encode",
    "incremental",
    "name_key",
    "named",
    "respelt",
    "split",
    "suggest",
]


class _Codec(NamedTuple):
    read: Callable[[bytes, str], str]
    write: Callable[[str, str], bytes]


_CONTAINERS = MappingProxyType(
    {
        "utf-8": _Codec(utf.read, utf.write),
        "utf-16": _Codec(utf.read, utf.write),
        "utf-16-le": _Codec(utf.read, utf.write),
        "utf-16-be": _Codec(utf.read, utf.write),
        "cp1258": _Codec(cp1258.read, cp1258.write),
        "cp1252": _Codec(cp1252.read, cp1252.write),
    }
)
_TYPED = MappingProxyType(
    {
        "tcvn3": _Codec(tcvn3.read, tcvn3.write),
        "tcvn3-capitals": _Codec(tcvn3.read_capitals, tcvn3.write_capitals),
        "vni": _Codec(vni.read, vni.write),
        "viqr": _Codec(viqr.read, viqr.write),
    }
)
CHARSETS = tuple(_CONTAINERS)
"""Containers; cp1252 also holds the bytes of the fonts."""
FONTS = ("unicode", *_TYPED)
"""How the letters were typed: programs store those of a font as if they were Western text."""
NAMES = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1258", "tcvn3", "vni", "viqr")
"""Names of the time when container and font were one setting; `split` knows them."""
CASELESS = ("tcvn3", "tcvn3-capitals")
"""Fonts that lose capitals."""
_BYTEWISE = ("cp1252", "cp1258")
"""Containers of one byte a character, which keep the bytes of a font as they are."""


def split(name: str) -> tuple[str, str]:
    """Give container and font of one setting, of either edition."""
    if name in CHARSETS:
        return name, "unicode"
    if name in _TYPED:
        return "cp1252", name
    raise LookupError(f"no charset is called {name!r}; there are {', '.join([*CHARSETS, *_TYPED])}")


def incremental(charset: str) -> Decoder:
    """Begin to read a stream that comes in pieces, as its container has it; see `respelt`."""
    if charset not in CHARSETS:
        raise LookupError(f"no charset is called {charset!r}; there are {', '.join(CHARSETS)}")
    return Decoder(charset)


def decode(data: bytes, charset: str, font: str | None = None, *, names: bool = False) -> str:
    """Read bytes as NFC text without a byte order mark; `CharsetError` where one does not fit.

    font: left out, the charset's own, or what a name of the old edition says. In a Unicode
    container the text is judged as one cell, see `respelt`.
    names: the text is one name, so capitals that the font lost are given back.
    """
    charset, font = _settings(charset, font)
    if font == "unicode":
        text = composed(_CONTAINERS[charset].read(data, charset))
    elif charset in _BYTEWISE:
        text = composed(_TYPED[font].read(data, font))
    else:
        text = respelt(_CONTAINERS[charset].read(data, charset), font)
    return named(text) if names and font in CASELESS else text


def encode(text: str, charset: str, font: str | None = None) -> bytes:
    """Write text; `CharsetError` where a character does not fit. TCVN3 loses toned capitals."""
    charset, font = _settings(charset, font)
    if font == "unicode":
        return _CONTAINERS[charset].write(composed(text), charset)
    typed = _TYPED[font].write(composed(text), font)
    return typed if charset in _BYTEWISE else utf.write(cp1252.shown(typed), charset)


def respelt(text: str, font: str, *, mixed: bool = True) -> str:
    """Read one cell, as its container gave it, as what was typed under a font.

    mixed: a cell may also have been typed in Unicode. It is read in whichever way gives possible
    Vietnamese; where both do, or its words disagree, that is a `CharsetError`: nobody's name is
    made another one.
    """
    font = split(font)[1] if font != "unicode" else font
    if font == "unicode":
        return composed(text)
    read = _TYPED[font].read
    if text.isascii() and font in ("tcvn3", "vni"):
        return text
    if mixed:
        return told_apart(text, font, read)
    return composed(read(cp1258.typed(text, font), font))


def name_key(text: str) -> str:
    """Give what is equal for two spellings of one name, also with marks in the wrong order."""
    return spelling.name_key(composed(text))


def _settings(charset: str, font: str | None) -> tuple[str, str]:
    container, own = split(charset)
    if font is None:
        return container, own
    if font not in FONTS:
        raise LookupError(f"no font is called {font!r}; there are {', '.join(FONTS)}")
    return container, font
