"""Spreadsheets and FoxPro tables: their cells as text, in whatever charset was typed into them.

Such programs took a font's letters for Western ones, so a cell of TCVN3 or VNI is read as Western
text first and then respelt. What does not fit spoils its row, not the file.
"""

from __future__ import annotations

import io
import struct
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import dbfread
from python_calamine import CalamineError, CalamineWorkbook

from adapters.kit import charsets

Table = tuple[set[str], list[dict[str, str]]]
SPREADSHEETS = (".xlsx", ".xls", ".ods")
MEMOS = (".fpt", ".dbt")
LONGEST_SHOWN = 40


class NotATable(Exception):  # noqa: N818 - a sentence for the report
    """A file is not what its name says."""


def spreadsheet(body: bytes, charset: str, sheet: str | None) -> Table:
    """Read one sheet (the first, if none is named) whose first row names the columns."""
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(body))
        names = book.sheet_names
        if sheet is not None and sheet not in names:
            raise NotATable(f"it has no sheet called {sheet!r}")
        if not names:
            raise NotATable("it has no sheet")
        rows = book.get_sheet_by_name(sheet or names[0]).to_python(skip_empty_area=True)
    except CalamineError as error:
        raise NotATable(f"not a spreadsheet ({type(error).__name__})") from None
    if not rows:
        raise NotATable("the sheet is empty")
    header = [_text(cell).strip() for cell in rows[0]]
    return _table(header, rows[1:], charset, charsets.respelt)


def foxpro(body: bytes, memo: tuple[str, bytes] | None, charset: str) -> Table:
    """Read a DBF table without its deleted rows; its codepage byte is not believed.

    memo: ending and bytes of the file beside it. The library reads only files by name, so both
    lie in a folder of our own for the moment.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "export.dbf")
        path.write_bytes(body)
        if memo is not None:
            path.with_suffix(memo[0].lower()).write_bytes(memo[1])
        try:
            table = dbfread.DBF(str(path), encoding="latin-1", recfactory=dict)
            header = list(table.field_names)
            rows = [list(record.values()) for record in table]
        except dbfread.MissingMemoFile:
            raise NotATable("its memo file (.fpt or .dbt) is not beside it") from None
        except (struct.error, ValueError, KeyError, IndexError, OSError, TypeError) as error:
            # The library's words may hold what stands in the table.
            raise NotATable(f"not a DBF table, or a damaged one ({type(error).__name__})") from None
    return _table(header, rows, charset, _typed)


def needs_memo(body: bytes) -> bool:
    """Say whether a table has a column whose text lies in the file beside it."""
    size = int.from_bytes(body[8:10], "little")
    return any(body[at + 11 : at + 12] == b"M" for at in range(32, min(size, len(body)) - 31, 32))


def _typed(text: str, charset: str) -> str:
    """Read the bytes of a cell, which the library handed out one for one."""
    return charsets.decode(text.encode("latin-1"), charset)


def _table(
    header: Sequence[str],
    rows: Iterable[Sequence[Any]],
    charset: str,
    spelt: Callable[[str, str], str],
) -> Table:
    twice = next((cell for cell in header if cell and header.count(cell) > 1), None)
    if twice is not None:
        raise NotATable(f"the column {twice[:LONGEST_SHOWN]!r} occurs twice")
    found = []
    for cells in rows:
        if all(cell in (None, "") for cell in cells):
            continue
        found.append(_row(dict(zip(header, cells, strict=False)), charset, spelt))
    return {name for name in header if name}, found


def _row(
    cells: Mapping[str, Any], charset: str, spelt: Callable[[str, str], str]
) -> dict[str, str]:
    """Give the text of each cell; the name "" holds what is wrong with the row."""
    row: dict[str, str] = {}
    for name, cell in cells.items():
        try:
            row[name] = spelt(_text(cell), charset)
        except charsets.CharsetError as error:
            return {"": f"{name}: not {charset}: position {error.position} {error.why}"}
    row.pop("", None)
    return row


def _text(cell: Any) -> str:
    """Write a cell; days and moments in the form of ISO 8601, which is always read."""
    match cell:
        case None:
            return ""
        case bool():
            return "1" if cell else "0"
        case float() | Decimal() if cell == int(cell):
            return str(int(cell))
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case datetime():
            return cell.replace(microsecond=0).isoformat()
        case date():
            return cell.isoformat()
        case _:
            return str(cell)
