"""Vietnamese letters and their marks: taken apart, and put together in one way.

A letter is a base, at most one shape (circumflex, breve, horn) and at most one tone. Unicode
composes them only when the shape comes first; a tone typed before the shape stays apart for ever
under NFC, so the order is mended here first.
"""

from __future__ import annotations

import re
import unicodedata

GRAVE, ACUTE, TILDE, HOOK, DOT = "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"
CIRCUMFLEX, BREVE, HORN = "\u0302", "\u0306", "\u031b"
TONES = (GRAVE, HOOK, TILDE, ACUTE, DOT)
"""In the order of Vietnamese dictionaries."""

_MISORDERED = re.compile(
    f"([AEOUaeou])([{''.join(TONES)}]+)([{CIRCUMFLEX}{BREVE}{HORN}])",
)

VOWELS = "aăâeêioôơuưy"
LETTERS = "".join(
    unicodedata.normalize("NFC", vowel + tone) for vowel in VOWELS for tone in ("", *TONES)
)
SPECIAL = "".join(letter for letter in LETTERS + "đ" if not letter.isascii())
"""The 67 lower-case letters that ASCII lacks."""


def composed(text: str) -> str:
    """Give NFC, also of marks that stand in the wrong order."""
    whole = unicodedata.normalize("NFC", text)
    if whole.isascii() or not any(unicodedata.combining(one) for one in whole):
        return whole
    apart = unicodedata.normalize("NFD", whole)
    return unicodedata.normalize("NFC", _MISORDERED.sub(r"\1\3\2", apart))


def toneless(letter: str) -> tuple[str, str]:
    """Split one composed letter into itself without its tone, and the tone (may be empty)."""
    apart = unicodedata.normalize("NFD", letter)
    tone = next((one for one in apart if one in TONES), "")
    return unicodedata.normalize("NFC", apart.replace(tone, "", 1) if tone else apart), tone
