"""Letters and their marks, which belong to the common tongue: `schemas.marks`."""

from __future__ import annotations

from schemas.marks import (
    ACUTE,
    DOT,
    GRAVE,
    HOOK,
    LETTERS,
    MOST,
    SPECIAL,
    TILDE,
    TONES,
    VOWELS,
    composed,
    overloaded,
    toneless,
)

__all__ = [
    "ACUTE",
    "DOT",
    "GRAVE",
    "HOOK",
    "LETTERS",
    "MOST",
    "SPECIAL",
    "TILDE",
    "TONES",
    "VOWELS",
    "composed",
    "overloaded",
    "toneless",
]
