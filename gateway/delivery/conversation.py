"""One conversation on a leased lane: who carries it, what the store records, how it ended."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from adapters.kit.http import Carrier
from adapters.kit.port import Checkpoint, Http, Reply, Step
from adapters.kit.session import Keeper
from gateway.rules.outcomes import word
from gateway.store import lanes
from gateway.store.engine import Store
from gateway.store.lanes import Claim
from gateway.store.systems import Target
from schemas.outcome import CannotExpress, Outcome


@dataclass(frozen=True, slots=True)
class Channel:
    """The way to one system: its socket and its session."""

    carrier: Carrier
    keeper: Keeper[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a conversation ended."""

    id: UUID
    outcome: Outcome | CannotExpress
    name: str
    started_at: int
    seconds: float
    detail: dict[str, Any]
