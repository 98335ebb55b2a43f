"""The procedure catalogue as a CSV file: one row for each version.

Columns: `code` and `name` must stand; field_code, field_name, decision, effective_from,
effective_to, levels, amount, unit (working_day, working_hour, calendar_day or none),
received_until, papers, fees, results, cases, confidence and source may. In papers, fees, results,
levels, cases and confidence there is one item a line, its parts between bars:

    papers   code | name | originals | copies | case        results, levels, cases   code | name
    fees     code | name | amount | unit | channel          confidence               part | word

A bar within a part is written with a backslash before it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from schemas.catalogue.finding import Finding, Unreadable, checked
from schemas.catalogue.procedures import Charge, Named, Paper, ProcedureVersion
from schemas.marks import composed

PLAIN = ("code", "name", "decision", "effective_from", "effective_to", "source")
LISTS: dict[str, type[BaseModel]] = {
    "levels": Named,
    "papers": Paper,
    "fees": Charge,
    "results": Named,
    "cases": Named,
}
COLUMNS = frozenset(
    {*PLAIN, *LISTS, "field_code", "field_name", "amount", "unit", "received_until", "confidence"}
)
NEEDED = frozenset({"code", "name"})
BAR = re.compile(r"(?<!\\)\|")
FATAL = NEEDED | {"effective_from", "effective_to", "confidence"}
"""Unreadable, these lose the row: without its date or doubts a version would look too good."""
SAID = ("decision", "effective_from")
"""What a version needs to be frozen into a dossier; where it is missing, that is said."""


def read(text: str, above: int = 0) -> tuple[tuple[ProcedureVersion, ...], tuple[Finding, ...]]:
    """Read the rows that can be read and report everything else; raise `Unreadable`.

    above: how many lines of the file stand before the text
    """
    lines = io.StringIO(composed(text).removeprefix("\ufeff"), newline="")
    head = lines.readline()
    lines.seek(0)
    rows = csv.reader(lines, strict=True, delimiter=_delimiter(head))
    try:
        names = [name.strip() for name in next(rows)]
    except StopIteration:
        raise Unreadable("the file is empty") from None
    except csv.Error as error:
        raise Unreadable(f"line {above + 1}: {error}") from None
    _columns(names)
    versions: list[ProcedureVersion] = []
    findings: list[Finding] = []
    try:
        for number, cells in enumerate(rows, start=above + 2):
            if any(cell.strip() for cell in cells):
                made, found = _row(names, cells, f"row {number}")
                versions += [made] if made is not None else []
                findings += found
    except csv.Error as error:
        raise Unreadable(f"line {above + rows.line_num}: {error}") from None
    return tuple(versions), tuple(findings)


def _delimiter(head: str) -> str:
    """Choose between the comma and the semicolon of Vietnamese spreadsheets."""
    return ";" if head.count(";") > head.count(",") else ","


def _columns(names: list[str]) -> None:
    unknown = sorted(set(names) - COLUMNS)
    if unknown:
        raise Unreadable(f"line 1: there is no column {unknown[0][:50]!r}")
    if len(set(names)) < len(names) or not set(names) >= NEEDED:
        raise Unreadable("line 1: `code` and `name` must stand there, and every column once")


def _row(
    names: list[str], cells: list[str], place: str
) -> tuple[ProcedureVersion | None, list[Finding]]:
    """Read one version; `place` is its row, as a spreadsheet counts."""
    if len(cells) != len(names):
        return None, [Finding(place, "", f"has {len(cells)} cells, not {len(names)}", lost=True)]
    row = {name: cell.strip() for name, cell in zip(names, cells, strict=True) if cell.strip()}
    given: dict[str, Any] = {name: row[name] for name in PLAIN if name in row}
    findings: list[Finding] = []
    for name, model in LISTS.items():
        given[name], found = _items(row.get(name, ""), model, place, name)
        findings += found
    given["confidence"] = {
        part: word for part, _, word in map(_pair, row.get("confidence", "").splitlines()) if part
    }
    findings += _field(row, given, place)
    findings += _duration(row, given, place)
    made, found = checked(ProcedureVersion, given, place, "", FATAL)
    if made is not None:
        found += [Finding(place, name, "is not stated") for name in SAID if name not in row]
    return made, [*findings, *found]


def _pair(line: str) -> tuple[str, str, str]:
    part, bar, word = line.partition("|")
    return part.strip(), bar, word.strip()


def _items(
    cell: str, model: type[BaseModel], place: str, name: str
) -> tuple[list[BaseModel], list[Finding]]:
    """Read the lines of a cell; a bad line is left out and reported."""
    made, findings = [], []
    fields = list(model.model_fields)
    for number, line in enumerate((line for line in cell.splitlines() if line.strip()), start=1):
        parts = [part.strip().replace(r"\|", "|") for part in BAR.split(line)]
        at = f"{name}, line {number} of the cell"
        if len(parts) > len(fields):
            findings.append(Finding(place, at, f"has more than {len(fields)} parts"))
            continue
        given = {field: part for field, part in zip(fields, parts, strict=False) if part}
        one, found = checked(model, given, place, at, frozenset({"name"}))
        made += [one] if one is not None else []
        findings += [Finding(each.place, each.field, each.reason) for each in found]
    return made, findings


def _field(row: dict[str, str], given: dict[str, Any], place: str) -> Iterator[Finding]:
    if "field_code" in row:
        given["field"] = {"code": row["field_code"], "name": row.get("field_name")}
    elif "field_name" in row:
        yield Finding(place, "field_name", "stands without its code, so the field is absent")
    else:
        yield Finding(place, "field_code", "is not stated")


def _duration(row: dict[str, str], given: dict[str, Any], place: str) -> Iterator[Finding]:
    if row.get("unit") == "none" and "amount" not in row:
        given["no_due_time"] = True
    elif "unit" in row and "amount" in row:
        names = ("unit", "received_until")
        given["duration"] = {name: row[name] for name in names if name in row} | {
            "amount": row["amount"].replace(",", ".")
        }
    elif "unit" in row or "amount" in row:
        yield Finding(place, "amount", "amount and unit go together, so the duration is absent")
    else:
        yield Finding(place, "amount", "is not stated, so no due time can be worked out")
