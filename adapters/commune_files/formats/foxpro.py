"""FoxPro and dBase tables: header checked first, and what its count promises and is not there.

The codepage byte is not believed; bytes of cells come out one for one. A cell that no program can
have written spoils its row, not the table.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dbfread

from adapters.commune_files.formats import Cell, Line, Lines, Source
from adapters.commune_files.formats.text import UNICODE
from adapters.commune_files.formats.workbook import shown
from adapters.kit import charsets
from adapters.kit.port import UnusableFile

MEMOS = (".fpt", ".dbt")
HEADER = 32
LIVE, DELETED, END = b" *\x1a"
NUMBER = re.compile(rb"[+-]?[0-9]*(?:[.,][0-9]*)?")
BLOCKS = 4096
"""Rows whose marks are looked at together."""


class _Wrong:
    """In the place of a cell that is none: it says why."""

    def __init__(self, why: str) -> None:
        self.why = why


class _Cells(dbfread.FieldParser):  # type: ignore[misc]
    """Reads cells: numbers as they are written, and no exception for a single one."""

    def parse(self, field: Any, data: bytes) -> Any:
        """Read one cell."""
        try:
            return super().parse(field, data)
        except (ValueError, OverflowError, OSError, struct.error, TypeError, IndexError):
            return _Wrong("is nothing that this column can hold")

    def parseN(self, _field: Any, data: bytes) -> Any:  # noqa: N802 - the library's names
        """Give a number with the digits that it is written with."""
        text = data.strip(b" ")
        if not text:
            return None
        text = text.strip(b"*")  # some programs pad with it; stars alone are a number too long
        if not NUMBER.fullmatch(text) or not re.search(rb"[0-9]", text):
            return _Wrong("is no number")
        whole, _, rest = text.replace(b",", b".").partition(b".")
        return (whole if not rest.strip(b"0") else b".".join((whole, rest))).decode()

    parseF = parseN  # noqa: N815 - likewise


def lines(source: Source) -> Lines:
    """Read the rows that are not deleted, by the numbers that FoxPro shows."""
    path = source.path
    table = _opened(path)
    _find_memo(table, source)
    here, more = _marks(path, table)
    count = table.header.numrecords
    rows = iter(table) if LIVE in here else iter(())
    yield Line(0, tuple(Cell(name, typed=True) for name in table.field_names))
    yield from _rows(rows, here, source.how.charset)
    if len(here) != count or more:
        there = "more" if more else len(here)
        raise UnusableFile(f"incomplete: its header counts {count} rows, and {there} are there")


def _rows(rows: Iterator[Any], marks: bytes, charset: str) -> Lines:
    for number, mark in enumerate(marks, 1):
        if mark == LIVE:
            yield _line(number, next(rows), charset)
        elif mark != DELETED:
            yield Line(number, wrong="is neither a row nor a deleted one: the table is damaged")


def _line(number: int, found: dict[str, Any], charset: str) -> Line:
    """Give the cells of a row."""
    cells = []
    for name, value in found.items():
        if isinstance(value, _Wrong):
            return Line(number, wrong=value.why, field=name)
        try:
            cells.append(Cell(_text(value, charset), typed=charset not in UNICODE))
        except charsets.CharsetError as error:
            why = f"not {charset}: byte {error.position} {error.why}"
            return Line(number, wrong=why, field=name)
    return Line(number, tuple(cells))


def _text(value: Any, charset: str) -> str:
    """Write a cell; what the library gave out byte for byte is read as is set."""
    if isinstance(value, str):
        value = value.encode("latin-1")
    return charsets.decode(value, charset, "unicode") if isinstance(value, bytes) else shown(value)


def _opened(path: Path) -> Any:
    """Open a table whose header agrees with itself."""
    with path.open("rb") as file:
        head = file.read(HEADER)
    if len(head) < HEADER:
        raise UnusableFile("not a DBF table: it is shorter than a header")
    begins, width = struct.unpack("<HH", head[8:12])
    try:
        table = dbfread.DBF(
            str(path),
            encoding="latin-1",
            recfactory=dict,
            ignorecase=False,
            parserclass=_Cells,
            ignore_missing_memofile=True,
        )
    except (struct.error, ValueError, KeyError, IndexError, TypeError) as error:
        # The library's words may hold what stands in the table.
        raise UnusableFile(f"not a DBF table, or a damaged one ({type(error).__name__})") from None
    fields = 1 + sum(one.length for one in table.fields)
    if not table.fields or width != fields or begins < HEADER + 32 * len(table.fields) + 1:
        raise UnusableFile("not a DBF table: its header contradicts itself")
    return table


def _find_memo(table: Any, source: Source) -> None:
    """Find the file with the long texts, and see whether it is whole."""
    if not any(one.type in "MGPB" for one in table.fields):
        return
    memo = next((one for one in source.beside if one.suffix.lower() in MEMOS), None)
    if memo is None:
        raise UnusableFile("its memo file (.fpt or .dbt) is not beside it")
    fox = memo.suffix.lower() == ".fpt"
    with memo.open("rb") as file:
        head = file.read(8)
    if len(head) < 8:
        raise UnusableFile("its memo file is cut")
    following = struct.unpack(">L" if fox else "<L", head[:4])[0]
    block = struct.unpack(">H", head[6:8])[0] if fox else 512
    if memo.stat().st_size < (following - 1) * block:
        raise UnusableFile("its memo file is cut")
    table.memofilename = str(memo)


def _marks(path: Path, table: Any) -> tuple[bytes, bool]:
    """Give the mark of each row that is there whole, and whether there are more than are counted.

    A mark of the end is the end, whatever lies behind it: so the library reads it, too.
    """
    count = table.header.numrecords
    begins, width = table.header.headerlen, table.header.recordlen
    marks = bytearray()
    with path.open("rb") as file:
        file.seek(begins)
        while len(marks) < count and (block := file.read(width * BLOCKS)):
            whole = len(block) // width * width
            marks += block[:whole:width]
            if whole < len(block):
                break
    here = bytes(marks[:count]).partition(bytes([END]))[0]
    return here, len(here) == count and path.stat().st_size >= begins + (count + 1) * width


def needs_memo(head: bytes) -> bool:
    """Say whether a table has a column whose text lies in the file beside it."""
    size = int.from_bytes(head[8:10], "little")
    return any(head[at + 11 : at + 12] == b"M" for at in range(32, min(size, len(head)) - 31, 32))
