"""Vietnamese letters and their marks: taken apart, and put together in one way.

A letter is a base, at most one shape (circumflex, breve, horn) and at most one tone. Unicode
composes them only when the shape comes first; a tone typed before the shape stays apart for ever
under NFC, so the order is mended here first.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

GRAVE, ACUTE, TILDE, HOOK, DOT = "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"
CIRCUMFLEX, BREVE, HORN = "\u0302", "\u0306", "\u031b"
TONES = (GRAVE, HOOK, TILDE, ACUTE, DOT)
"""In the order of Vietnamese dictionaries."""

_MISORDERED = re.compile(
    f"([AEOUaeou])([{''.join(TONES)}]+)([{CIRCUMFLEX}{BREVE}{HORN}])",
)

MOST = 30
"""Marks on one letter: no writing has more, and putting n of them in order takes n² steps."""
LAST = 0x1F000
"""Beyond it Unicode has no marks."""
BEYOND_BMP = re.compile("[\U00010000-\U0010ffff]")

VOWELS = "aăâeêioôơuưy"
LETTERS = "".join(
    unicodedata.normalize("NFC", vowel + tone) for vowel in VOWELS for tone in ("", *TONES)
)
SPECIAL = "".join(letter for letter in LETTERS + "đ" if not letter.isascii())
"""The 67 lower-case letters that ASCII lacks."""


def composed(text: str) -> str:
    """Give NFC, also of marks that stand in the wrong order; what is overloaded stays as it is."""
    if text.isascii():
        return text
    mark, overload = _runs_in(text)
    if mark.search(text) is None:
        return unicodedata.normalize("NFC", text)
    whole = text if overload.search(text) else unicodedata.normalize("NFC", text)
    if mark.search(whole) is None:
        return whole
    pieces = overload.split(whole)
    return "".join(piece if at % 2 else _composed(piece) for at, piece in enumerate(pieces))


def overloaded(text: str) -> bool:
    """Say whether some letter has more marks than any writing puts on one."""
    if text.isascii():
        return False
    mark, overload = _runs_in(text)
    return mark.search(text) is not None and overload.search(text) is not None


def _runs_in(text: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    return _runs(beyond_bmp=BEYOND_BMP.search(text) is not None)


@cache
def _runs(*, beyond_bmp: bool) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Find a mark, and runs that are too long.

    Made at first use, as it looks at all characters; those beyond the first plane, which only
    ancient and rare scripts have, are looked for by themselves, as they slow a search down.
    """
    last = LAST if beyond_bmp else 0x10000
    apart = ((one, unicodedata.normalize("NFD", chr(one))[0]) for one in range(0x300, last))
    marks = "".join(chr(one) for one, first in apart if unicodedata.combining(first))
    # Begun by one mark, as a search for a class of characters is ten times as fast as for a run.
    return re.compile(f"[{marks}]"), re.compile(f"([{marks}][{marks}]{{{MOST},}})")


def _composed(text: str) -> str:
    apart = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", _MISORDERED.sub(r"\1\3\2", apart))


def toneless(letter: str) -> tuple[str, str]:
    """Split one composed letter into itself without its tone, and the tone (may be empty)."""
    apart = unicodedata.normalize("NFD", letter)
    tone = next((one for one in apart if one in TONES), "")
    return unicodedata.normalize("NFC", apart.replace(tone, "", 1) if tone else apart), tone
