"""XML: an element below the root is a row, its elements are cells; without entities or network."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from adapters.commune_files.formats import Cell, Line, Lines, Source
from adapters.commune_files.formats.text import UNICODE
from adapters.kit import charsets
from adapters.kit.port import UnusableFile

PIECE = 256 * 1024
DECLARED = re.compile(r"^\s*<\?xml[^>]*\?>")


def lines(source: Source) -> Lines:
    """Read the rows, each with the names of its cells."""
    stated = source.how.charset
    typed = stated not in UNICODE
    # What is set counts more than what the file says of itself, but for the usual UTF-8.
    pieces = _bytes(source) if stated == "utf-8" else _pieces(source)
    parser: Any = etree.XMLPullParser(
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        encoding=None if stated == "utf-8" else "utf-8",
    )
    number = depth = 0
    try:
        for failed in _fed(parser, pieces):
            for event, element in parser.read_events():
                depth += 1 if event == "start" else -1
                if event == "end" and depth == 1 and isinstance(element.tag, str):
                    number += 1
                    yield _line(number, element, typed=typed)
                    _forget(element)
            if failed is not None:
                raise failed
        parser.close()
    except etree.XMLSyntaxError as error:
        said = f"not XML: line {error.lineno or 1}" if not number else _CUT.format(number)
        raise UnusableFile(said) from None


def _fed(parser: Any, pieces: Iterator[bytes]) -> Iterator[etree.XMLSyntaxError | None]:
    """Feed it piece by piece; what was read of a piece before its fault stands, and comes first."""
    for piece in pieces:
        try:
            parser.feed(piece)
        except etree.XMLSyntaxError as error:
            yield error
            return
        yield None


def _forget(element: Any) -> None:
    """Let go of an element and of those before it."""
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]


_CUT = "incomplete: it ends, or is no XML any more, behind row {}"


def _line(number: int, element: Any, *, typed: bool) -> Line:
    cells = [cell for cell in element if isinstance(cell.tag, str)]
    names = tuple(etree.QName(cell).localname for cell in cells)
    return Line(number, tuple(_cell(cell, typed=typed) for cell in cells), names)


def _cell(element: Any, *, typed: bool) -> Cell:
    """Give the text of a cell, without comments."""
    if not len(element):
        return Cell(element.text or "", typed=typed)
    if next(element.iter(etree.Entity), None) is not None:
        return Cell("", wrong="holds an entity, which is not read")
    return Cell("".join(map(str, element.itertext("*"))), typed=typed)


def _bytes(source: Source) -> Iterator[bytes]:
    with source.path.open("rb") as file:
        while block := file.read(PIECE):
            yield block


def _pieces(source: Source) -> Iterator[bytes]:
    """Decode as is set, without a declaration that names another charset than the file is in."""
    decoder = charsets.incremental(source.how.charset)
    first = True
    try:
        for block in itertools.chain(_bytes(source), [b""]):
            text = decoder.decode(block, final=not block)
            if first and text:
                text, first = DECLARED.sub("", text), False
            yield text.encode("utf-8", "surrogatepass")
    except charsets.CharsetError as error:
        said = f"not {source.how.charset}: byte {error.position} {error.why}"
        raise UnusableFile(said) from None
