"""Old and open spreadsheets (`.xls`, `.ods`), whose cells come as values without their format."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from adapters.commune_files.formats import Cell, Line, Lines, Source
from adapters.kit.port import UnusableFile

MOST_CELLS = 20_000_000
"""Cells between the first and the last one; a form without end is no export."""


def lines(source: Source) -> Lines:
    """Read the lines of one sheet."""
    try:
        book = CalamineWorkbook.from_path(str(source.path))
        name = named(book.sheet_names, source.how.sheet)
        sheet = book.get_sheet_by_name(name)
        if sheet.total_height * sheet.total_width > MOST_CELLS:
            raise UnusableFile("its last cell lies further away than any export reaches")
        for number, cells in enumerate(sheet.to_python(skip_empty_area=False), 1):
            if any(cell != "" for cell in cells):
                yield Line(number, tuple(Cell(shown(cell)) for cell in cells))
    except CalamineError as error:
        raise UnusableFile(f"not a spreadsheet ({type(error).__name__})") from None


def named(names: list[str], sheet: str | None) -> str:
    """Give the name of the sheet that is set, or of the first."""
    if sheet is not None and sheet not in names:
        raise UnusableFile(f"it has no sheet called {sheet!r}")
    if not names:
        raise UnusableFile("it has no sheet")
    return sheet if sheet is not None else names[0]


def shown(cell: Any) -> str:
    """Write a cell; days and moments in the form of ISO 8601, which is always read."""
    match cell:
        case None:
            return ""
        case bool():
            return "1" if cell else "0"
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case datetime():
            return _second(cell).isoformat()
        case date():
            return cell.isoformat()
        case _:
            return str(cell)


def _second(moment: datetime) -> datetime:
    """Round to the second: spreadsheets keep moments as parts of a day, a little beside them."""
    return (moment + timedelta(microseconds=500_000)).replace(microsecond=0)
