"""The audit: who did what to which object, why, and what came of it; append-only."""

from __future__ import annotations

import os
import pwd
import re
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import structlog
from uuid_utils.compat import uuid7

from gateway.store import audit as rows
from gateway.store.engine import Connection

KEY = re.compile(r"(lt_[a-z]+_[\w-]{8})[\w-]+")
"""A key or a session: of one that somebody typed, only what tells it from others is kept."""
LONGEST = 2000
"""Characters of one field: what is longer is cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One act. Nothing here is personal data of a citizen.

    who: `client:NAME`, `person:NAME`, `system:NAME` or `os:USER`; what: a verb like `clients.add`
    object: an id or a name; result: `done`, `denied` or the code of a refusal
    """

    who: str
    what: str
    object: str = ""
    reason: str = ""
    result: str = "done"


def record(connection: Connection, *entries: Entry) -> None:
    """Add acts to the audit, in the transaction of the act itself."""
    request = str(structlog.contextvars.get_contextvars().get("request", ""))
    now = int(time.time() * 1000)
    rows.add(
        connection,
        [
            {name: _one_line(said) for name, said in asdict(entry).items()}
            | {"id": uuid7(), "at": now, "request": request}
            for entry in entries
        ],
    )


def acting() -> str:
    """Name the operating system's user whose process this is, whatever its environment says."""
    number = os.getuid()
    try:
        return f"os:{pwd.getpwuid(number).pw_name}"
    except KeyError:  # a container may run as a number that has no name
        return f"os:{number}"


def migrated(connection: Connection, applied: Sequence[str]) -> None:
    """Say which migrations this process has applied."""
    record(connection, Entry(who=acting(), what="migrate", object=" ".join(applied)))


def _one_line(said: str) -> str:
    """Take what steers a terminal or splits a line out of a text, and what no database keeps."""
    said = KEY.sub(r"\1…", said)
    shown = "".join(sign if sign.isprintable() else " " for sign in said[: LONGEST + 1])
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"
