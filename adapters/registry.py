"""Finds adapters: every folder here that exports ADAPTER, and installed entry points.

Never edited to add one: a folder or a package is enough.
"""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any

import adapters
from adapters.kit.port import Adapter

GROUP = "lienthong.adapters"
NOT_ADAPTERS = frozenset({"kit", "registry"})


@dataclass(frozen=True, slots=True)
class Found:
    """The adapters by name, and what could not be loaded, with the reason."""

    adapters: Mapping[str, Adapter[Any]]
    broken: Mapping[str, str]


def find_adapters() -> Found:
    """Find all adapters; one that cannot be loaded is remembered and harms no other."""
    found: dict[str, Adapter[Any]] = {}
    broken: dict[str, str] = {}
    for module in pkgutil.iter_modules(adapters.__path__):
        if module.name not in NOT_ADAPTERS and module.ispkg:
            try:
                found[module.name] = importlib.import_module(f"adapters.{module.name}").ADAPTER
            except Exception as error:  # noqa: BLE001 - a stranger's code may fail in any way
                broken[module.name] = f"{type(error).__name__}: {error}"
    for point in entry_points(group=GROUP):
        try:
            found[point.name] = point.load()
        except Exception as error:  # noqa: BLE001 - as above
            broken[point.name] = f"{type(error).__name__}: {error}"
    return Found(found, broken)


def tables_hash(adapter: Adapter[Any]) -> str:
    """Give a short hash of an adapter's code tables, kept with every attempt."""
    text = repr(
        [sorted((str(key), str(value)) for key, value in table.items()) for table in adapter.tables]
    )
    return hashlib.sha256(text.encode()).hexdigest()[:12]
