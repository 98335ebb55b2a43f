"""Which parts of the settings are others than at the last start: said in the audit, by name only.

Of each part a digest is kept, without secrets and without what belongs to one process alone.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import structlog
from pydantic import BaseModel, SecretStr

from gateway.access.audit import Entry, acting, record
from gateway.admission.tables import announce
from gateway.dossiers.systems import System, Systems
from gateway.settings import Settings
from gateway.store import audit
from gateway.store.engine import Connection, Store
from gateway.store.work.systems import note_modes

log = structlog.get_logger()

SECRET = frozenset({"postgres", "amqp", "seal_key", "audit_key", "files_secret"})
"""Not looked at: secrets, and addresses that hold one."""
OWN = frozenset({"data", "state", "host", "port", "metrics_host", "metrics_port", "log"})
"""Not looked at either: several processes of one installation differ in them."""


async def note_settings(store: Store, settings: Settings, systems: Systems) -> None:
    """Say in the audit what has changed since a process last started, if anything has."""
    announce(systems.tables)
    digests = digests_of(settings, systems)
    modes = {system.id: system.config.mode for system in systems.all}
    await store.write(lambda connection: _note(connection, digests))
    aside = await store.write(lambda connection: note_modes(connection, modes))
    for system in systems.all:
        if aside.get(system.id):
            log.warning("left_aside", system=system.name, lanes=aside[system.id])


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


def mapping_of(tables: str, own: BaseModel, communes: Path | None = None) -> str:
    """Hash all by which a dossier is translated: the adapter's tables, and how it is set here.

    Of a file that is named its content counts; secrets do not.
    communes: the deployment's own table of them, by which addresses are said
    """
    stated = {
        name: _read(value) if isinstance(value, Path) and value.is_file() else value
        for name in type(own).model_fields
        for value in [getattr(own, name)]
        if not isinstance(value, SecretStr)
    }
    return hashlib.sha256(_text([tables, stated, _read(communes)]).encode()).hexdigest()[:12]


def _told(system: System) -> dict[str, Any]:
    """Give what is set of a system; of its own settings as its adapter reads them."""
    config = system.config
    stated = {one.name: getattr(config, one.name) for one in fields(config)}
    inbox = None if config.inbox is None else config.inbox.agencies
    return stated | {"settings": system.settings, "inbox": inbox}


def _read(value: Any) -> Any:
    """Look into a file that is named: what it says is what was set."""
    if isinstance(value, Path):
        return [str(value), hashlib.sha256(value.read_bytes()).hexdigest()]
    return value


def plain(value: Any) -> Any:
    """Write what JSON does not know so that it reads the same in every process."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, BaseModel):
        return {name: getattr(value, name) for name in type(value).model_fields}
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    if isinstance(value, SecretStr | date | Path | Enum | Decimal):
        return str(value)  # a secret is written as stars
    if isinstance(value, re.Pattern):
        return value.pattern
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: getattr(value, one.name) for one in fields(value)}
    return type(value).__name__


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=plain)


def _digest(value: Any) -> int:
    return int.from_bytes(hashlib.sha256(_text(value).encode()).digest()[:8], signed=True)
