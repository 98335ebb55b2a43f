"""How a version is kept: the event, then the dossier after it, as canonical JSON, compressed."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from schemas.dossier import Dossier
from schemas.event import Event

REMEMBERED = 128
"""Versions that lie unpacked: every system of a dossier is told the same one, one after another."""


def pack(event: Event, dossier: Dossier) -> bytes:
    """Put an event and the dossier of its version into one body, one JSON document a line."""
    # Without what its parts do not state: a default would be taken for a word about it.
    first = event.model_dump_json(exclude_none=True, exclude_unset=True)
    second = dossier.model_dump_json(exclude_none=True)
    return zlib.compress(f"{first}\n{second}".encode(), 1)


def _parts(body: bytes) -> tuple[bytes, bytes]:
    first, _, second = zlib.decompress(body).partition(b"\n")
    return first, second


@lru_cache(maxsize=REMEMBERED)
def unpack_event(body: bytes) -> Event:
    """Read the event of a version."""
    return Event.model_validate_json(_parts(body)[0])


@lru_cache(maxsize=REMEMBERED)
def unpack_dossier(body: bytes) -> Dossier:
    """Read the dossier of a version."""
    return Dossier.model_validate_json(_parts(body)[1])


def unpack_json(body: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read event and dossier as plain JSON, for an answer."""
    first, second = _parts(body)
    return json.loads(first), json.loads(second)


def named_files(value: Any) -> Iterator[str]:
    """Name the files that a version refers to, by their SHA-256 in hex."""
    if isinstance(value, dict):
        digest = value.get("sha256")
        if isinstance(digest, str):
            yield digest
        for one in value.values():
            yield from named_files(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from named_files(one)
