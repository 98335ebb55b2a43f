"""Times that are probably meant otherwise than they are written: flagged, and never changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from gateway.admission.parse import AS_SENT
from schemas.base import VIETNAM


def odd_times(body: bytes, found: Any) -> tuple[tuple[str, str], ...]:
    """Flag suspicious times of a body; one without a Z before a quote has none."""
    return tuple(suspicious(found)) if b"Z" in body else ()


def suspicious(found: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Flag times in UTC that would lie in office hours if their Z were wrong, and not otherwise."""
    if isinstance(found, dict):
        for key, value in found.items():
            if key not in AS_SENT:
                yield from suspicious(value, f"{at}/{key}")
    elif isinstance(found, list):
        for index, value in enumerate(found):
            yield from suspicious(value, f"{at}/{index}")
    elif isinstance(found, str) and found.endswith("Z") and found[:2] == "20" and "T" in found:
        yield from _odd_hour(found, at)


def _odd_hour(text: str, at: str) -> Iterator[tuple[str, str]]:
    try:
        moment = datetime.fromisoformat(text)
        local = moment.astimezone(VIETNAM)
    except (ValueError, OverflowError):
        return
    office = range(7, 18)
    if moment.hour in office and local.hour not in office:
        yield "suspicious_offset", at
