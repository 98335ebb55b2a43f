"""Text with a delimiter: decoded and split piece by piece, and a row that is cut is told.

A last line without an end is no row: nobody can tell it from one that was cut in its last cell.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from adapters.commune_files.formats import Cell, Line, Lines, Source
from adapters.kit import charsets
from adapters.kit.port import UnusableFile

PIECE = 256 * 1024
LONGEST_CELL = 1024 * 1024
LONGEST_LINE = 4 * 1024 * 1024
END = "\x1a"
"""What old programs write behind the last byte of a text."""
BROKEN = re.compile("[\ud800-\udfff]")
BY_LINES = {"utf-8": "utf-8-sig", "cp1258": "cp1258"}
"""Charsets in which a wrong byte says nothing of the next line, and what Python calls them."""
WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
UNICODE = ("utf-8", "utf-16", "utf-16-le", "utf-16-be")
"""Containers in which a cell may be Unicode although others are letters of a font."""


def lines(source: Source) -> Lines:
    """Read the lines, the header first; a line that is no row says why."""
    csv.field_size_limit(LONGEST_CELL)
    typed = source.how.charset not in UNICODE
    physical = _Physical(source.path, source.how.charset)
    reader = csv.reader(physical, delimiter=source.how.delimiter, strict=True)
    whole = broken = 0
    while True:
        first = physical.begin()
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            # A quote that nobody closed would take all that follows with it.
            physical.back()
            yield Line(first, wrong=f"line {first}: {error}")
            continue
        if physical.broken:
            broken += 1
            yield Line(first, wrong=f"not {source.how.charset}")
        elif physical.cut and not source.how.unended:
            yield Line(first, wrong=_CUT)
        elif any(END in cell or "\0" in cell for cell in cells):
            yield Line(first, wrong="holds a control character, as of a file that ends early")
        elif cells:
            whole += 1
            yield Line(first, tuple(Cell(cell, typed=typed) for cell in cells), exact=True)
    if broken > whole:
        raise UnusableFile(f"not {source.how.charset}, in {broken} of {broken + whole} lines")
    if physical.cut and not source.how.unended:
        raise UnusableFile(f"incomplete: {_CUT}")


_CUT = "the last line has no end, so it may be cut; if this software never ends it, set `unended`"


class _Physical:
    """The lines of a file with their ends, decoded.

    count: how many were given; cut: the last one that was given has no end
    broken: bytes of the row are no letters of the charset; `surrogateescape` holds their places
    """

    def __init__(self, path: Path, charset: str) -> None:
        self._path, self._charset = path, charset
        self._fresh = self._read()
        self._again: deque[str] = deque()
        self._row: list[str] = []
        self.count = 0
        self.cut = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._fresh)
        self.count += 1
        self.cut = not line.endswith(("\n", "\r"))
        self._row.append(line)
        return line

    @property
    def broken(self) -> bool:
        """Look through the lines of this row."""
        return any(not line.isascii() and BROKEN.search(line) is not None for line in self._row)

    def begin(self) -> int:
        """Begin a row; give the number of its first line."""
        self._row.clear()
        return self.count + 1

    def back(self) -> None:
        """Give all lines of the row but its first once more."""
        self._again.extendleft(reversed(self._row[1:]))
        self.count -= len(self._row) - 1

    def _read(self) -> Iterator[str]:
        pending, given, end = "", 0, "\n"
        for piece in self._pieces():
            if not given and "\n" not in piece and "\r" in piece.rstrip("\r"):
                end = "\r"  # as programs ended their lines that are older than most others
            whole = (pending + piece).split(end)
            pending = whole.pop()
            given += len(whole)
            for line in whole:
                yield line + "\n"
            if len(pending) > LONGEST_LINE:
                raise UnusableFile(f"line {given + 1} has no end")
        if pending.rstrip(END):
            yield pending

    def _pieces(self) -> Iterator[str]:
        decoder: Any = charsets.incremental(self._charset)
        if self._charset in BY_LINES:
            decoder = codecs.getincrementaldecoder(BY_LINES[self._charset])("surrogateescape")
        try:
            with self._path.open("rb") as file:
                while block := file.read(PIECE):
                    if self._charset == "utf-8" and block.startswith(WIDE):
                        raise UnusableFile("not utf-8: it is UTF-16")
                    yield decoder.decode(block)
            yield decoder.decode(b"", final=True)
        except charsets.CharsetError as error:
            said = f"not {self._charset}: byte {error.position} {error.why}"
            raise UnusableFile(said) from None
