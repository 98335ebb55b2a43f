"""What opens the way to each system, as a keyed digest: a gate that closed under another may open.

Address, credentials, certificates, proxy: everything that is set of a system counts, secrets too.
They leave this page only as a MAC under the key of the audit; without a key they are left out, as
a digest of a short password could be guessed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from pydantic import SecretStr

from gateway.dossiers.systems import Systems
from gateway.main.settings_seen import plain
from gateway.store.engine import Store
from gateway.store.work import probing

log = structlog.get_logger()

PURPOSE = b"ways"
"""Beside the lines of the audit, which the same key seals."""


def digests_of_ways(systems: Systems, key: bytes | None) -> dict[int, str]:
    """Give the digest of each system's way, by its number."""
    told = partial(_told, secrets=key is not None)
    found: dict[int, str] = {}
    for system in systems.all:
        config = system.config
        way = [system.settings, config.ca_file and Path(config.ca_file), config.proxy]
        text = json.dumps(way, sort_keys=True, default=told)
        found[system.id] = hmac.new(key or b"", PURPOSE + text.encode(), hashlib.sha256).hexdigest()
    return found


async def try_what_was_mended(store: Store, ways: Mapping[int, str]) -> None:
    """Let gates be probed at once that closed under settings other than today's."""
    let = await store.write(lambda connection: probing.let_probe_mended(connection, ways))
    for name in let:
        log.warning("gate", system=name, state="probe_due", why="settings_changed")


def _told(value: Any, *, secrets: bool) -> Any:
    if isinstance(value, SecretStr) and secrets:
        return value.get_secret_value()
    if isinstance(value, Path) and value.is_file():
        return [str(value), hashlib.sha256(value.read_bytes()).hexdigest()]
    return plain(value)
