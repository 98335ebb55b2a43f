"""Which parts of the settings are others than at the last start: said in the audit, by name only.

Of each part a digest is kept, without secrets and without what belongs to one process alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from gateway.access.audit import Entry, acting, record
from gateway.dossiers.systems import System, Systems
from gateway.settings import Settings
from gateway.store import audit
from gateway.store.engine import Connection, Store

SECRET = frozenset({"postgres", "amqp", "seal_key", "audit_key", "files_secret"})
"""Not looked at: secrets, and addresses that hold one."""
OWN = frozenset({"data", "host", "port", "metrics_port", "log"})
"""Not looked at either: several processes of one installation differ in them."""


async def note_settings(store: Store, settings: Settings, systems: Systems) -> None:
    """Say in the audit what has changed since a process last started, if anything has."""
    digests = digests_of(settings, systems)
    await store.write(lambda connection: _note(connection, digests))


def _note(connection: Connection, digests: Mapping[str, int]) -> None:
    before = audit.renew_digests(connection, digests)
    parts = before.keys() | digests.keys()
    changed = sorted(part for part in parts if before.get(part) != digests.get(part))
    if changed:
        what = "settings.changed" if before else "settings.seen"
        record(connection, Entry(who=acting(), what=what, object=" ".join(changed)))


def digests_of(settings: Settings, systems: Systems) -> dict[str, int]:
    """Give a digest of each part: each system, and each setting of the installation."""
    names = {one.name for one in fields(settings)} - SECRET - OWN - {"systems"}
    parts = {name: getattr(settings, name) for name in names}
    return {
        **{name: _digest(_read(value)) for name, value in parts.items()},
        **{f"systems.{system.name}": _digest(_told(system)) for system in systems.all},
    }


def _told(system: System) -> dict[str, Any]:
    """Give what is set of a system; its adapter's model knows what is secret, and hides it."""
    config = asdict(system.config) | {"settings": system.settings.model_dump(mode="json")}
    if config["inbox"] is not None:
        del config["inbox"]["token"]
    return config


def _read(value: Any) -> Any:
    """Look into a file that is named: what it says is what was set."""
    if isinstance(value, Path):
        return [str(value), hashlib.sha256(value.read_bytes()).hexdigest()]
    return value


def _digest(value: Any) -> int:
    text = json.dumps(value, sort_keys=True, default=str)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], signed=True)
