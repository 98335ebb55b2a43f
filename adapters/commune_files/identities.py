"""Identity numbers that are none: what is typed into a column that must not stay empty.

Such a cell states no number. Its row is taken without one, and reported.
"""

from __future__ import annotations

import re
import unicodedata

NO_IDENTITY = frozenset(
    {
        "khong",
        "khong co",
        "khong ro",
        "khong biet",
        "ko",
        "ko co",
        "k",
        "kc",
        "chua",
        "chua co",
        "chua cap",
        "chua ro",
        "dang lam",
        "mat",
        "none",
        "null",
        "nil",
        "na",
        "n a",
        "no",
        "trong",
        "test",
    }
)
"""Words for it, without their marks; so are signs alone, and one letter or digit over and over."""


def is_number(pointer: str) -> bool:
    """Say whether a pointer is that of somebody's identity number."""
    steps = pointer.split("/")
    return steps[-1] == "number" and "identities" in steps


def stands_for_none(text: str) -> bool:
    """Say whether a text only fills the place of a number."""
    spelt = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    bare = "".join(letter for letter in spelt if not unicodedata.combining(letter))
    plain = re.sub(r"[\W_]+", " ", bare).strip()
    return bool(text) and (plain in NO_IDENTITY or len(set(plain.replace(" ", ""))) <= 1)
