"""Rows of an export: the cells of one become the JSON of a snapshot, or what is wrong with it.

A row is reported by number, field and reason; nobody's name stands in a report.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from adapters.commune_files.columns import (
    CONSTANTS,
    DAYS,
    INSTANTS,
    NAMED,
    NUMBERS,
    READ,
    WORDS,
)
from adapters.commune_files.identities import is_number, stands_for_none
from adapters.kit import charsets
from adapters.kit.port import RowRead
from schemas.inbound import Verdict

if TYPE_CHECKING:
    from adapters.commune_files.settings import CommuneSettings, FileSettings

ISO = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S.%f")
"""How dates of spreadsheets and tables come, which are dates there and not text."""
TIMED = ("%H", "%I", "%T", "%R", "%X", "%c")
"""What a form with a time of day has."""
WHOLE = re.compile(r"[0-9]+|[0-9]{1,3}([., ][0-9]{3})+")
LEFT_OUT = "is no identity number; the row was taken without it"
Steps = tuple[str | int, ...]
"""The way to a leaf: names of fields, places in lists."""


@dataclass(frozen=True, slots=True)
class Column:
    """What becomes of the cells of one column. value: raises ValueError with a sentence."""

    name: str
    steps: Steps
    number: bool
    value: Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """How rows of one file are read, worked out once for all of them."""

    columns: tuple[Column, ...]
    constants: tuple[tuple[Steps, str], ...]
    ref: str

    def row(self, number: int, cells: Mapping[str, str]) -> Iterator[RowRead]:
        """Turn a row into a snapshot and what was left out of it, or say what is wrong with it."""
        body: dict[str, Any] = {}
        left_out = []
        fillers = []
        for one in self.columns:
            text = cells.get(one.name)
            if not text:
                continue
            if one.number and stands_for_none(text):
                left_out.append(RowRead(number, None, one.name, LEFT_OUT))
                fillers.append("/" + "/".join(map(str, one.steps)))
                continue
            try:
                _put(body, one.steps, one.value(text))
            except ValueError as error:
                yield RowRead(number, None, one.name, str(error))
                return
        for steps, constant in self.constants:
            if _beside(body, steps):
                _put(body, steps, constant)
        if body.get("source", {}).get("ref") is None:
            yield RowRead(number, None, self.ref, "is empty")
            return
        yield RowRead(number, body, fillers=tuple(fillers))
        yield from left_out


def plan(settings: CommuneSettings, how: FileSettings) -> Plan:
    """Work out how the rows of a file are read."""
    mapping = settings.columns or READ
    constants = settings.constants or CONSTANTS
    return Plan(
        tuple(
            Column(column, _steps(pointer), is_number(pointer), _value(pointer, settings, how))
            for pointer, column in mapping.items()
        ),
        tuple((_steps(pointer), text) for pointer, text in constants.items()),
        mapping.get("/source/ref", "/source/ref"),
    )


def _value(pointer: str, settings: CommuneSettings, how: FileSettings) -> Callable[[str], Any]:
    """Say how the text of a column is read."""
    caseless = how.font_of((settings.columns or READ)[pointer]) in charsets.CASELESS
    words = settings.words.get(pointer) or WORDS.get(pointer)
    if words is not None:
        return partial(_word, words, {one.lower(): words[one] for one in words} if caseless else {})
    last = pointer.rpartition("/")[2]
    if last in INSTANTS:
        return _moments((*settings.dates, *ISO), stamped=last == "as_of")
    if last in DAYS:
        moment = _moments((*settings.dates, *ISO), stamped=True)
        return lambda text: text if text.isdigit() else moment(text)[:10]
    if last in NUMBERS:
        return _whole
    return charsets.named if caseless and pointer in NAMED else str


def _word(words: Mapping[str, str], lowered: Mapping[str, str], text: str) -> str:
    found = words.get(text) or lowered.get(text.lower())
    if found is None:
        raise ValueError("is a word that the settings do not know")
    return found


def _moments(forms: tuple[str, ...], *, stamped: bool) -> Callable[[str], str]:
    """Read dates in one of the set forms; one without a time of day stays a day.

    stamped: a job wrote it, which may well run at midnight; elsewhere midnight on the dot is what
    a column of days looks like in a database that has only times
    """

    @lru_cache(maxsize=5000)
    def moment(text: str) -> str:
        for form in forms:
            try:
                found = datetime.strptime(text, form)  # noqa: DTZ007 - local time, without offset
            except ValueError:
                continue
            timed = any(part in form for part in TIMED) and (stamped or found.time() != time())
            return found.isoformat() if timed else found.date().isoformat()
        raise ValueError("is no date in any form of the settings")

    return moment


def _whole(text: str) -> int:
    """Read a whole number, with or without points between thousands."""
    if not WHOLE.fullmatch(text):
        raise ValueError("is no whole number")
    return int(re.sub(r"[., ]", "", text))


def _steps(pointer: str) -> Steps:
    return tuple(int(one) if one.isdigit() else one for one in pointer.strip("/").split("/"))


def _put(body: Any, steps: Steps, value: Any) -> None:
    """Set a value at its place; a number is a place in a list."""
    at = body
    for place, step in enumerate(steps[:-1]):
        new: Any = [] if isinstance(steps[place + 1], int) else {}
        if isinstance(step, int):
            while len(at) <= step:
                at.append({})
            at = at[step]
        else:
            at = at.setdefault(step, new)
    if isinstance(at, list):
        at.append(value)
    else:
        at[steps[-1]] = value


def _beside(body: Any, steps: Steps) -> bool:
    """Say whether the part that a constant belongs to is stated at all."""
    at = body
    for step in steps[:-1]:
        if isinstance(at, list):
            at = at[int(step)] if int(step) < len(at) else None
        else:
            at = at.get(step)
        if at is None:
            return False
    return True


def report(bad: Iterable[RowRead], delimiter: str) -> str:
    """Write what is wrong as a table: row, field, reason."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(["dong", "truong", "ly_do"])
    writer.writerows([one.row or "", one.field, one.why] for one in bad)
    return out.getvalue()


def judged(rows: Sequence[RowRead], verdicts: Iterable[Verdict]) -> Iterable[tuple[int, str, str]]:
    """List what is wrong with rows: what could not be read, and what was refused."""
    said = iter(verdicts)
    for one in rows:
        if one.body is None:
            yield one.row, one.field, one.why
            continue
        verdict = next(said)
        if verdict.word == "evidence":
            yield one.row, "/status", "differs from whoever owns the state; kept aside"
            continue
        # Refused, or stored with what a human must look at.
        for problem in verdict.problems:
            yield one.row, problem.pointer, problem.detail
