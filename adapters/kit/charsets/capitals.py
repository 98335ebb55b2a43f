"""Names from fonts that knew no capitals, and the key by which names are compared."""

from __future__ import annotations

import re
import unicodedata

from adapters.kit.charsets.marks import TONES, composed

APOSTROPHES = "'\u2019\u2018\u02bc\u02b9\u00b4`\u2032"
_CLUSTER = re.compile(f"[aeiouy\u0302\u0306\u031b{''.join(TONES)}]+")


def named(text: str) -> str:
    """Give a name its capitals back.

    Where plain letters show one case only, every word gets a capital: the font hid which it was.
    Where they show both, the case was typed, and only a word that begins with a letter the font
    had no capital for is mended, and only if all the others begin with one.
    """
    plain = [one for one in text if one.isascii() and one.isalpha()]
    words = text.split(" ")
    if not any(map(str.isupper, plain)) or not any(map(str.islower, plain)):
        return " ".join(word[:1].upper() + word[1:].lower() for word in words)
    lost = [bool(word) and not word[0].isascii() and word[0].islower() for word in words]
    others = [word for word, hidden in zip(words, lost, strict=True) if word and not hidden]
    if not all(word[0].isupper() or not word[0].isalpha() for word in others):
        return text
    return " ".join(
        word[:1].upper() + word[1:] if hidden else word
        for word, hidden in zip(words, lost, strict=True)
    )


def name_key(text: str) -> str:
    """Give what is equal for two spellings of one name.

    It ignores where in a syllable the tone stands (hòa, hoà), the kind of apostrophe, case,
    spaces, and whether marks are composed. It is for comparing only, never shown.
    """
    plain = "".join(one for one in composed(text).casefold() if one not in APOSTROPHES)
    return "".join(_placed(word) for word in plain.split())


def _placed(word: str) -> str:
    """Move each tone behind the run of vowels that it stands in."""

    def moved(run: re.Match[str]) -> str:
        whole = run.group()
        tones = "".join(one for one in whole if one in TONES)
        return "".join(one for one in whole if one not in TONES) + tones

    return _CLUSTER.sub(moved, unicodedata.normalize("NFD", word))
