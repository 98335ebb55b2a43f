"""The audit's chain: each sealed line carries a MAC over itself and the MAC before it.

Whoever changes, drops or moves a line without the key breaks the chain at that place. Lines cut off
at the end break nothing: only a head that was written down elsewhere tells.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
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
    many: so many places from here on
    """

    place: int
    how: Fault
    many: int = 1


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


@dataclass(slots=True)
class Chain:
    """Follows sealed lines in their order, and names every break.

    After one it goes on from what stands there, so that each is named; one that is changed in its
    MAC, or moved, breaks the line behind it too.
    """

    key: bytes
    head: Head | None = None
    place: int = 0
    before: bytes = ORIGIN
    _at_head: bytes = b""

    def follow(self, line: Line) -> Iterator[Broken]:
        """Look at the next line."""
        found, sealed = line.place or 0, line.mac or b""
        if found != self.place + 1:
            yield Broken(self.place + 1, "missing", found - self.place - 1)
        elif not hmac.compare_digest(mac(self.key, self.before, line, found), sealed):
            yield Broken(found, "changed")
        self.place, self.before = found, sealed
        if self.head is not None and found == self.head.place:
            self._at_head = sealed

    def end(self) -> Iterator[Broken]:
        """Compare the end with the head that was written down elsewhere."""
        if self.head is None:
            return
        if self.place < self.head.place:
            yield Broken(self.place + 1, "cut", self.head.place - self.place)
        elif not self._at_head.hex().startswith(self.head.digits):
            yield Broken(self.head.place, "head")
