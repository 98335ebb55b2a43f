"""What is said when text and charset do not fit."""

from __future__ import annotations

AROUND = 12
"""Characters, or bytes, of context that an error shows on each side."""


class CharsetError(ValueError):
    """Something does not fit the charset: where, and what stands around it."""

    def __init__(self, position: int, context: str, why: str) -> None:
        """Name the position: of a byte when decoding, of a character when encoding."""
        super().__init__(f"position {position}: {why} (near {context!r})")
        self.position, self.context, self.why = position, context, why


def of_bytes(data: bytes, position: int, why: str) -> CharsetError:
    """Show the bytes around a position, those beyond ASCII as escapes."""
    shown = data[max(0, position - AROUND) : position + AROUND]
    return CharsetError(position, shown.decode("ascii", "backslashreplace"), why)


def of_text(text: str, position: int, charset: str) -> CharsetError:
    """Show the characters before a position, and name the one that does not fit."""
    shown = text[max(0, position - AROUND) : position]
    return CharsetError(position, shown, f"{charset} has no U+{ord(text[position]):04X}")
