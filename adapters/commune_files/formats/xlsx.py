"""Spreadsheets of today (`.xlsx`): row by row, each cell as its format shows it, with its font.

Read here and not by a library because of three things at once: what a cell shows (an identity
number that lost its zeros is shown with them), which font it is set in (the letters of a Vietnamese
font are others), and a sheet that is never held whole. `decisions/0026` has the figures.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from types import MappingProxyType
from typing import IO, Any

from lxml import etree

from adapters.commune_files.formats import Cell, Line, Lines, Source
from adapters.commune_files.formats.numbers import Form, is_dated, is_timed, numeral
from adapters.commune_files.formats.workbook import named, shown
from adapters.kit.port import UnusableFile

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
OFFICE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
TEXT, RUN, CELL, VALUE, INLINE = (f"{SHEET}{tag}" for tag in ("t", "r", "c", "v", "is"))
STRICT = "http://purl.oclc.org/ooxml/"
MOST_COLUMNS = 16_384
ERRORS = "holds an error of its spreadsheet"
FONTS = (
    (re.compile(r"\.vn.*h$", re.IGNORECASE), "tcvn3-capitals"),
    (re.compile(r"\.vn", re.IGNORECASE), "tcvn3"),
    (re.compile(r"vni[- ]", re.IGNORECASE), "vni"),
)
"""Names of fonts that show other letters than Unicode has in their places."""
BUILT_IN = MappingProxyType(
    {14: "dd/mm/yyyy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 22: "dd/mm/yyyy hh:mm"}
    | dict.fromkeys((18, 19, 20, 21, 45, 46, 47), "hh:mm:ss")
    | dict.fromkeys((*range(27, 37), *range(50, 59)), "yyyy/mm/dd")
)
"""Formats that stand in no file, because every program knows them."""


@dataclass(frozen=True, slots=True)
class Style:
    """How cells are shown. form: of their numbers; font: which letters those of their texts are."""

    form: Form | None = None
    font: str | None = None


@dataclass(slots=True)
class Book:
    """What cells refer to: texts, styles, and the day that counts as nought."""

    texts: list[str] = field(default_factory=list)
    styles: list[Style] = field(default_factory=list)
    nought: datetime = datetime(1899, 12, 30)  # noqa: DTZ001 - local time, as typed


def lines(source: Source) -> Lines:
    """Read the lines of one sheet."""
    try:
        with zipfile.ZipFile(source.path) as packed:
            yield from _sheet(packed, source.how.sheet)
    except zipfile.BadZipFile:
        raise UnusableFile("not a spreadsheet, or one that was cut") from None
    except (etree.XMLSyntaxError, KeyError, EOFError) as error:
        raise UnusableFile(f"a damaged spreadsheet ({type(error).__name__})") from None


def _sheet(packed: zipfile.ZipFile, wanted: str | None) -> Lines:
    whole = packed.namelist()
    main = next((one for one in whole if one.endswith("xl/workbook.xml")), None)
    if main is None:
        raise UnusableFile("not a spreadsheet: it has no workbook")
    root = _parsed(packed, main)
    related = _related(packed, main)
    sheets = {
        str(one.get("name")): related[str(one.get(f"{OFFICE}id"))]
        for one in root.iter(f"{SHEET}sheet")
    }
    if not sheets and root.tag.startswith("{" + STRICT):
        raise UnusableFile("a strict OpenXML spreadsheet: save it as an ordinary one")
    place = sheets[named(list(sheets), wanted)]
    book = Book()
    for part, read in (("sharedStrings.xml", _texts), ("styles.xml", _styles)):
        name = posixpath.join(posixpath.dirname(main), part)
        if name in whole:
            with packed.open(name) as file:
                read(file, book)
    if any(one.get("date1904") in {"1", "true"} for one in root.iter(f"{SHEET}workbookPr")):
        book.nought = datetime(1904, 1, 1)  # noqa: DTZ001 - local time, as typed
    with packed.open(place) as file:
        yield from _rows(file, book)


def _parsed(packed: zipfile.ZipFile, name: str) -> Any:
    with packed.open(name) as file:
        return etree.parse(file, _parser()).getroot()


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


def _related(packed: zipfile.ZipFile, main: str) -> dict[str, str]:
    """Give the places that a part speaks of, by their ids."""
    folder, name = posixpath.split(main)
    root = _parsed(packed, f"{folder}/_rels/{name}.rels")
    found = {}
    for one in root:
        target = str(one.get("Target"))
        place = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
        found[str(one.get("Id"))] = posixpath.normpath(place)
    return found


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


def _text(element: Any) -> str:
    """Join the runs of a text, without how it is pronounced (`rPh`)."""
    found = []
    for part in element:
        if part.tag == TEXT:
            found.append(part.text or "")
        elif part.tag == RUN:
            found += [one.text or "" for one in part.iterchildren(TEXT)]
    return "".join(found)


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
        font = next((font for known, font in FONTS if known.match(name)), None)
        book.styles.append(Style(Form(form) if form else None, font))


def _rows(file: IO[bytes], book: Book) -> Lines:
    number = 0
    for row in _walk(file, "row"):
        number = int(row.get("r") or number + 1)
        cells: list[Cell] = []
        wrong = None
        for cell in row.iterchildren(CELL):
            at = _place(cell.get("r") or "", len(cells))
            found = _cell(cell, book)
            if found is None:
                wrong = ERRORS
            elif found.text:
                cells += [EMPTY] * (at - len(cells))
                cells.append(found)
        if wrong is not None:
            yield Line(number, wrong=wrong)
        elif cells:
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


def _cell(cell: Any, book: Book) -> Cell | None:
    """Read one cell; None: an error stands in it."""
    at = int(cell.get("s") or 0)
    style = book.styles[at] if at < len(book.styles) else Style()
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        inline = cell.find(INLINE)
        return Cell("" if inline is None else _text(inline), style.font)
    value = cell.findtext(VALUE) or ""
    match kind:
        case "s":
            return Cell(book.texts[int(value)] if value else "", style.font)
        case "str":
            return Cell(value, style.font)
        case "e":
            return None
        case "b":
            return Cell(value)
        case "d":
            return Cell(value.removesuffix("T00:00:00"))
        case _:
            return Cell(_number(value, style.form, book.nought))


def _number(value: str, form: Form | None, nought: datetime) -> str:
    """Write a number as its format shows it, where that is more than dressing."""
    if not value:
        return ""
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    if form is not None and is_dated(form.code):
        days = float(number)
        if not 0 <= days < 2_958_466:
            return value
        moment = nought + timedelta(days=days)
        whole = shown(moment)
        return whole if is_timed(form.code) else whole[:10]
    plain = float(value)
    if form is not None and number == number.to_integral_value():
        return numeral(form, int(number))
    return str(int(number)) if number == number.to_integral_value() else repr(plain)
