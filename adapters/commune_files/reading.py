"""Reading an export: the one function that the poll and the preview share.

In: a file, and what lies beside it. Out: every row as the JSON of a snapshot, or what is wrong with
it. It runs in a process of its own (`adapters.kit.confined`).
Never: somebody's name in what is wrong, a row lost in silence.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from adapters.commune_files.columns import MISSED, NEEDED, READ
from adapters.commune_files.formats import Cell, Line, Lines, Source, form_of, lines_of
from adapters.commune_files.rows import plan
from adapters.commune_files.settings import CommuneSettings, FileSettings
from adapters.kit import charsets
from adapters.kit.port import RowRead, UnusableFile

COVER = 30
"""Lines among which the header is looked for: some software writes a cover above it."""
SHOWN = 40
SAME = ("unicode", "tcvn3", "vni")
"""Fonts in which what is ASCII is what it looks like."""
STAMP = re.compile(r"([0-9]{8})(?:[0-9]{6}|-[0-9a-f]{8})-(?=.)")
"""What stands before the name of a file that was put aside (day and time), or away (and hash)."""


def read(path: Path, beside: tuple[Path, ...], settings: CommuneSettings) -> Iterator[RowRead]:
    """Give each row of an export by number, and first the columns that it lacks.

    Raises `UnusableFile` where it is none, or ends early; the rows before stand.
    """
    how = settings.how(original(path.name))
    lines = lines_of(form_of(path), Source(path, beside, how))
    columns, lines = _header(lines, settings, how)
    mapping = settings.columns or READ
    # Of our own table most columns are nobody's; whoever names theirs means each of them.
    for pointer in settings.columns if settings.columns != READ else MISSED:
        if pointer in mapping and columns is not None and mapping[pointer] not in columns:
            yield RowRead(0, None, mapping[pointer], "is no column of this file; no row states it")
    cells = _Cells(columns, how, frozenset(mapping.values()))
    rows = plan(settings, how)
    for line in lines:
        if line.wrong is not None:
            yield RowRead(line.number, None, "", line.wrong)
            continue
        found = cells.of(line)
        if isinstance(found, RowRead):
            yield found
        elif any(found.values()):
            yield from rows.row(line.number, found)


def original(name: str) -> str:
    """Give the name that a file had before it was put aside."""
    stamp = STAMP.match(name)
    return name[stamp.end() :] if stamp else name


def _header(
    lines: Lines, settings: CommuneSettings, how: FileSettings
) -> tuple[tuple[str, ...] | None, Lines]:
    """Find the line that names the columns; None: each row names its own."""
    needed = needed_columns(settings)
    first = next(lines, None)
    if first is None:
        raise UnusableFile("the file has no rows")
    if first.names is not None:
        _complete(first.names, needed)
        return None, itertools.chain([first], lines)
    best: tuple[str, ...] = ()
    for line in itertools.chain([first], itertools.islice(lines, COVER - 1)):
        names = tuple(_spelt(cell, how) for cell in line.cells)
        if needed <= set(names):
            return _once(names, settings), lines
        if len(needed & set(names)) >= len(needed & set(best)) and not set(best) & needed:
            best = names
    _separated(first, how, needed)
    lacking = ", ".join(sorted(needed - set(best)))
    also = f"; its first line: {first.wrong}" if first.wrong is not None else ""
    raise UnusableFile(f"the file lacks the columns {lacking}{also}")


def _separated(first: Line, how: FileSettings, needed: set[str]) -> None:
    """Say so where a text only has another delimiter than is set."""
    whole = how.delimiter.join(_spelt(cell, how) for cell in first.cells)
    for sign in ",;\t|":
        if needed <= {one.strip(' "') for one in whole.split(sign)}:
            raise UnusableFile(f"its columns are separated by {sign!r}: set `delimiter`")


def needed_columns(settings: CommuneSettings) -> set[str]:
    """Give the columns without which a file is no export of dossiers."""
    mapping = settings.columns or READ
    lacking = [pointer for pointer in NEEDED if pointer not in mapping]
    if lacking:
        raise UnusableFile(f"the settings have no column for {', '.join(lacking)}")
    return {mapping[pointer] for pointer in NEEDED}


def _complete(names: Sequence[str], needed: set[str]) -> None:
    lacking = sorted(needed - set(names))
    if lacking:
        raise UnusableFile(f"the file lacks the columns {', '.join(lacking)}")


def _once(names: tuple[str, ...], settings: CommuneSettings) -> tuple[str, ...]:
    """Refuse a header that names a column twice which is read."""
    wanted = set((settings.columns or READ).values())
    twice = next((name for name in names if name in wanted and names.count(name) > 1), None)
    if twice is not None:
        raise UnusableFile(f"the column {twice[:SHOWN]!r} occurs twice")
    return names


def _spelt(cell: Cell, how: FileSettings) -> str:
    """Read the name of a column; one that cannot be read is not one that we look for."""
    plain = charsets.respelt(cell.text, "unicode").strip()
    if plain.isascii():
        return plain
    try:
        return charsets.respelt(cell.text, cell.font or how.font, mixed=not cell.typed).strip()
    except charsets.CharsetError:
        return plain


class _Cells:
    """Reads the cells of the columns that are looked for, each in its letters."""

    def __init__(
        self, columns: tuple[str, ...] | None, how: FileSettings, wanted: frozenset[str]
    ) -> None:
        self._columns = columns
        self._wanted = wanted
        self._fonts = {name: how.font_of(name) for name in wanted}
        self._mixed = how.mixed != "font"

    def of(self, line: Line) -> dict[str, str] | RowRead:
        """Give the text of each, or what is wrong with the row."""
        names = line.names or self._columns or ()
        number = line.number
        if len(line.cells) != len(names):
            beyond = line.cells[len(names) :]
            if line.exact or any(cell.text.strip() for cell in beyond):
                why = f"has {len(line.cells)} of {len(names)} columns"
                return RowRead(number, None, "", why)
        found: dict[str, str] = {}
        for name, cell in zip(names, line.cells, strict=False):
            if name not in self._wanted:
                continue
            if name in found:
                return RowRead(number, None, name, "stands there more than once")
            if cell.wrong:
                return RowRead(number, None, name, cell.wrong)
            font = cell.font or self._fonts[name]
            if font in SAME and cell.text.isascii() and not cell.runs:
                found[name] = cell.text.strip()
                continue
            # A cell that an old form set in a font of old may have been filled in in Unicode.
            mixed = self._mixed and not cell.typed
            try:
                if cell.runs:
                    parts = ((run, own or self._fonts[name]) for run, own in cell.runs)
                    text = "".join(charsets.respelt(*part, mixed=mixed) for part in parts)
                    found[name] = charsets.respelt(text, "unicode").strip()
                else:
                    found[name] = charsets.respelt(cell.text, font, mixed=mixed).strip()
            except charsets.CharsetError as error:
                why = f"not {font}: position {error.position} {error.why}"
                return RowRead(number, None, name, why)
        return found
