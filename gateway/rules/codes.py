"""What an official code says of itself: whose unit gave it."""

from __future__ import annotations

import re

OFFICIAL = re.compile(
    r"(?P<unit>\d{3}(?:\.\d{2}){2}\.[A-Z]\d{2}|[A-Z]\d{2}(?:\.\d{1,3}){0,5})-(?:\d{6}|\d{8})-\d{4,8}"
)
"""Unit, day, number of the day: all generations of codes that were seen."""


def unit_of(code: str) -> str | None:
    """Give the unit in an official code; None: it cannot be read from it."""
    found = OFFICIAL.fullmatch(code)
    return None if found is None else found["unit"]
