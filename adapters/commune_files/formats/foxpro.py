"""FoxPro and dBase tables: header checked first, and what its count promises and is not there.

The codepage byte is not believed; bytes of cells come out one for one. A cell that no program can
have written spoils its row, not the table. Read here and not by a library, because the one that
there is takes columns of one name for one, dBase IV's lengths for others, and cut texts for whole.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from adapters.commune_files.formats import Cell, Line, Lines, Source
from adapters.commune_files.formats.foxcells import READERS, CellError, Kind
from adapters.commune_files.formats.memos import MEMOS, Memo
from adapters.commune_files.formats.text import UNICODE
from adapters.kit import charsets
from adapters.kit.port import UnusableFile

__all__ = ["MEMOS", "lines", "needs_memo"]

HEADER, COLUMN = 32, 32
LIVE, DELETED, END = b" *\x1a"
VISUAL = (0x30, 0x31, 0x32)
VERSIONS = (0x02, 0x03, 0x43, 0x63, 0x83, 0x8B, 0xCB, 0xE5, 0xF5, 0xFB, *VISUAL)
"""The first byte of tables of FoxBase, dBase III and IV, FoxPro and Visual FoxPro."""
WIDTHS = {"D": (8,), "T": (8,), "L": (1,), "I": (4,), "Y": (8,), "B": (8, 10), "M": (4, 10)}
UNREAD = "GPQVW0@+O"
"""Kinds of columns that hold no text, or not in a way that is read here."""
TOGETHER = 1024 * 1024
"""Bytes of rows that are read at once."""
CONTRADICTS = "not a DBF table: its header contradicts itself"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: where it stands in a row, and of which kind it is."""

    name: str
    kind: str
    begins: int
    ends: int


@dataclass(frozen=True, slots=True)
class Table:
    """What the header says."""

    count: int
    begins: int
    width: int
    visual: bool
    columns: tuple[Column, ...]


def lines(source: Source) -> Lines:
    """Read the rows that are not deleted, by the numbers that FoxPro shows."""
    with contextlib.ExitStack() as opened:
        file = opened.enter_context(source.path.open("rb"))
        table = _opened(file)
        beside = _memo(table, source)
        memo = Memo(beside, opened.enter_context(beside.open("rb"))) if beside else None
        yield Line(0, tuple(Cell(one.name, typed=True) for one in table.columns))
        reader = _Cells(table, source.how.charset, memo)
        here = 0
        for here, row in enumerate(_rows(file, table), 1):
            if row[0] == LIVE:
                yield Line(here, reader.of(row))
            elif row[0] != DELETED:
                why = "is neither a row nor a deleted one: the table is damaged"
                yield Line(here, wrong=why)
        more = here == table.count and _goes_on(file, table)
    if here != table.count or more:
        there = "more" if more else here
        raise UnusableFile(
            f"incomplete: its header counts {table.count} rows, and {there} are there"
        )


def _opened(file: BinaryIO) -> Table:
    """Read a header that agrees with itself."""
    head = file.read(HEADER)
    if len(head) < HEADER:
        raise UnusableFile("not a DBF table: it is shorter than a header")
    if head[0] not in VERSIONS:
        raise UnusableFile("not a DBF table, or of a kind that is not read")
    count, begins, width = struct.unpack("<LHH", head[4:12])
    described = file.read(max(0, begins - HEADER))
    columns, at, place = [], 1, 0
    while described[place : place + 1] not in {b"", b"\r"}:
        one = described[place : place + COLUMN]
        if len(one) < COLUMN:
            raise UnusableFile(CONTRADICTS)
        column = _column(one, at, visual=head[0] in VISUAL)
        columns.append(column)
        at, place = column.ends, place + COLUMN
    if not columns or width != at or described[place : place + 1] != b"\r":
        raise UnusableFile(CONTRADICTS)
    return Table(count, begins, width, head[0] in VISUAL, tuple(columns))


def _column(described: bytes, at: int, *, visual: bool) -> Column:
    kind, width = chr(described[11]), described[16]
    if kind == "C":
        width |= described[17] << 8  # of wide ones the rest stands where others have decimals
    known = kind in "CNF" or kind in WIDTHS or kind in UNREAD
    if not known or not width or width not in WIDTHS.get(kind, (width,)):
        raise UnusableFile(CONTRADICTS)
    if kind == "B" and not visual:
        kind = "G"
    return Column(described[:11].partition(b"\0")[0].decode("latin-1"), kind, at, at + width)


def _rows(file: BinaryIO, table: Table) -> Iterator[bytes]:
    """Give the rows that are there whole; a mark of the end is the end, whatever lies behind it."""
    file.seek(table.begins)
    left = table.count
    while left:
        block = file.read(min(left, TOGETHER // table.width or 1) * table.width)
        whole = len(block) // table.width
        for at in range(0, whole * table.width, table.width):
            if block[at] == END:
                return
            yield block[at : at + table.width]
        left -= whole
        if not whole or whole * table.width < len(block):
            return


def _goes_on(file: BinaryIO, table: Table) -> bool:
    """Say whether there are more rows than the header counts."""
    file.seek(table.begins + table.count * table.width)
    rest = file.read(table.width)
    return len(rest) == table.width and rest[0] in {LIVE, DELETED}


def _memo(table: Table, source: Source) -> Path | None:
    """Find the file with the long texts, if the table has any."""
    if not any(one.kind == "M" for one in table.columns):
        return None
    memo = next((one for one in source.beside if one.suffix.lower() in MEMOS), None)
    if memo is None:
        raise UnusableFile("its memo file (.fpt or .dbt) is not beside it")
    return memo


class _Cells:
    """Reads the cells of a row."""

    def __init__(self, table: Table, charset: str, memo: Memo | None) -> None:
        self._charset, self._memo = charset, memo
        self._typed = charset not in UNICODE
        self._columns = [(one.begins, one.ends, _reader(one.kind)) for one in table.columns]

    def of(self, row: bytes) -> tuple[Cell, ...]:
        """Give them by place."""
        return tuple(self._cell(row[begins:ends], kind) for begins, ends, kind in self._columns)

    def _cell(self, data: bytes, kind: Kind) -> Cell:
        try:
            found = kind(data, self._memo)
        except CellError as error:
            return Cell("", wrong=str(error))
        if isinstance(found, str):
            return Cell(found)
        if b"\0" in found or b"\x1a" in found:
            return Cell("", wrong="holds a control character, as of a damaged table")
        if found.isascii() and self._charset[:5] != "utf-1":
            return Cell(found.decode("ascii"), typed=self._typed)
        try:
            text = charsets.incremental(self._charset).decode(found, final=True)
        except charsets.CharsetError as error:
            return Cell("", wrong=f"not {self._charset}: byte {error.position} {error.why}")
        return Cell(text, typed=self._typed)


def _reader(kind: str) -> Kind:
    return READERS.get(kind, READERS["0"])


def needs_memo(head: bytes) -> bool:
    """Say whether a table has a column whose text lies in the file beside it."""
    size = int.from_bytes(head[8:10], "little")
    return any(head[at + 11 : at + 12] == b"M" for at in range(32, min(size, len(head)) - 31, 32))
