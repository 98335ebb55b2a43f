"""A fault: one thing that is wrong with a request, before it is put into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, by code, place (JSON pointer) and the values of its sentence."""

    code: str
    pointer: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
