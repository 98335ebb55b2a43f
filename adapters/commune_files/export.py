"""Reading exports: every row into the JSON of a snapshot, or into what is wrong with it.

A row is reported by number, field and reason; nobody's name stands in a report.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING, Any

from lxml import etree

from adapters.commune_files.columns import (
    CONSTANTS,
    DAYS,
    INSTANTS,
    MISSED,
    NAMED,
    NEEDED,
    NUMBERS,
    READ,
    WORDS,
)
from adapters.commune_files.identities import is_number, stands_for_none
from adapters.commune_files.tables import SPREADSHEETS, NotATable, Table, foxpro, spreadsheet
from adapters.kit import charsets
from schemas.inbound import Row

if TYPE_CHECKING:
    from adapters.commune_files import CommuneSettings

LONGEST_CELL = 1024 * 1024
SHOWN = 40
ISO = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d")
"""How dates of spreadsheets and tables come, which are dates there and not text."""
TIMED = ("%H", "%I", "%T", "%R", "%X", "%c")
"""What a form with a time of day has."""
WHOLE = re.compile(r"[0-9]+|[0-9]{1,3}([., ][0-9]{3})+")


class Unusable(Exception):  # noqa: N818 - a sentence for the report
    """A whole file cannot be read; nothing of it was stored."""


@dataclass(frozen=True, slots=True)
class Bad:
    """What is wrong with one row: its number (the first is 1), the column, the reason."""

    row: int
    field: str
    why: str


def read(
    name: str,
    body: bytes,
    settings: CommuneSettings,
    memo: tuple[str, bytes] | None = None,
) -> list[dict[str, str]]:
    """Read the rows of an export by column; raise `Unusable` if it is none."""
    try:
        columns, rows = _table(name.lower(), body, settings, memo)
    except NotATable as error:
        raise Unusable(str(error)) from None
    if not rows and not columns:
        raise Unusable("the file has no rows")
    mapping = settings.columns or READ
    lacking = [mapping[pointer] for pointer in NEEDED if mapping.get(pointer) not in columns]
    lacking += [pointer for pointer in NEEDED if pointer not in mapping]
    if lacking and rows:
        raise Unusable(f"the file lacks the columns {', '.join(lacking)}")
    return rows


def _table(
    name: str, body: bytes, settings: CommuneSettings, memo: tuple[str, bytes] | None
) -> Table:
    if name.endswith(SPREADSHEETS):
        return spreadsheet(body, settings.reads, settings.sheet)
    if name.endswith(".dbf"):
        return foxpro(body, memo, settings.reads)
    if name.endswith(".xml"):
        rows = _xml(body if settings.reads == "utf-8" else _undeclared(_text(body, settings)))
        return {column for row in rows for column in row}, rows
    return _csv(_text(body, settings), settings)


def _undeclared(text: str) -> bytes:
    """Take off a declaration that names another charset than the one the file is in."""
    return re.sub(r"^\s*<\?xml[^>]*\?>", "", text).encode()


def _text(body: bytes, settings: CommuneSettings) -> str:
    try:
        return charsets.decode(body, settings.reads)
    except charsets.CharsetError as error:
        raise Unusable(f"not {settings.reads}: byte {error.position} {error.why}") from None


def _csv(text: str, settings: CommuneSettings) -> tuple[set[str], list[dict[str, str]]]:
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=settings.delimiter, strict=True)
    try:
        lines = [line for line in reader if line]
    except csv.Error as error:
        raise Unusable(f"line {reader.line_num}: {error}") from None
    if not lines:
        raise Unusable("the file is empty")
    header = [cell.strip() for cell in lines[0]]
    twice = next((cell for cell in header if header.count(cell) > 1), None)
    if twice is not None:
        raise Unusable(f"the column {twice[:SHOWN]!r} occurs twice")
    rows = []
    for line in lines[1:]:
        row = dict(zip(header, line, strict=False))
        if len(line) != len(header):
            row[""] = f"has {len(line)} of {len(header)} columns"
        rows.append(row)
    return set(header), rows


def _xml(body: bytes) -> list[dict[str, str]]:
    """Read elements below the root as rows, without entities and without the network."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise Unusable(f"not XML: line {error.lineno or 1}") from None
    rows = []
    for one in root:
        cells = [cell for cell in one if isinstance(cell.tag, str)]
        rows.append(
            {
                etree.QName(cell).localname: "".join(str(part) for part in cell.itertext())
                for cell in cells
            }
        )
    return rows


