"""What lies inside Unicode text that was made without knowing what it was made from."""

from __future__ import annotations

import re
from typing import NamedTuple

from adapters.kit.charsets import cp1252, tcvn3, vni
from adapters.kit.charsets.mixed import Sides, sides

_BETWEEN = re.compile(r"[ \t\r\n,;|\"]+")
"""Not all of what Unicode calls space: some of it is half of a letter encoded twice."""


class Twice(NamedTuple):
    """UTF-8 that was taken for a Western charset and made UTF-8 again: how many words, and one."""

    charset: str
    words: int
    beyond: int
    shown: str
    was: str


class Typed(NamedTuple):
    """Letters of a font: how many words can only be those, and how many only what they are."""

    font: str
    words: int
    others: int


def twice(text: str) -> Twice | None:
    """Find words that are UTF-8 once more when their letters are taken for bytes."""
    words = _beyond(text)
    undone = [(word, once) for word in words if (once := _undone(word)) is not None]
    if not undone:
        return None
    letters = "".join(word for word, _ in undone)
    windows = any(ord(one) > 0xFF for one in letters)
    control = any("\x80" <= one < "\xa0" for one in letters)
    charset = "latin-1" if control and not windows else "cp1252"
    return Twice(charset, len(undone), len(words), *undone[0])


def typed(text: str) -> Typed | None:
    """Find the font whose letters the words are, if there is one that explains any better."""
    words = _beyond(text)
    found = []
    for font, read in (("tcvn3", tcvn3.read), ("vni", vni.read)):
        counted = [sides(word, font, read).side for word in words]
        found.append(Typed(font, counted.count(Sides.FONT), counted.count(Sides.UNICODE)))
    best = max(found, key=lambda one: one.words - one.others)
    return best if best.words else None


def _beyond(text: str) -> list[str]:
    return [word for word in _BETWEEN.split(text) if not word.isascii()]


def _undone(word: str) -> str | None:
    """Give the letters of which a word shows the bytes; None where it shows none."""
    data = cp1252.typed(word)
    try:
        return None if data is None else data.decode("utf-8")
    except UnicodeDecodeError:
        return None
