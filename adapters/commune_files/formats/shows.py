"""What a cell of a spreadsheet shows: numbers in their formats, texts in letters of their fonts.

Of every kind of spreadsheet: what it shows is what somebody saw, and what a cell says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from types import MappingProxyType

from adapters.commune_files.formats import Cell
from adapters.commune_files.formats.numbers import (
    Form,
    decimals,
    is_dated,
    is_day,
    is_timed,
    numeral,
)
from adapters.commune_files.formats.workbook import second, shown

ERRORS = "holds an error of its spreadsheet"
UNCOUNTED = "holds a formula that was never worked out: open and save it in a spreadsheet program"
MOST_DIGITS = 300
"""Places of a number before or behind its point, beyond which it is text."""
LEAP, LAST = 60, 2_958_466
"""The day that spreadsheets have and the world had not, and the one behind their last."""
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


Runs = str | tuple[tuple[str, str | None], ...]
"""A text; or, where parts of it are set in fonts of their own, each with which letters it has."""


def letters(font: str) -> str | None:
    """Say which letters a font shows, if they are not those of Unicode."""
    return next((own for known, own in FONTS if known.match(font)), None)


def in_runs(text: Runs, font: str | None) -> Cell:
    """Make a cell of runs: in one font, or each read under its own."""
    if isinstance(text, str):
        return Cell(text, font)
    said = [(run, own or font) for run, own in text if run]
    fonts = {own for run, own in said if run.strip()}
    if len(fonts) <= 1:
        return Cell("".join(run for run, _ in said), next(iter(fonts), font))
    return Cell("".join(run for run, _ in said), runs=tuple(said))


def numbered(value: str, form: Form | None, nought: datetime) -> str:
    """Write a number as its format shows it, where that is more than dressing."""
    if not value:
        return ""
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    if not number.is_finite() or abs(number.adjusted()) > MOST_DIGITS:
        return value
    if form is not None and is_dated(form.code):
        return _day(value, float(number), form, nought)
    if number == number.to_integral_value():
        return numeral(form, int(number)) if form is not None else str(int(number))
    return (decimals(form, number) if form is not None else None) or f"{float(number):.15g}"


def _day(value: str, days: float, form: Form, nought: datetime) -> str:
    """Write a day or a moment; a time of day alone is none."""
    if not is_day(form.code):
        return shown((nought + timedelta(days=days % 1)).time())
    if nought.year < 1904 and days < LEAP:
        # The calendar of spreadsheets has a 29th of February 1900, and begins a day later.
        days += 1
    if not 1 < days < LAST or LEAP <= days < LEAP + 1:
        return value
    moment = second(nought + timedelta(days=days))
    return moment.isoformat() if is_timed(form.code) else moment.date().isoformat()
