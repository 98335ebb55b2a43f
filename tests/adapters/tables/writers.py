"""The writers of random tables, by their container."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.adapters.tables.fox import in_dbf
from tests.adapters.tables.plain import in_csv, in_xml
from tests.adapters.tables.sheets import SHEETS
from tests.adapters.tables.values import Written

WRITERS: dict[str, Callable[[Random], Written]] = {
    "csv": in_csv,
    "xml": in_xml,
    "dbf": in_dbf,
    **SHEETS,
}
