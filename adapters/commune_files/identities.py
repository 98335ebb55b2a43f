"""Identity numbers that are none: what is typed into a column that must not stay empty.

Such a cell states no number. Its row is taken without one, and reported.
"""

from __future__ import annotations

from schemas.identifiers import NO_IDENTITY, stands_for_none

__all__ = ["NO_IDENTITY", "is_number", "stands_for_none"]


def is_number(pointer: str) -> bool:
    """Say whether a pointer is that of somebody's identity number."""
    steps = pointer.split("/")
    return steps[-1] == "number" and "identities" in steps
