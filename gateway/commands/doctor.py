"""`lienthong doctor`: looks at everything that could be wrong, and says it in plain lines."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import typer

from adapters.kit.port import FolderSettings, WebSettings
from gateway.main import find_target
from gateway.settings import Settings, SettingsError, SystemSettings, load
from gateway.store import migrate
from gateway.store.engine import connect

LOW_DISK = 1024**3
"""Bytes below which a full disk is near."""
Finding = tuple[bool, str]


def doctor() -> None:
    """Check settings, folder, database, disk and whether each system can be reached.

    Sends nothing to any system: it only opens a connection. Ends with 1 if something is wrong.
    """
    settings = load()
    findings = [*_folder(settings), *_database(settings), *_systems(settings)]
    for good, text in findings:
        typer.echo(f"{'ok   ' if good else 'WRONG'} {text}")
    if not all(good for good, _ in findings):
        raise typer.Exit(1)


def _folder(settings: Settings) -> Iterator[Finding]:
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        yield False, f"folder {settings.data}: {error.strerror}"
        return
    yield os.access(settings.data, os.W_OK), f"folder {settings.data} can be written to"
    free = shutil.disk_usage(settings.data).free
    yield free > LOW_DISK, f"{free // 1024**2} MiB free on its disk"


def _database(settings: Settings) -> Iterator[Finding]:
    yield True, "SQLite, one process; every commit reaches the disk before it is answered"
    if not settings.database.exists():
        yield True, f"{settings.database} will be made at the first start"
        return
    engine = connect(settings.database)
    with engine.connect() as connection:
        lacking = migrate.missing(connection)
    engine.dispose()
    yield not lacking, f"migrations: {'missing ' + ', '.join(lacking) if lacking else 'complete'}"


def _systems(settings: Settings) -> Iterator[Finding]:
    if not settings.systems:
        yield True, "no systems are configured: dossiers are kept and not delivered"
    for config in settings.systems:
        try:
            target = find_target(config, 0)
        except SettingsError as error:
            yield False, str(error)
            continue
        if isinstance(target.settings, WebSettings):
            yield _reachable(config, target.settings.base_url)
        elif isinstance(target.settings, FolderSettings):
            yield _usable(config, target.settings.folder)


def _reachable(config: SystemSettings, base_url: str) -> Finding:
    """Try to open a connection; through a proxy only the proxy itself can be tried."""
    address = urlsplit(config.proxy or base_url)
    port = address.port or (443 if address.scheme == "https" else 80)
    what = f"{config.name} ({config.adapter}, {config.mode}) at {address.hostname}:{port}"
    try:
        socket.create_connection((address.hostname or "", port), timeout=5).close()
    except OSError as error:
        return config.mode == "off", f"{what} cannot be reached: {error.strerror or error}"
    return True, f"{what} can be reached"


def _usable(config: SystemSettings, folder: Path) -> Finding:
    """Say whether a folder that both sides see is there, and may be written to."""
    what = f"{config.name} ({config.adapter}, {config.mode}) in {folder}"
    if not folder.is_dir():
        return config.mode == "off", f"{what}: there is no such folder"
    may = os.access(folder, os.R_OK | os.W_OK)
    return may or config.mode == "off", f"{what} can {'' if may else 'not '}be read and written"
