"""Cells of a container that has all letters: typed in Unicode, or under a font of old.

The font's letters came out as Western ones, and most of those are letters of Vietnamese too: so
"Lª" can only be a font's Lê, "Lễ" only Unicode, and "Lê" the one, or the font's Lờ. The whole cell
is judged by those words of it which are likelier in one reading.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from adapters.kit.charsets import cp1252
from adapters.kit.charsets.fault import AROUND, CharsetError
from adapters.kit.charsets.marks import composed
from adapters.kit.charsets.shape import IMPOSSIBLE, grade, has_letters

LOSSY = ("tcvn3",)
"""Fonts that leave the case of some letters open."""
BEGINNINGS = ("xã ", "công ty ")
"""What stands before a name, and would be senseless in a font's reading: xó, cụng ty."""
WORDS = ("cá nhân", "công dân", "công ty", "không", "nông dân", "nhân dân", "xã")
"""What whole columns say, and would be senseless too."""
Read = Callable[[bytes, str], str]


class Sides(Enum):
    """What a word speaks for: one reading, either alike, neither, or it is the same in both."""

    FONT = "font"
    UNICODE = "unicode"
    EITHER = "either"
    NEITHER = "neither"
    SAME = "same"


class Word(NamedTuple):
    """What stands between two spaces, and what it speaks for."""

    text: str
    side: Sides


def told_apart(text: str, font: str, read: Read) -> str:
    """Read a cell in the one way that gives possible words; `CharsetError` where both ways do."""
    tokens = text.split()
    found = [sides(token, font, read) for token in tokens]
    plain = composed(" ".join(tokens)).lower()
    if plain.startswith(BEGINNINGS) or plain in WORDS:
        found[0] = Word(tokens[0], Sides.UNICODE)
    first = {word.side: word.text for word in reversed(found)}
    if Sides.FONT in first and Sides.UNICODE in first:
        raise _fault(text, first[Sides.FONT], f"is partly {font}, partly Unicode")
    if Sides.UNICODE in first:
        return composed(text)
    if Sides.FONT not in first and Sides.EITHER in first:
        raise _fault(text, first[Sides.EITHER], f"may be Unicode or {font}")
    whole = _read(text, font, read)
    if whole is None or (Sides.FONT not in first and Sides.NEITHER in first):
        worst = first.get(Sides.NEITHER, text)
        raise _fault(text, worst, f"is Vietnamese neither in Unicode nor in {font}")
    return whole


def sides(token: str, font: str, read: Read) -> Word:
    """Say which reading of a word is the likelier; neighbouring grades do not tell."""
    as_unicode, as_font = composed(token), _read(token, font, read)
    there = grade(as_unicode, lossy=False)
    if as_font is None:
        known = cp1252.typed(token) is None or there > IMPOSSIBLE
        return Word(token, Sides.UNICODE if known else Sides.NEITHER)
    if as_font.casefold() == as_unicode.casefold():
        return Word(token, Sides.SAME)
    here = grade(as_font, lossy=font in LOSSY)
    if here != there and (min(here, there) == IMPOSSIBLE or abs(here - there) > 1):
        return Word(token, Sides.FONT if here > there else Sides.UNICODE)
    if not has_letters(as_font) and not has_letters(as_unicode):
        return Word(token, Sides.SAME)
    return Word(token, Sides.EITHER if max(here, there) > IMPOSSIBLE else Sides.NEITHER)


def _read(text: str, font: str, read: Read) -> str | None:
    """Read as the font's letters; None where it is none."""
    data = cp1252.typed(text)
    try:
        return None if data is None else composed(read(data, font))
    except CharsetError:
        return None


def _fault(text: str, token: str, why: str) -> CharsetError:
    return CharsetError(text.find(token), token[: 2 * AROUND], why)
