"""How the portal writes: everything is a text, absent is empty, yes is `1`."""

from __future__ import annotations

from datetime import datetime

from schemas.base import VIETNAM
from schemas.outcome import CannotExpress


def moment(at: datetime | None) -> str:
    """Say an instant as `yyyyMMddHHmmss` in Vietnamese time, 24 hours; absent is empty."""
    return "" if at is None else at.astimezone(VIETNAM).strftime("%Y%m%d%H%M%S")


def limited(text: str | None, limit: int, field: str) -> str:
    """Let a text through if it fits."""
    if text is not None and len(text) > limit:
        raise CannotExpress(field, f"longer than the {limit} characters that the portal takes")
    return text or ""


def flag(value: bool | None) -> str:
    """Say yes or no; unknown counts as no in this dialect."""
    return "1" if value else "0"
