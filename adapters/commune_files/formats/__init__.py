"""The forms in which old software exports: which one a file is, by its name and by its first bytes.

In: a file. Out: its lines of cells, in the text of its container, one after the other.
Never: a whole file in memory; a file of one form read as another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from adapters.commune_files.settings import FileSettings
from adapters.kit.port import UnusableFile

Form = Literal["csv", "xml", "xlsx", "xls", "ods", "dbf"]
HEAD = 4096


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. text: in the letters of its container; font: where the cell itself names one.

    typed: it was typed as the bytes of a font, so it cannot be Unicode already
    runs: its parts, where they are set in different fonts
    wrong: why nothing can be read there, which costs the row if the column is read
    """

    text: str
    font: str | None = None
    typed: bool = False
    runs: tuple[tuple[str, str | None], ...] = ()
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file. number: as its software counts; cells: by place, or by `names`.

    wrong: why it is no row; nothing of it is read then
    exact: it must have a cell for every column
    """

    number: int
    cells: tuple[Cell, ...] = ()
    names: tuple[str, ...] | None = None
    wrong: str | None = None
    exact: bool = False


Lines = Iterator[Line]


@dataclass(frozen=True, slots=True)
class Source:
    """What is read: the file, what lies beside it, and how it is written."""

    path: Path
    beside: tuple[Path, ...]
    how: FileSettings


OPEN = b"mimetypeapplication/vnd.oasis.opendocument"
PACKED, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
WEB = (b"<!doctype html", b"<html", b"<head", b"<body", b"<table", b"<div", b"<script")
MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
ENDINGS: MappingProxyType[str, tuple[Form, ...]] = MappingProxyType(
    {
        ".xlsx": ("xlsx", "xls", "ods"),
        ".xlsm": ("xlsx",),
        ".xls": ("xls", "xlsx"),
        ".ods": ("ods",),
        ".dbf": ("dbf",),
        ".xml": ("xml",),
    }
)
"""What a file of that ending may be inside; everything else is text with a delimiter."""
CALLED = MappingProxyType(
    {
        "csv": "text",
        "xml": "XML",
        "xlsx": "a spreadsheet",
        "xls": "a spreadsheet",
        "ods": "a spreadsheet",
        "dbf": "a DBF table",
    }
)


def form_of(path: Path) -> Form:
    """Say which form a file is; raises `UnusableFile` for what is none, or not what it is called.

    A page of a web server under the name of an export is the commonest of all.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise UnusableFile("the file is empty")
    meant = ENDINGS.get(path.suffix.lower(), ("csv",))
    found = _inside(head, meant, path)
    if found not in meant:
        raise UnusableFile(f"not {CALLED[meant[0]]}: it is {CALLED[found]} under another name")
    return found


def _inside(head: bytes, meant: tuple[Form, ...], path: Path) -> Form:
    """Look at the first bytes."""
    if head.startswith(PACKED):
        # The first part of an OpenDocument says what it is, unpacked.
        return "ods" if OPEN in head or path.suffix.lower() == ".ods" else "xlsx"
    if head.startswith(OLE):
        return "xls"
    plain = head.translate(None, b"\0").lstrip(b"".join(MARKS) + b" \t\r\n").lower()
    if plain.startswith(WEB) or (plain.startswith(b"<?xml") and b"<html" in plain):
        raise UnusableFile("a page for a browser, not an export")
    if meant[0] in {"xlsx", "xls", "ods"}:
        raise UnusableFile("not a spreadsheet")
    if meant[0] == "csv" and plain.startswith(b"<?xml"):
        return "xml"
    return meant[0]


def lines_of(form: Form, source: Source) -> Lines:
    """Read the lines of a file, the header's included."""
    from adapters.commune_files.formats import (  # noqa: PLC0415 - only what this file needs
        foxpro,
        ods,
        text,
        xls,
        xlsx,
        xml,
    )

    readers: dict[Form, Callable[[Source], Lines]] = {
        "csv": text.lines,
        "xml": xml.lines,
        "xlsx": xlsx.lines,
        "xls": xls.lines,
        "ods": ods.lines,
        "dbf": foxpro.lines,
    }
    return readers[form](source)
