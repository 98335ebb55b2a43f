"""Old spreadsheets (`.xls`): each cell as its format shows it, with its font.

The library keeps a sheet whole, which the old format has a limit for: 65,536 rows.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

import xlrd

from adapters.commune_files.formats import Cell, Line, Lines, Source
from adapters.commune_files.formats.numbers import Form
from adapters.commune_files.formats.shows import ERRORS, Style, in_runs, letters, numbered
from adapters.commune_files.formats.workbook import named
from adapters.kit.port import UnusableFile


def lines(source: Source) -> Lines:
    """Read the lines of one sheet."""
    try:
        book = xlrd.open_workbook(
            str(source.path),
            logfile=io.StringIO(),
            formatting_info=True,
            on_demand=True,
            ragged_rows=True,
        )
        with book:
            sheet = book.sheet_by_name(named(book.sheet_names(), source.how.sheet))
            yield from _lines(book, sheet)
    except (UnusableFile, MemoryError, OSError):
        raise
    except Exception as error:  # noqa: BLE001 - the library checks what it reads by running into it
        raise UnusableFile(f"not a spreadsheet, or a damaged one ({_said(error)})") from None


def _said(error: BaseException) -> str:
    return "it has a password" if "encrypt" in str(error) else type(error).__name__


def _lines(book: Any, sheet: Any) -> Iterator[Line]:
    style = lru_cache(maxsize=None)(lambda at: _style(book, at))
    # The library's words for the first day: 1904 on a Macintosh.
    nought = datetime(1904, 1, 1) if book.datemode else datetime(1899, 12, 30)  # noqa: DTZ001 - local time, as typed
    for row in range(sheet.nrows):
        cells = tuple(
            _cell(cell, style(cell.xf_index), nought, sheet.rich_text_runlist_map.get((row, at)))
            for at, cell in enumerate(sheet.row(row))
        )
        if any(cell.text or cell.wrong for cell in cells):
            yield Line(row + 1, cells)


def _style(book: Any, at: int | None) -> tuple[Style, Any]:
    """Give how cells of a style are shown, and the fonts of the book for their parts."""
    if at is None:
        return Style(), book.font_list
    known = book.xf_list[at]
    form = book.format_map[known.format_key].format_str
    font = letters(book.font_list[known.font_index].name)
    return Style(Form(form) if form != "General" else None, font), book.font_list


def _cell(
    cell: Any, style: tuple[Style, Any], nought: datetime, runs: list[tuple[int, int]] | None
) -> Cell:
    """Read one cell."""
    how, fonts = style
    match cell.ctype:
        case xlrd.XL_CELL_TEXT if runs:
            begins = [(0, how.font), *((at, letters(fonts[font].name)) for at, font in runs)]
            ends = [at for at, _ in begins[1:]] + [len(cell.value)]
            parts = ((cell.value[at:end], own) for (at, own), end in zip(begins, ends, strict=True))
            return in_runs(tuple(parts), None)
        case xlrd.XL_CELL_TEXT:
            return Cell(cell.value, how.font)
        case xlrd.XL_CELL_NUMBER | xlrd.XL_CELL_DATE:
            return Cell(numbered(f"{cell.value:.17g}", how.form, nought))
        case xlrd.XL_CELL_BOOLEAN:
            return Cell(str(int(cell.value)))
        case xlrd.XL_CELL_ERROR:
            return Cell("", wrong=ERRORS)
        case _:
            return Cell("")
