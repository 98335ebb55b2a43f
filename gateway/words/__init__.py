"""Every sentence we say, in Vietnamese and English.

In: a code and its values. Out: a sentence.
Never: a decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from gateway.words.lifecycle import SENTENCES
from gateway.words.problems import DETAILS, LANES, TITLES

Language = Literal["vi", "en"]


def title(code: str, language: Language) -> str:
    """Say what kind of problem it is."""
    return TITLES[code][language == "en"]


def detail(code: str, language: Language, values: Mapping[str, str]) -> str:
    """Say what is wrong with one field."""
    table = DETAILS if code in DETAILS else SENTENCES
    return table[code][language == "en"].format_map(values)


def sentence(code: str, language: Language, values: Mapping[str, str]) -> str:
    """Say what is wrong, whether it is one field or the whole."""
    if code in DETAILS or code in SENTENCES:
        return detail(code, language, values)
    return title(code, language)


def lane(code: str | None, language: Language) -> str | None:
    """Say why a lane waits or is parked."""
    return None if code is None else LANES[code][language == "en"]


def language_of(accept: str) -> Language:
    """Choose the language of an answer by Accept-Language; Vietnamese unless English is first."""
    for part in accept.lower().split(","):
        tag = part.split(";")[0].strip()
        if tag.startswith("vi"):
            return "vi"
        if tag.startswith("en"):
            return "en"
    return "vi"
