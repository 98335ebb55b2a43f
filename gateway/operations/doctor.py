"""Everything that could be wrong with an installation, looked at and said in plain lines.

Changes nothing but the empty folder of the data, which is made where there is none.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from gateway.dossiers.systems import System
from gateway.operations import (
    asof,
    doctor_servers,
    doctor_systems,
    doctor_tables,
    doctor_untold,
)
from gateway.operations.findings import Finding
from gateway.retries.topology import Queues, former
from gateway.settings import Settings, SettingsError
from gateway.store import schema
from gateway.store.engine import connect
from gateway.store.errors import SchemaNewer
from gateway.store.seal import audit_key
from gateway.store.trying import try_embedded

LOW_DISK = 1024**3
"""Bytes below which a full disk is near."""


async def examine(
    settings: Settings, systems: Sequence[System | SettingsError], *, login: bool
) -> list[Finding]:
    """Check settings, folder, database, broker, disk and the way to each system.

    systems: those of the systems file, or why one of them cannot be had
    login: also log in to each, which may end an older session
    """
    return [
        *_folder(settings),
        *doctor_tables.tables(settings),
        *_audit(settings),
        *await _database(settings),
        *await _broker(settings),
        *await doctor_systems.systems(settings, systems, login=login),
    ]


def _folder(settings: Settings) -> Iterator[Finding]:
    try:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        yield Finding(False, f"folder {settings.data}: {error.strerror}")
        return
    why = _unwritable(settings.data)
    said = "can be written to" if why is None else f"cannot be written to: {why}"
    yield Finding(why is None, f"folder {settings.data} {said}")
    mode = stat.S_IMODE(settings.data.stat().st_mode)
    whose = "is its owner's alone" if not mode & 0o077 else f"is open to others ({mode:o})"
    yield Finding(not mode & 0o077, f"folder {settings.data} {whose}")
    free = shutil.disk_usage(settings.data).free
    yield Finding(free > LOW_DISK, f"{free // 1024**2} MiB free on its disk")


def _unwritable(folder: Path) -> str | None:
    """Try to write into a folder of ours, and leave nothing; give why that fails."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return str(error.strerror)
    return None


def _audit(settings: Settings) -> Iterator[Finding]:
    """Say whether the audit can be sealed; nothing is made for it."""
    file = settings.data / "audit.key"
    if settings.postgres is None and file.exists() and file.stat().st_mode & 0o077:
        yield Finding(False, f"{file} can be read by others than its owner")
    try:
        key = audit_key(settings, make=False)
    except SettingsError as error:
        yield Finding(False, str(error))
        return
    if key is not None:
        yield Finding(True, "the audit is sealed")
    elif settings.postgres is None:
        yield Finding(True, f"{file}, which seals the audit, will be made at the first start")
    else:
        yield Finding(
            True, "the audit is NOT sealed: set LIENTHONG_AUDIT_KEY, or LIENTHONG_SEAL_KEY"
        )


async def _database(settings: Settings) -> list[Finding]:
    if settings.postgres is not None:
        return await doctor_servers.database(settings.postgres, _live(settings))
    return list(_embedded(settings))


def _live(settings: Settings) -> list[str]:
    return [one.name for one in settings.systems if one.mode == "live"]


def _embedded(settings: Settings) -> Iterator[Finding]:
    yield Finding(True, "SQLite, one process; every commit reaches the disk before it is answered")
    if not settings.database.exists():
        yield Finding(True, f"{settings.database} will be made at the first start")
        return
    engine = connect(settings.database)
    try:
        with engine.connect() as connection:
            lacking = ", ".join(schema.missing(connection))
            ahead = [] if lacking else [asof.look(connection)]
            ahead += [] if lacking else doctor_untold.look(connection, _live(settings))
        lacks = "" if lacking else ", ".join(try_embedded(engine))
    except SchemaNewer as error:
        yield Finding(False, str(error))
        return
    finally:
        engine.dispose()
    yield Finding(not lacking, f"migrations: {'missing ' + lacking if lacking else 'complete'}")
    if not lacking:
        yield Finding(not lacks, f"the database {'refuses: ' + lacks if lacks else 'takes writes'}")
    yield from ahead


async def _broker(settings: Settings) -> list[Finding]:
    if settings.amqp is None:
        return [Finding(True, "retries are held by the process itself: no broker is named")]
    names = [one.name for one in settings.systems if one.mode != "off"]
    queues = Queues(settings.time_scale).every(names)
    return await doctor_servers.broker(settings.amqp, queues, former(names))
