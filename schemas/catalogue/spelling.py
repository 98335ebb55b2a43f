"""The key by which Vietnamese names are compared; it is never shown.

A tone may be typed on either vowel of a pair (hòa, hoà), an apostrophe comes in many shapes, and
marks come composed or not: none of that makes another name.
"""

from __future__ import annotations

import re
import unicodedata

APOSTROPHES = "'\u2019\u2018\u02bc\u02b9\u00b4`\u2032"
TONES = "\u0300\u0309\u0303\u0301\u0323"
SHAPES = "\u0302\u0306\u031b"
_CLUSTER = re.compile(f"[aeiouy{SHAPES}{TONES}]+")


def name_key(text: str) -> str:
    """Give what is equal for two spellings of one name: tone, apostrophe, case, spaces apart."""
    plain = "".join(one for one in text.casefold() if one not in APOSTROPHES)
    return "".join(_placed(word) for word in plain.split())


def _placed(word: str) -> str:
    """Move each tone behind the run of vowels that it stands in."""

    def moved(run: re.Match[str]) -> str:
        whole = run.group()
        tones = "".join(one for one in whole if one in TONES)
        return "".join(one for one in whole if one not in TONES) + tones

    return _CLUSTER.sub(moved, unicodedata.normalize("NFD", word))
