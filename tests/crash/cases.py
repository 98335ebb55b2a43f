"""What is known of a crash run's dossiers, and of what was done to it on purpose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.demo.audit import Followed


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that was done on purpose, with its interval in seconds since 1970."""

    kind: str
    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class Try:
    """An attempt of the ledger, times in seconds since 1970."""

    system: str
    first: int
    last: int
    begin: float
    end: float
    outcome: str
    late: bool
    fence: int


@dataclass(frozen=True, slots=True)
class Case:
    """One dossier with all that is known of it."""

    of: Followed
    content: Mapping[str, Any]
    tries: Sequence[Try]
    parks: frozenset[str]
    """Systems that must refuse this sample, by the sample's own story."""
    owed: frozenset[str] = frozenset()
    """Systems that must have a lane."""
    barred: frozenset[str] = frozenset()
    """Systems that answered 403 to this dossier alone: it may be parked there as singled out."""

    def parked(self, name: str, lane: Mapping[str, Any]) -> bool:
        """Say whether a lane waits for a human, and for a reason that this dossier has."""
        singled_out = name in self.barred and lane["reason"] == "singled_out"
        return lane["state"] == "parked" and (name in self.parks or singled_out)
