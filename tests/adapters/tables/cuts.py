"""Small tables cut at every byte, and with one byte changed at every byte."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from adapters.kit.port import RowRead
from tests.adapters.tables.check import come_out, settings
from tests.adapters.tables.values import Written
from tests.adapters.tables.writers import WRITERS

CHECKED = ("csv", "xml", "dbf", "hand", "openpyxl", "ods")
"""Containers in which a changed byte outside a cell is seen; `.xls` has no checksum of anything."""
RANGE = re.compile(r"lines (\d+) to (\d+)")


class Found(NamedTuple):
    """What came out: bodies by row, rows that were reported, why the file is unusable, if it is."""

    rows: dict[int, Any]
    told: set[int]
    fault: str | None


def found_in(rows: list[RowRead], fault: str | None) -> Found:
    """Sort what came out."""
    told = set()
    for one in rows:
        if one.body is None:
            lines = RANGE.match(one.why)
            told |= set(range(int(lines[1]), int(lines[2]) + 1)) if lines else {one.row}
    return Found({one.row: one.body for one in rows if one.body is not None}, told, fault)


def small(kind: str, folder: Path, seeds: int = 40) -> Small:
    """Write the smallest of some tables with two rows that come out, at least."""
    tables = [WRITERS[kind](Random(f"small {kind} {seed}")) for seed in range(seeds)]
    tables.sort(key=lambda one: sum(map(len, one.files.values())))
    return next(one for table in tables if len((one := Small(kind, table, folder)).whole) > 1)


class Small:
    """A small table, and what it is when it is whole."""

    def __init__(self, kind: str, written: Written, folder: Path) -> None:
        """Write it, and read it once."""
        self.kind, self.written, self.folder = kind, written, folder
        self.how = settings(**written.settings)
        for name, body in written.files.items():
            (folder / name).write_bytes(body)
        self.whole = self.read().rows

    def read(self) -> Found:
        """Read what lies there now."""
        return found_in(*come_out([self.folder / name for name in self.written.files], self.how))

    def cut(self, name: str, step: int = 1) -> Iterator[str]:
        """Cut a file at every byte; say where a row is another one, or lacks unsaid."""
        body = self.written.files[name]
        for kept in range(len(body) - 1, -1, -step):
            with (self.folder / name).open("r+b") as file:
                file.truncate(kept)
            found = self.read()
            others = {row for row, one in found.rows.items() if self.whole.get(row) != one}
            if others:
                yield f"{name} cut at {kept}: row {sorted(others)} is another one"
            lacking = self.whole.keys() - found.rows.keys() - found.told
            if lacking and found.fault is None and not self._ends(body[:kept]):
                yield f"{name} cut at {kept}: rows {sorted(lacking)} lack unsaid"
        (self.folder / name).write_bytes(body)

    def _ends(self, kept: bytes) -> bool:
        """Say whether a text ends where a line does: nobody can tell that there were more."""
        return self.kind == "csv" and kept.rstrip(b"\0").endswith((b"\n", b"\r"))

    def changed(self, name: str, draw: Random, step: int = 1) -> Iterator[str]:
        """Change one byte at every byte; say where another row than its own is not what it was."""
        body = self.written.files[name]
        for at in range(draw.randrange(step), len(body), step):
            byte = (body[at] + draw.randrange(1, 256)) % 256
            (self.folder / name).write_bytes(body[:at] + bytes([byte]) + body[at + 1 :])
            found = self.read()
            others = self._others(found)
            if self.kind in CHECKED and 0 not in found.told and len(others) > 1:
                yield f"{name} {byte:02X} at {at}: {others} are not what they were ({found.fault})"
        (self.folder / name).write_bytes(body)

    def _others(self, found: Found) -> list[int]:
        """List rows that are others, or lack unsaid; a line more or less shifts those of a text."""
        if self.kind == "csv":
            here = list(found.rows.values())
            others = [row for row, one in found.rows.items() if one not in self.whole.values()]
            lack = [row for row, one in self.whole.items() if one not in here]
            # Of two lines that became one, one is told.
            lack = lack[1:] if found.told else lack
        else:
            others = [row for row, one in found.rows.items() if self.whole.get(row) != one]
            lack = list(self.whole.keys() - found.rows.keys() - found.told)
        if found.fault is not None or any(row in found.told for row in lack):
            lack = []
        return sorted({*others, *lack})
