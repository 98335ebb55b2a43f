"""The keys by which Vietnamese names are compared; they are never shown.

A tone may be typed on either vowel of a pair (hòa, hoà), an apostrophe comes in many shapes, marks
come composed or not, another alphabet's letter stands for Đ, and copied text has letters that
nobody sees: none of that makes another name. Names of units are also shortened (P. Phúc Xá, TT
Trần Văn Thời), numbered (Phường 01), joined by hyphens, and written with i or y (Lý, Lí).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

APOSTROPHES = "'\u2019\u2018\u02bc\u02b9\u00b4`\u2032\u02bb\u02c8\ua78c\uff07"
TONES = "\u0300\u0309\u0303\u0301\u0323"
SHAPES = "\u0302\u0306\u031b"
STROKED = MappingProxyType({ord("\u00f0"): "đ", ord("\u0256"): "đ", ord("\ua77a"): "đ"})
"""Letters that look as đ does, after case is gone: eth, African d, insular d."""
COMMUNES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "xã": ("x",),
        "phường": ("p", "ph", "f"),
        "thị trấn": ("tt", "t t"),
        "đặc khu": ("đk", "đ k"),
        "thị xã": ("tx", "t x"),
    }
)
"""Kinds of communes and how each is shortened; a town is none, but stands where one is meant."""
AREAS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "quận": ("q",),
        "huyện": ("h",),
        "thị xã": ("tx", "t x"),
        "thành phố": ("tp", "t p"),
        "tỉnh": ("t",),
    }
)
"""Kinds of districts and provinces."""
_CLUSTER = re.compile(f"[aeiouy{SHAPES}{TONES}]+")
_STROKE = re.compile("d[\u0335\u0336]")
_OPEN_Y = re.compile(f"(?<![aeiou{SHAPES}{TONES}])y(?=[{TONES}]?$)|(?<=^qu)y(?=[{TONES}]?$)")
Starts = tuple[tuple[str, re.Pattern[str]], ...]
_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")


def name_key(text: str) -> str:
    """Give what is equal for two spellings of one name: tone, apostrophe, case, spaces apart."""
    return "".join(_words(text))


@lru_cache(maxsize=1 << 16)
def unit_key(text: str) -> tuple[str, str]:
    """Give the kind of a commune (may be empty) and its name in one spelling.

    A letter or two are a kind only where a point, a space or a number follows, and a name is left.
    """
    return _parted(text, _COMMUNES)


@lru_cache(maxsize=1 << 12)
def area_key(text: str) -> tuple[str, str]:
    """Give the same of a district or a province."""
    return _parted(text, _AREAS)


def _parted(text: str, starts: Starts) -> tuple[str, str]:
    said = _said("".join(" " if _parts(one) else one for one in text))
    for kind, start in starts:
        found = start.match(said)
        if found is not None:
            return kind, _bare(said[found.end() :])
    return "", _bare(said)


def _said(text: str) -> str:
    """Give the words of a unit's name, with y in open syllables as i."""
    return " ".join(_OPEN_Y.sub("i", word) for word in _words(text))


def seen(text: str) -> str:
    """Leave out the letters that take no place: joiners, marks of direction, soft hyphens."""
    return "".join(one for one in text if not _unseen(one))


def _words(text: str) -> list[str]:
    """Give the words in one spelling: case, marks, letters that nobody sees."""
    text = "".join(one for one in seen(text) if one not in APOSTROPHES)
    plain = _STROKE.sub("đ", unicodedata.normalize("NFKD", text).casefold().translate(STROKED))
    return [_placed(word) for word in plain.split()]


def _unseen(letter: str) -> bool:
    return unicodedata.category(letter) == "Cf" or letter in "\u034f\u115f\u1160\u180b\ufe0f"


def _parts(letter: str) -> bool:
    """Say whether a sign only parts the words of a unit's name: points, hyphens, strokes."""
    return letter in ".,:;/_\u00b7\u2022\u2212" or unicodedata.category(letter) == "Pd"


def _bare(name: str) -> str:
    """Give a name without spaces, and its numbers without zeros in front."""
    return "".join(_ZEROS.sub("", word) for word in name.split())


def _placed(word: str) -> str:
    """Move each tone behind the run of vowels that it stands in."""

    def moved(run: re.Match[str]) -> str:
        whole = run.group()
        tones = "".join(one for one in whole if one in TONES)
        return "".join(one for one in whole if one not in TONES) + tones

    return _CLUSTER.sub(moved, unicodedata.normalize("NFD", word))


def _starts(kinds: Mapping[str, tuple[str, ...]]) -> Starts:
    """Give for each kind what stands at the beginning of a name that has it."""
    return tuple(
        (kind, re.compile(f"(?:{'|'.join((_said(kind), *short))})(?: +(?=.)|(?=[0-9]))"))
        for kind, short in kinds.items()
    )


_COMMUNES, _AREAS = _starts(COMMUNES), _starts(AREAS)
