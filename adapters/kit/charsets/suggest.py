"""What a file's charset most likely is, and why: a suggestion for a human, never acted upon."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from adapters.kit.charsets import cp1258, inside, tcvn3, utf, viqr, vni
from adapters.kit.charsets.fault import CharsetError
from adapters.kit.charsets.marks import composed
from adapters.kit.charsets.stream import Decoder
from adapters.kit.charsets.syllables import possible

WORD = re.compile(r"[^\W\d_]+")
ENOUGH = 3
"""Words beyond ASCII under which nothing is called likely."""
LIKELY, FAR = 0.8, 0.25
"""Share of possible syllables for *likely*, and how far ahead of the next it must be."""
LOOKED_AT = 200_000
"""Bytes that are looked at."""
EIGHT_BIT = {"tcvn3": tcvn3.read, "vni": vni.read, "cp1258": cp1258.read}
CAPITALS = "tcvn3-capitals"
BYTEWISE = ("tcvn3", CAPITALS, "vni", "viqr")
"""Fonts whose letters lie in bytes of their own."""
Certainty = Literal["sure", "likely", "unsure"]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The settings that may read a file. `certainty`: sure, likely, or unsure; `reasons`: why.

    twice: no setting reads it, as its UTF-8 was taken for this charset and made UTF-8 again
    """

    charset: str
    font: str
    certainty: Certainty
    reasons: tuple[str, ...]
    twice: str | None = None

    @property
    def name(self) -> str:
        """Name both settings in one, as far as that was ever one setting."""
        if self.twice is not None:
            return f"{self.charset} encoded twice"
        if self.font == "unicode":
            return self.charset
        if self.charset == "cp1252":
            return self.font
        return f"{self.charset} with {self.font} letters"


def _one(name: str, certainty: Certainty, *reasons: str) -> Suggestion:
    charset, font = ("cp1252", name) if name in BYTEWISE else (name, "unicode")
    return Suggestion(charset, font, certainty, reasons)


def suggest(data: bytes) -> tuple[Suggestion, ...]:
    """List what the bytes may be, best first; several that are unsure mean: not known."""
    if not data:
        return (_one("utf-8", "unsure", "the file is empty"),)
    part = data[:LOOKED_AT]
    whole = len(data) <= LOOKED_AT
    for name, marks in utf.MARKS.items():
        if data.startswith(marks):
            why = "it begins with the byte order mark"
            return _unicode(part, _one(name, "sure", why), whole=whole)
    if b"\0" in part:
        return _wide(part, whole=whole)
    if part.isascii():
        return _ascii(part)
    found = _one("utf-8", "sure", "its bytes beyond ASCII form UTF-8 throughout")
    try:
        Decoder("utf-8").decode(part, final=whole)
    except CharsetError:
        return _eight_bit(part)
    return _unicode(part, found, whole=whole)


def _wide(part: bytes, *, whole: bool) -> tuple[Suggestion, ...]:
    """Tell the order of UTF-16 by where the zero bytes of plain letters stand."""
    even, odd = part[0::2].count(0), part[1::2].count(0)
    name = "utf-16-le" if odd > even else "utf-16-be"
    clear = max(even, odd) > 4 * min(even, odd)
    why = f"{max(even, odd)} zero bytes on one side of the pairs, {min(even, odd)} on the other"
    return _unicode(part, _one(name, "likely" if clear else "unsure", why), whole=whole)


def _unicode(part: bytes, found: Suggestion, *, whole: bool) -> tuple[Suggestion, ...]:
    """Look inside a container of all letters for letters of a font, and for UTF-8 made twice."""
    try:
        text = Decoder(found.charset).decode(part, final=whole)
    except CharsetError as error:
        why = f"but at byte {error.position} it {error.why}"
        return (Suggestion(found.charset, "unicode", "unsure", (*found.reasons, why)),)
    twice = inside.twice(text)
    if twice is not None:
        share = f"{twice.words} of {twice.beyond} words beyond ASCII are UTF-8 encoded twice"
        why = f"{share}, taken for {twice.charset} in between: {twice.shown!r} was {twice.was!r}"
        certain: Certainty = "likely" if twice.words >= LIKELY * twice.beyond else "unsure"
        other = Suggestion(found.charset, "unicode", certain, (why,), twice.charset)
        return _ordered(found, other, ahead=certain == "likely")
    typed = inside.typed(text)
    if typed is None:
        return (found,)
    other_way = f"{typed.others} only as they are"
    why = f"{typed.words} words are possible only as {typed.font} letters, {other_way}"
    ahead = typed.words > typed.others
    sure = ahead and typed.words >= ENOUGH
    other = Suggestion(found.charset, typed.font, "likely" if sure else "unsure", (why,))
    return _ordered(found, other, ahead=ahead)


def _ordered(found: Suggestion, other: Suggestion, *, ahead: bool) -> tuple[Suggestion, ...]:
    """Put the doubt first where it is the greater; the container itself is then no answer alone."""
    if not ahead:
        return (found, other)
    return (other, Suggestion(found.charset, "unicode", "unsure", found.reasons))


def _ascii(part: bytes) -> tuple[Suggestion, ...]:
    """Tell VIQR from plain text by marks that stand inside words and give syllables."""
    marked = [word for word in part.decode("ascii").split() if _marked(word)]
    plain = "all bytes are ASCII, so every 8-bit charset and UTF-8 read it alike"
    if len(marked) >= ENOUGH:
        why = f"{len(marked)} words are Vietnamese syllables once their signs are read as marks"
        return (_one("viqr", "likely", why), _one("utf-8", "unsure", plain))
    return (_one("utf-8", "unsure" if marked else "sure", plain),)


def _marked(word: str) -> bool:
    """Say whether a word holds marks before a letter, or a shape, and then is a syllable."""
    inside = re.search(r"[aeiouyAEIOUY][\^(+`'?~.]+[a-zA-Z]|[aeouAEOU][\^+(]|dd|DD", word)
    if inside is None:
        return False
    try:
        text = viqr.read(word.strip(',;:!"()').encode(), "viqr")
    except CharsetError:
        return False
    return not text.isascii() and all(map(possible, WORD.findall(text))) and text.isalpha()


def _eight_bit(part: bytes) -> tuple[Suggestion, ...]:
    """Read it in each charset, and count how many words beyond ASCII can be Vietnamese."""
    scored = sorted(
        ((*_score(part, name), name) for name in EIGHT_BIT), key=lambda one: one[0], reverse=True
    )
    best, following = scored[0], scored[1]
    ahead = best[0] >= LIKELY and best[0] - following[0] >= FAR and best[1] >= ENOUGH
    found = [
        _one(name, "likely" if ahead and at == 0 else "unsure", why)
        for at, (share, _, why, name) in enumerate(scored)
        if share > 0 or at == 0
    ]
    if found[0].font == "tcvn3" and not any(0x41 <= byte <= 0x5A for byte in part):
        why = "it has no capitals: a font whose name ends in H would have shown nothing else"
        found.insert(1, _one(CAPITALS, "unsure", why))
    return tuple(found)


def _score(part: bytes, name: str) -> tuple[float, int, str]:
    try:
        text = composed(EIGHT_BIT[name](part, name))
    except CharsetError as error:
        return 0.0, 0, f"read as {name} it fails at byte {error.position}"
    words = [word for word in WORD.findall(text) if not word.isascii()]
    fit = sum(map(possible, words))
    share = fit / len(words) if words else 0.0
    return share, fit, f"read as {name}, {fit} of {len(words)} words are Vietnamese syllables"
