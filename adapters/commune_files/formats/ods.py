"""OpenDocument spreadsheets (`.ods`): row by row, each cell as it is shown.

Read here and not by a library for the sake of what a cell shows: an identity number that lost its
zeros is shown with them; and because a sheet may say in a hundred bytes that it has 17 thousand
million cells.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import IO, Any

from lxml import etree

from adapters.commune_files.formats import Cell, Line, Lines, Source
from adapters.commune_files.formats.shows import ERRORS
from adapters.commune_files.formats.workbook import named
from adapters.commune_files.formats.xlsx import DAMAGE, damaged, unpacked
from adapters.kit.port import UnusableFile

SPACE = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
TABLE, OFFICE, TEXT = (SPACE % one for one in ("table", "office", "text"))
CELLS = (f"{TABLE}table-cell", f"{TABLE}covered-table-cell")
PARAGRAPH, ROW, SHEET = f"{TEXT}p", f"{TABLE}table-row", f"{TABLE}table"
MOST_COLUMNS = 16_384
MOST_ROWS = 1_048_576
MOST_SPACES = 1000
NUMBERS = ("float", "percentage", "currency")


def lines(source: Source) -> Lines:
    """Read the lines of one sheet."""
    try:
        with zipfile.ZipFile(source.path) as packed:
            if "content.xml" not in packed.namelist():
                raise UnusableFile("not a spreadsheet: it has no content")
            with unpacked(packed, "content.xml") as file:
                yield from _sheet(file, source.how.sheet)
    except zipfile.BadZipFile:
        raise UnusableFile("not a spreadsheet, or one that was cut") from None
    except DAMAGE as error:
        raise damaged(error) from None


def _sheet(file: IO[bytes], wanted: str | None) -> Lines:
    """Read the sheet that is set, or the first; the others are walked through, for the checksum."""
    sheets: list[str] = []
    inside = False
    number = 1
    for event, element in _walk(file):
        if element.tag == SHEET:
            # Sheets lie beside each other, but for what is copied into one from elsewhere.
            if event == "start":
                sheets.append(str(element.get(f"{TABLE}name")))
            inside = event == "start" and sheets[-1] == (wanted or sheets[0])
        elif event == "end":
            if inside:
                times = _times(element, "rows", MOST_ROWS)
                cells = _cells(element)
                for again in range(times if cells else 0):
                    yield Line(number + again, cells)
                number += times
                if cells and number > MOST_ROWS:
                    raise UnusableFile("its last cell lies further away than any export reaches")
            _forget(element)
    named(sheets, wanted)


def _walk(file: IO[bytes]) -> Iterator[tuple[str, Any]]:
    return iter(
        etree.iterparse(
            file,
            events=("start", "end"),
            tag=(SHEET, ROW),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
        )
    )


def _forget(element: Any) -> None:
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]


def _times(element: Any, what: str, most: int) -> int:
    """Say how often a cell or a row stands there."""
    times = int(element.get(f"{TABLE}number-{what}-repeated", "1"))
    if not 0 < times <= most:
        raise UnusableFile("a damaged spreadsheet: it repeats what it cannot repeat")
    return times


def _cells(row: Any) -> tuple[Cell, ...]:
    """Give the cells of a row, without the empty ones behind the last."""
    found: list[Cell] = []
    empty = 0
    for element in row.iterchildren(*CELLS):
        times = _times(element, "columns", MOST_COLUMNS)
        cell = _cell(element)
        if not cell.text and not cell.wrong:
            empty += times
            continue
        if len(found) + empty + times > MOST_COLUMNS:
            raise UnusableFile("a cell of it lies beyond the last column")
        found += [Cell("")] * empty + [cell] * times
        empty = 0
    return tuple(found)


def _cell(element: Any) -> Cell:
    """Read a cell; days and moments in the form of ISO 8601, which is always read."""
    kind = element.get(f"{OFFICE}value-type") or element.get(f"{OFFICE}type")
    shown = "\n".join(_paragraph(one) for one in element.iterchildren(PARAGRAPH))
    if kind == "date":
        return Cell(_second(str(element.get(f"{OFFICE}date-value", shown))))
    if kind == "boolean":
        return Cell("1" if element.get(f"{OFFICE}boolean-value") == "true" else "0")
    if kind in NUMBERS:
        return Cell(_number(str(element.get(f"{OFFICE}value", "")), shown))
    if element.get(f"{TABLE}formula") and shown.startswith(("#", "Err:")):
        return Cell("", wrong=ERRORS)
    return Cell(shown)


def _second(moment: str) -> str:
    """Leave parts of a second out, and the midnight of a day."""
    return moment.partition(".")[0].removesuffix("Z").removesuffix("T00:00:00")


def _number(value: str, shown: str) -> str:
    """Give what is shown of a number where that is more than dressing, else the number itself."""
    number = float(value)
    plain = str(int(number)) if number.is_integer() else f"{number:.15g}"
    digits = "".join(one for one in shown if one.isdigit())
    padded = digits.startswith("0") and digits.lstrip("0") == plain.lstrip("0")
    lettered = digits.lstrip("0") == plain and shown[:1].isalpha()
    code = shown.rstrip("0") == plain.rstrip("0") and "." in plain and len(shown) > len(plain)
    return shown if padded or lettered or code else plain


def _paragraph(element: Any) -> str:
    """Give the text of a paragraph; notes and comments lie beside it, not in it."""
    found = [element.text or ""]
    for part in element:
        if part.tag == f"{TEXT}s":
            found.append(" " * min(int(part.get(f"{TEXT}c", "1")), MOST_SPACES))
        elif part.tag == f"{TEXT}tab":
            found.append("\t")
        elif part.tag == f"{TEXT}line-break":
            found.append("\n")
        elif part.tag in {f"{TEXT}span", f"{TEXT}a"}:
            found.append(_paragraph(part))
        found.append(part.tail or "")
    return "".join(found)
