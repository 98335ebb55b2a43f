"""Compares a table that was written with what comes out of it."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from adapters.commune_files.reading import read
from adapters.commune_files.settings import CommuneSettings
from adapters.kit.port import RowRead, UnusableFile
from tests.adapters.tables.values import COLUMNS, Expected, Value, Written

POINTED = {column: pointer for pointer, column in COLUMNS.items()}


def settings(**more: Any) -> CommuneSettings:
    """Make settings for the columns of random tables."""
    return CommuneSettings(folder=Path(), columns=COLUMNS, **more)


def come_out(paths: list[Path], how: CommuneSettings) -> tuple[list[RowRead], str | None]:
    """Read the first file; give its rows and, if it is unusable, why."""
    found: list[RowRead] = []
    try:
        for one in read(paths[0], tuple(paths[1:]), how):
            found.append(one)  # noqa: PERF402 - what came before an exception stands
    except UnusableFile as error:
        return found, str(error)
    return found, None


def leaf(body: Any, pointer: str) -> Any:
    """Look a pointer up; absent: None."""
    for step in pointer.strip("/").split("/"):
        body = body[int(step)] if isinstance(body, list) and body else (body or {})
        body = body if step.isdigit() else body.get(step)
    return body


def differences(written: Written, counts: Counter[str] | None = None) -> list[str]:
    """Say of each row that is lost, altered or invented, and of each that is reported unduly."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, name) for name in written.files]
        for path, body in zip(paths, written.files.values(), strict=True):
            path.write_bytes(body)
        rows, fault = come_out(paths, settings(**written.settings))
    wrong = [f"the file: {fault}"] if fault else []
    return wrong + compared(written, rows, counts if counts is not None else Counter())


def compared(written: Written, rows: list[RowRead], counts: Counter[str]) -> list[str]:
    """Compare rows with what was written."""
    wrong = []
    taken = {one.row: one.body for one in rows if one.body is not None}
    reports: dict[int, list[RowRead]] = {}
    for one in rows:
        if one.body is None and one.row:
            reports.setdefault(one.row, []).append(one)
    if len(taken) != sum(one.body is not None for one in rows):
        wrong.append("a row comes twice")
    wrong += [f"row {row} is invented" for row in (taken | reports).keys() - written.rows.keys()]
    for number, expected in written.rows.items():
        told = reports.get(number, [])
        if number in taken:
            counts["taken"] += 1
            if expected.kind == "reported":
                wrong.append(f"row {number} is taken in spite of {expected.wrong}")
            wrong += _cells(number, expected, taken[number], told, caseless=written.caseless)
        else:
            counts["reported"] += bool(told)
            wrong += _refused(number, expected, told)
    return wrong


def _refused(number: int, expected: Expected, told: list[RowRead]) -> list[str]:
    said = [(one.field, one.why) for one in told]
    if not told:
        return [f"row {number} is lost"]
    if expected.kind == "plain":
        return [f"row {number} is reported: {said}"]
    if not {one.field for one in told} <= {*expected.wrong, ""}:
        return [f"row {number} is reported for another column: {said}"]
    return []


def _cells(
    number: int, expected: Expected, body: Any, told: list[RowRead], *, caseless: bool
) -> list[str]:
    wrong = []
    left = {one.field for one in told}
    for name, value in expected.cells.items():
        found = leaf(body, POINTED[name])
        if not same(found, value, caseless=caseless):
            wrong.append(f"row {number} {name}: {value.text!r} says {value.says!r}, not {found!r}")
        if value.left != (name in left):
            wrong.append(f"row {number} {name}: {value.text!r} is left out unsaid, or unduly")
    return wrong


def same(found: Any, value: Value, *, caseless: bool) -> bool:
    """Say whether a cell came out as it was written; some fonts have no capitals."""
    if caseless and isinstance(found, str) and isinstance(value.says, str):
        return found.casefold() == value.says.casefold()
    return bool(found == value.says)