def item_of(number: int, row: Mapping[str, str], settings: CommuneSettings) -> Row | Bad:
    """Turn a row into a snapshot, or say what is wrong with it."""
    if "" in row:
        return Bad(number, "", row[""])
    mapping = settings.columns or READ
    body: dict[str, Any] = {}
    for pointer, column in mapping.items():
        text = row.get(column, "").strip()
        if not text or (is_number(pointer) and stands_for_none(text)):
            continue
        if pointer in NAMED and settings.reads in charsets.CASELESS:
            text = charsets.named(text)
        try:
            value = _value(pointer, text, settings)
        except ValueError as error:
            return Bad(number, column, str(error))
        _put(body, pointer, value)
    for pointer, constant in (settings.constants or CONSTANTS).items():
        if _beside(body, pointer):
            _put(body, pointer, constant)
    ref = body.get("source", {}).get("ref")
    if ref is None:
        return Bad(number, mapping.get("/source/ref", "/source/ref"), "is empty")
    return Row(ref=ref, body=body)


def remarks(number: int, row: Mapping[str, str], settings: CommuneSettings) -> list[Bad]:
    """Say what was left out of a row that is taken: numbers that are none."""
    mapping = settings.columns or READ
    return [
        Bad(number, column, "is no identity number; the row was taken without it")
        for pointer, column in mapping.items()
        if is_number(pointer) and stands_for_none(row.get(column, "").strip())
    ]


def missed(rows: Sequence[Mapping[str, str]], settings: CommuneSettings) -> list[Bad]:
    """Say which set columns no row has, though rows without them say little."""
    mapping = settings.columns or READ
    whole = [row for row in rows if "" not in row]
    return [
        Bad(0, mapping[pointer], "is no column of this file; no row states it")
        for pointer in MISSED
        if pointer in mapping and whole and not any(mapping[pointer] in row for row in whole)
    ]


def _value(pointer: str, text: str, settings: CommuneSettings) -> Any:
    words = settings.words.get(pointer) or WORDS.get(pointer)
    if words is not None:
        found = words.get(text)
        if found is None and settings.reads in charsets.CASELESS:
            found = {theirs.lower(): ours for theirs, ours in words.items()}.get(text.lower())
        if found is None:
            raise ValueError("is a word that the settings do not know")
        return found
    last = pointer.rpartition("/")[2]
    if last in INSTANTS:
        return _moment(text, settings, stamped=last == "as_of")
    if last in DAYS and not text.isdigit():
        return _moment(text, settings, stamped=True)[:10]
    if last in NUMBERS:
        return _whole(text)
    return text


def _moment(text: str, settings: CommuneSettings, *, stamped: bool) -> str:
    """Read a date in one of the set forms; one without a time of day stays a day.

    stamped: a job wrote it, which may well run at midnight; elsewhere midnight on the dot is what
    a column of days looks like in a database that has only times
    """
    for form in (*settings.dates, *ISO):
        try:
            found = datetime.strptime(text, form)  # noqa: DTZ007 - local time, said without offset
        except ValueError:
            continue
        timed = any(part in form for part in TIMED) and (stamped or found.time() != time())
        return found.isoformat() if timed else found.date().isoformat()
    raise ValueError("is no date in any form of the settings")


def _whole(text: str) -> int:
    """Read a whole number, with or without points between thousands."""
    if not WHOLE.fullmatch(text):
        raise ValueError("is no whole number")
    return int(re.sub(r"[., ]", "", text))


def _put(body: Any, pointer: str, value: Any) -> None:
    """Set a value at its pointer; a number is a place in a list."""
    at = body
    steps = pointer.strip("/").split("/")
    for step, following in itertools.pairwise(steps):
        new: Any = [] if following.isdigit() else {}
        if isinstance(at, list):
            while len(at) <= int(step):
                at.append({})
            at = at[int(step)]
        else:
            at = at.setdefault(step, new)
    if isinstance(at, list):
        at.append(value)
    else:
        at[steps[-1]] = value


def _beside(body: Any, pointer: str) -> bool:
    """Say whether the part that a constant belongs to is stated at all."""
    at = body
    for step in pointer.strip("/").split("/")[:-1]:
        if isinstance(at, list):
            at = at[int(step)] if int(step) < len(at) else None
        else:
            at = at.get(step)
        if at is None:
            return False
    return True


def report(bad: Iterator[Bad] | list[Bad], delimiter: str) -> str:
    """Write what is wrong as a table: row, field, reason."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(["dong", "truong", "ly_do"])
    writer.writerows([one.row or "", one.field, one.why] for one in bad)
    return out.getvalue()
