"""API keys: 256 random bits, of which the store keeps only the SHA-256."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Environment = Literal["live", "sandbox"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A piece of commune software: for whom it may speak, and in which environment."""

    id: int
    name: str
    environment: Environment
    agencies: tuple[str, ...]  # roots of subtrees; see `gateway.rules.agencies.within`
