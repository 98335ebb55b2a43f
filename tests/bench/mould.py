"""A mould of dossiers: one text, filled in by number; whoever posts spends next to nothing."""

from __future__ import annotations

NUMBER = "%08d"
NAME = "@number@"
"""The mark in a mould's text where its number goes."""


class Mould:
    """Makes whole bodies of one text; all have the same length."""

    def __init__(self, text: str) -> None:
        self._mould = text.replace("%", "%%").replace(NAME, "%(n)b").encode()
        self.length = len(self.fill(0))

    def fill(self, number: int) -> bytes:
        """Give the body of one number."""
        return self._mould % {b"n": (NUMBER % number).encode()}
