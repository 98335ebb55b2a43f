"""The audit's chain: each sealed line carries a MAC over itself and the MAC before it.

Whoever changes, drops or moves a line without the key breaks the chain at that place. Lines cut off
at the end break nothing: only a head that was written down elsewhere tells.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

ORIGIN = bytes(32)
"""What stands before the first line."""
SHOWN = 16
"""Hexadecimal digits of a head that are written to the log: 64 bits."""

Fault = Literal["changed", "missing", "cut", "head"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the audit; `place` and `mac` of one that is sealed."""

    id: UUID
    at: int
    who: str
    what: str
    object: str
    reason: str
    result: str
    request: str
    place: int | None = None
    mac: bytes | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain as the log has it: a place, and how its MAC begins, in hexadecimal."""

    place: int
    digits: str


@dataclass(frozen=True, slots=True)
class Broken:
    """Where the chain is broken, and how.

    changed: the line at this place is not what was sealed there, or stands where another stood
    missing: there is none; cut: nor any after it, up to the head; head: another than the log has
    """

    place: int
    how: Fault


def mac(key: bytes, before: bytes, line: Line, place: int) -> bytes:
    """Seal a line at a place, after the line with this MAC."""
    said = [
        place,
        line.id.hex,
        line.at,
        line.who,
        line.what,
        line.object,
        line.reason,
        line.result,
        line.request,
    ]
    return hmac.new(key, before + json.dumps(said).encode(), hashlib.sha256).digest()


def check(key: bytes, lines: Iterable[Line], head: Head | None = None) -> Iterator[Broken]:
    """Go along the sealed lines in their order and name every break.

    After one it goes on from what stands there, so that each is named; one that is changed in its
    MAC, or moved, breaks the line behind it too.
    """
    place, before, at_head = 0, ORIGIN, b""
    known = True  # whether `before` is the MAC of the line right before
    for line in lines:
        found = line.place or 0
        if found != place + 1:
            yield from (Broken(one, "missing") for one in range(place + 1, found))
            known = False
        if known and not hmac.compare_digest(mac(key, before, line, found), line.mac or b""):
            yield Broken(found, "changed")
        place, before, known = found, line.mac or b"", True
        if head is not None and place == head.place:
            at_head = before
    if head is None:
        return
    if place < head.place:
        yield Broken(place + 1, "cut")
    elif not at_head.hex().startswith(head.digits):
        yield Broken(head.place, "head")
