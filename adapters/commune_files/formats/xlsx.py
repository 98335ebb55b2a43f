"""Spreadsheets of today (`.xlsx`): row by row, each cell as its format shows it, with its font.

Read here and not by a library because of three things at once: what a cell shows (an identity
number that lost its zeros is shown with them), which font it is set in (the letters of a Vietnamese
font are others), and a sheet that is never held whole. `decisions/0026` has the figures.
"""

from __future__ import annotations

import errno
import posixpath
import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import IO, Any

from lxml import etree

from adapters.commune_files.formats import Cell, Line, Lines, Source
from adapters.commune_files.formats.numbers import Form
from adapters.commune_files.formats.shows import (
    BUILT_IN,
    ERRORS,
    UNCOUNTED,
    Runs,
    Style,
    in_runs,
    letters,
    numbered,
)
from adapters.commune_files.formats.workbook import named
from adapters.kit.port import UnusableFile

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
OFFICE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
TEXT, RUN, CELL, VALUE, INLINE = (f"{SHEET}{tag}" for tag in ("t", "r", "c", "v", "is"))
FORMULA, RUN_FONT = f"{SHEET}f", f"{SHEET}rPr/{SHEET}rFont"
ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
STRICT = "http://purl.oclc.org/ooxml/"
MOST_COLUMNS, MOST_ROWS = 16_384, 1_048_576
MOST_BYTES, MOST_TEXTS = 2 * 1024**3, 256 * 1024**2
"""Of the part with the rows when it is unpacked, and of those that are kept in memory."""
DAMAGE = (
    *(etree.XMLSyntaxError, zlib.error, struct.error, EOFError, KeyError, IndexError, ValueError),
    *(OverflowError, NotImplementedError, RuntimeError, OSError),
)
"""What a changed byte makes of a package: of its directory, of what is packed, of its XML."""


@dataclass(slots=True)
class Book:
    """What cells refer to: texts, styles, and the day that counts as nought."""

    texts: list[Runs] = field(default_factory=list)
    styles: list[Style] = field(default_factory=list)
    nought: datetime = datetime(1899, 12, 30)  # noqa: DTZ001 - local time, as typed


def lines(source: Source) -> Lines:
    """Read the lines of one sheet."""
    try:
        with zipfile.ZipFile(source.path) as packed:
            yield from _sheet(packed, source.how.sheet)
    except zipfile.BadZipFile:
        raise UnusableFile("not a spreadsheet, or one that was cut") from None
    except DAMAGE as error:
        raise damaged(error) from None


def unpacked(packed: zipfile.ZipFile, name: str, most: int = MOST_BYTES) -> IO[bytes]:
    """Open a part, unless it is larger than any export when it is unpacked."""
    if packed.getinfo(name).file_size > most:
        raise UnusableFile("unpacked it is larger than any export")
    return packed.open(name)


def damaged(error: BaseException) -> UnusableFile:
    """Say that a spreadsheet is damaged; a file that went away, or its share, is no fault of it."""
    if isinstance(error, OSError) and error.errno not in {None, errno.EINVAL}:
        raise error
    return UnusableFile(f"a damaged spreadsheet ({type(error).__name__})")


def _sheet(packed: zipfile.ZipFile, wanted: str | None) -> Lines:
    whole = packed.namelist()
    main = next((one for one in whole if one.endswith("xl/workbook.xml")), None)
    if main is None:
        raise UnusableFile("not a spreadsheet: it has no workbook")
    root = _parsed(packed, main)
    related, parts = _related(packed, main)
    sheets = {
        str(one.get("name")): related.get(str(one.get(f"{OFFICE}id")), "")
        for one in root.iter(f"{SHEET}sheet")
    }
    if not sheets and root.tag.startswith("{" + STRICT):
        raise UnusableFile("a strict OpenXML spreadsheet: save it as an ordinary one")
    place = sheets[named(list(sheets), wanted)]
    book = Book()
    for kind, read in (("styles", _styles), ("sharedStrings", _texts)):
        name = parts.get(kind)
        if name is not None:
            if name not in whole:
                raise UnusableFile("a damaged spreadsheet: a part of it is missing")
            with unpacked(packed, name, MOST_TEXTS) as file:
                read(file, book)
    if any(one.get("date1904") in {"1", "true"} for one in root.iter(f"{SHEET}workbookPr")):
        book.nought = datetime(1904, 1, 1)  # noqa: DTZ001 - local time, as typed
    if place not in whole:
        raise UnusableFile("a damaged spreadsheet: the part with its rows is missing")
    with unpacked(packed, place) as file:
        yield from _rows(file, book)


def _parsed(packed: zipfile.ZipFile, name: str) -> Any:
    with unpacked(packed, name, MOST_TEXTS) as file:
        return etree.parse(file, _parser()).getroot()


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


