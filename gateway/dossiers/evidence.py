"""What somebody said that moves nothing: it contradicts, or fits no dossier yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One thing that was said. `source`: `client:NUMBER` or `system:NAME`; `ref` is theirs."""

    source: str
    ref: str
    why: str
    at: int
    body: dict[str, Any]
    dossier_id: UUID | None = None
    code: str | None = None
    pointers: tuple[str, ...] = ()
    id: UUID = field(default_factory=uuid7)
