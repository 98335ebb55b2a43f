"""What a file's charset most likely is, and why: a suggestion for a human, never acted upon."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from adapters.kit.charsets import cp1258, tcvn3, utf, viqr, vni
from adapters.kit.charsets.fault import CharsetError
from adapters.kit.charsets.marks import composed
from adapters.kit.charsets.syllables import possible

WORD = re.compile(r"[^\W\d_]+")
ENOUGH = 3
"""Words beyond ASCII under which nothing is called likely."""
LIKELY, FAR = 0.8, 0.25
"""Share of possible syllables for *likely*, and how far ahead of the next it must be."""
LOOKED_AT = 200_000
"""Bytes that are looked at."""
EIGHT_BIT = {"tcvn3": tcvn3.read, "vni": vni.read, "cp1258": cp1258.read}
_TYPED = re.compile(r"[aeiouyAEIOUY][\^(+]?[`'?~.]?[a-zA-Z]")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One charset that a file may be in. `certainty`: sure, likely, or unsure; `reasons`: why."""

    name: str
    certainty: Literal["sure", "likely", "unsure"]
    reasons: tuple[str, ...]


def suggest(data: bytes) -> tuple[Suggestion, ...]:
    """List what the bytes may be, best first; several that are unsure mean: not known."""
    if not data:
        return (Suggestion("utf-8", "unsure", ("the file is empty",)),)
    for name, marks in utf.MARKS.items():
        if data.startswith(marks):
            return (Suggestion(name, "sure", ("it begins with the byte order mark",)),)
    part = data[:LOOKED_AT]
    if b"\0" in part:
        return _wide(part)
    if part.isascii():
        return _ascii(part)
    try:
        part.decode("utf-8")
    except UnicodeDecodeError as error:
        cut = len(data) > LOOKED_AT and error.start >= LOOKED_AT - 4
        if not cut:
            return _eight_bit(part)
    return (Suggestion("utf-8", "sure", ("its bytes beyond ASCII form UTF-8 throughout",)),)


def _wide(part: bytes) -> tuple[Suggestion, ...]:
    """Tell the order of UTF-16 by where the zero bytes of plain letters stand."""
    even, odd = part[0::2].count(0), part[1::2].count(0)
    name = "utf-16-le" if odd > even else "utf-16-be"
    try:
        utf.read(part[: len(part) // 2 * 2], name)
    except CharsetError:
        return (Suggestion(name, "unsure", ("it holds zero bytes, but is not UTF-16",)),)
    clear = max(even, odd) > 4 * min(even, odd)
    why = f"{max(even, odd)} zero bytes on one side of the pairs, {min(even, odd)} on the other"
    return (Suggestion(name, "likely" if clear else "unsure", (why,)),)


def _ascii(part: bytes) -> tuple[Suggestion, ...]:
    """Tell VIQR from plain text by marks that stand inside words and give syllables."""
    marked = [word for word in part.decode("ascii").split() if _marked(word)]
    plain = "all bytes are ASCII, so every 8-bit charset and UTF-8 read it alike"
    if len(marked) >= ENOUGH:
        why = f"{len(marked)} words are Vietnamese syllables once their signs are read as marks"
        return (Suggestion("viqr", "likely", (why,)), Suggestion("utf-8", "unsure", (plain,)))
    return (Suggestion("utf-8", "sure" if not marked else "unsure", (plain,)),)


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
    return tuple(
        Suggestion(name, "likely" if ahead and at == 0 else "unsure", (why,))
        for at, (share, _, why, name) in enumerate(scored)
        if share > 0 or at == 0
    )


def _score(part: bytes, name: str) -> tuple[float, int, str]:
    try:
        text = composed(EIGHT_BIT[name](part, name))
    except CharsetError as error:
        return 0.0, 0, f"read as {name} it fails at byte {error.position}"
    words = [word for word in WORD.findall(text) if not word.isascii()]
    fit = sum(map(possible, words))
    share = fit / len(words) if words else 0.0
    return share, fit, f"read as {name}, {fit} of {len(words)} words are Vietnamese syllables"
