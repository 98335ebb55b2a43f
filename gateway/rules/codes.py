"""What an official code says of itself: whose unit gave it."""

from __future__ import annotations

import re
import unicodedata

from schemas.identifiers import OFFICIAL, fault

UNIT = re.compile(r"(?:\w+\.)*[A-Z]\d{2}(?:\.\w+)*")
"""What may be meant as a unit: groups, of which one is that of a province or ministry."""
DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"), "-")


def is_official(code: str) -> bool:
    """Say whether a code is written as official ones are."""
    return OFFICIAL.fullmatch(code) is not None


def is_code(text: str) -> bool:
    """Say whether a text may name a dossier: `0` and `không có` are those of many."""
    return fault("other", text) is None


def unit_of(code: str) -> str | None:
    """Give the unit that a code names, however it is typed; None: it names none.

    Who may state a code is asked of this: another way of writing it is no way around the right.
    """
    plain = "".join(unicodedata.normalize("NFKC", code).upper().split()).translate(DASHES)
    unit, dash, _ = plain.partition("-")
    return unit if dash and UNIT.fullmatch(unit) else None
