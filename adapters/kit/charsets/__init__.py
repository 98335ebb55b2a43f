"""Where text becomes bytes and bytes become text: one name for each charset.

In: bytes and the name that the source is set to. Out: text in NFC.
Never: a guess, a question mark in place of what does not fit.
"""

from __future__ import annotations

import codecs
import unicodedata

NAMES = ("utf-8",)
AROUND = 12
"""Characters of context that an error shows."""


class CharsetError(ValueError):
    """Something does not fit the charset: where, and what stands around it."""

    def __init__(self, position: int, context: str, why: str) -> None:
        """Name the position: of a byte when decoding, of a character when encoding."""
        super().__init__(f"position {position}: {why} (near {context!r})")
        self.position, self.context, self.why = position, context, why


def decode(data: bytes, name: str) -> str:
    """Read bytes; a byte order mark is taken off."""
    if name not in NAMES:
        raise LookupError(f"no charset is called {name!r}; there are {', '.join(NAMES)}")
    skipped = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    try:
        return unicodedata.normalize("NFC", data[skipped:].decode("utf-8"))
    except UnicodeDecodeError as error:
        at = error.start + skipped
        shown = data[max(0, at - AROUND) : at + AROUND].decode("utf-8", "replace")
        raise CharsetError(at, shown, "is not UTF-8") from None


def encode(text: str, name: str) -> bytes:
    """Write text."""
    if name not in NAMES:
        raise LookupError(f"no charset is called {name!r}; there are {', '.join(NAMES)}")
    try:
        return unicodedata.normalize("NFC", text).encode("utf-8")
    except UnicodeEncodeError as error:
        shown = text[max(0, error.start - AROUND) : error.start]
        raise CharsetError(error.start, shown, "is half of a character") from None
