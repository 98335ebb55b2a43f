"""What every kind of spreadsheet has: sheets by name, and cells that are values."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from adapters.kit.port import UnusableFile


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
            return second(cell).isoformat()
        case date():
            return cell.isoformat()
        case _:
            return str(cell)


def second(moment: datetime) -> datetime:
    """Round to the second: spreadsheets keep moments as parts of a day, a little beside them."""
    return (moment + timedelta(microseconds=500_000)).replace(microsecond=0)