def _related(packed: zipfile.ZipFile, main: str) -> tuple[dict[str, str], dict[str, str]]:
    """Give the places that a part speaks of: by their ids, and by what they are."""
    folder, name = posixpath.split(main)
    root = _parsed(packed, f"{folder}/_rels/{name}.rels")
    found, kinds = {}, {}
    listed = {one.lower(): one for one in packed.namelist()}
    for one in root.iterchildren("{*}Relationship"):
        target = str(one.get("Target"))
        place = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
        place = posixpath.normpath(place)
        # Names of parts are the same in capitals, which some programs rely on.
        place = listed.get(place.lower(), place)
        found[str(one.get("Id"))] = place
        kinds[str(one.get("Type")).rpartition("/")[2]] = place
    return found, kinds


def _walk(file: IO[bytes], tag: str) -> Iterator[Any]:
    """Give elements one after the other, each forgotten before the next is read."""
    walk = etree.iterparse(
        file, tag=f"{SHEET}{tag}", resolve_entities=False, no_network=True, load_dtd=False
    )
    for _, element in walk:
        yield element
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


def _texts(file: IO[bytes], book: Book) -> None:
    book.texts = [_text(one) for one in _walk(file, "si")]


def _text(element: Any) -> Runs:
    """Join the runs of a text, without how it is pronounced (`rPh`)."""
    if len(element) == 1 and element[0].tag == TEXT:
        return _unescaped(element[0].text or "")
    found: list[tuple[str, str | None]] = []
    for part in element.iterchildren(TEXT, RUN):
        if part.tag == TEXT:
            found.append((_unescaped(part.text or ""), None))
            continue
        font = part.find(RUN_FONT)
        own = None if font is None else letters(str(font.get("val")))
        text = "".join(one.text or "" for one in part.iterchildren(TEXT))
        found.append((_unescaped(text), own))
    if any(own is not None for _, own in found):
        return tuple(found)
    return "".join(text for text, _ in found)


def _unescaped(text: str) -> str:
    """Give characters back that XML cannot hold, or that stand for themselves."""
    return ESCAPED.sub(_character, text) if "_x" in text else text


def _character(found: re.Match[str]) -> str:
    """Give a character, unless it is none that a text may have."""
    one = chr(int(found[1], 16))
    return one if one in "\t\n\r" or unicodedata.category(one)[0] != "C" else found[0]


def _styles(file: IO[bytes], book: Book) -> None:
    root = etree.parse(file, _parser()).getroot()
    forms = dict(BUILT_IN)
    for one in root.iter(f"{SHEET}numFmt"):
        forms[int(one.get("numFmtId", "-1"))] = str(one.get("formatCode", ""))
    fonts = [
        next((str(name.get("val")) for name in font.iter(f"{SHEET}name")), "")
        for font in root.findall(f"{SHEET}fonts/{SHEET}font")
    ]
    for one in root.findall(f"{SHEET}cellXfs/{SHEET}xf"):
        form = forms.get(int(one.get("numFmtId", "0")))
        at = int(one.get("fontId", "0"))
        name = fonts[at] if at < len(fonts) else ""
        book.styles.append(Style(Form(form) if form else None, letters(name)))


def _rows(file: IO[bytes], book: Book) -> Lines:
    number = 0
    for row in _walk(file, "row"):
        before, number = number, int(row.get("r") or number + 1)
        if number <= before:
            raise UnusableFile("a damaged spreadsheet: its rows are in no order")
        if number > MOST_ROWS:
            raise UnusableFile("its last row lies further away than any export reaches")
        cells: list[Cell] = []
        for cell in row.iterchildren(CELL):
            at = _place(cell.get("r") or "", len(cells))
            found = _cell(cell, book)
            if found.text or found.wrong:
                cells += [EMPTY] * (at - len(cells))
                cells.append(found)
        if cells:
            yield Line(number, tuple(cells))


EMPTY = Cell("")


def _place(reference: str, following: int) -> int:
    """Say in which column a cell stands, counted from nought; each stands behind the last."""
    letters = reference.rstrip("0123456789")
    if not letters:
        return following
    column = _column(letters)
    if column < following:
        raise UnusableFile("a damaged spreadsheet: its cells are in no order")
    return column


@lru_cache(maxsize=1000)
def _column(letters: str) -> int:
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    if not letters.isalpha() or not 0 < column <= MOST_COLUMNS:
        raise UnusableFile("a cell of it lies beyond the last column")
    return column - 1


def _cell(cell: Any, book: Book) -> Cell:
    """Read one cell."""
    at = int(cell.get("s") or 0)
    style = book.styles[at] if 0 <= at < len(book.styles) else Style()
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        inline = cell.find(INLINE)
        return Cell("") if inline is None else in_runs(_text(inline), style.font)
    value = cell.findtext(VALUE) or ""
    if not value and kind != "str" and cell.find(FORMULA) is not None:
        return Cell("", wrong=UNCOUNTED)
    match kind:
        case "s":
            if value and not 0 <= int(value) < len(book.texts):
                return Cell("", wrong="holds a text that the spreadsheet does not have")
            return in_runs(book.texts[int(value)] if value else "", style.font)
        case "str":
            return Cell(_unescaped(value), style.font)
        case "e":
            return Cell("", wrong=ERRORS)
        case "b":
            return Cell(value)
        case "d":
            return Cell(value.removesuffix("Z").removesuffix(".000").removesuffix("T00:00:00"))
        case _:
            return Cell(numbered(value, style.form, book.nought))
