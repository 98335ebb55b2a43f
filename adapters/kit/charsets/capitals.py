"""Names from fonts that knew no capitals."""

from __future__ import annotations

import re

from adapters.kit.charsets.marks import VOWELS, toneless

_BETWEEN = re.compile(r"([\s\u2010-\u2015-]+)")
"""What words of a name stand between: spaces and hyphens."""
_RUN = re.compile(r"[^\W\d_]+")
ALWAYS_CAPITAL = frozenset({"UBND", "UBMT", "UBMTTQ", "MTTQ", "UBTVQH", "EVN", "QLĐĐ", "BQL"})
"""Abbreviations that could be syllables by their letters; those without a vowel need no table."""


def named(text: str) -> str:
    """Give a name its capitals back.

    Where plain letters show one case only, every word gets a capital: the font hid which it was.
    Where they show both, the case was typed, and only a word that begins with a letter the font
    had no capital for is mended, and only if all the others begin with one.
    """
    plain = [one for one in text if one.isascii() and one.isalpha()]
    if not any(map(str.isupper, plain)) or not any(map(str.islower, plain)):
        return _RUN.sub(_titled, text)
    words = _BETWEEN.split(text)
    lost = [bool(word) and not word[0].isascii() and word[0].islower() for word in words]
    others = [word for word, hidden in zip(words, lost, strict=True) if word and not hidden]
    if not all(word[0].isupper() or not word[0].isalpha() for word in others):
        return text
    return "".join(
        word[:1].upper() + word[1:] if hidden else word
        for word, hidden in zip(words, lost, strict=True)
    )


def _titled(run: re.Match[str]) -> str:
    """Write a word with a capital, and what can only be an abbreviation in capitals."""
    word = run.group()
    if word.upper() in ALWAYS_CAPITAL or not any(
        toneless(one)[0] in VOWELS for one in word.lower()
    ):
        return word.upper()
    return word[:1].upper() + word[1:].lower()
