"""`lienthong doctor`: looks at everything that could be wrong, and says it in plain lines."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import aio_pika
import typer
from aiormq.exceptions import AMQPError

from adapters.kit.port import FolderSettings, WebSettings
from gateway.main import find_target
from gateway.settings import Settings, SettingsError, SystemSettings, load
from gateway.store import inspection, migrate
from gateway.store.engine import StoreUnavailable, connect
from gateway.store.postgres import PostgresStore

OLDEST_POSTGRES = 130000
MOST_SKEW = 2000
CONSEQUENCE = {
    True: "what was answered survives the loss of the primary",
    False: "what was answered in the last moments may be lost with the primary",
}
LOW_DISK = 1024**3
"""Bytes below which a full disk is near."""
Finding = tuple[bool, str]


def doctor() -> None:
    """Check settings, folder, database, disk and whether each system can be reached.

    Sends nothing to any system: it only opens a connection. Ends with 1 if something is wrong.
    """
    settings = load()
    findings = [*_folder(settings), *_database(settings), *_broker(settings), *_systems(settings)]
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
    if settings.postgres is not None:
        yield from asyncio.run(_shared(settings.postgres))
        return
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


async def _shared(dsn: str) -> list[Finding]:
    """Look at PostgreSQL: whether it is there, up to date, ours to write, in step, and doubled."""
    store = PostgresStore(dsn)
    try:
        seen = await store.read(inspection.look)
    except StoreUnavailable as error:
        return [(False, f"LIENTHONG_DATABASE cannot be reached: {error}")]
    finally:
        await store.close()
    lacking = ", ".join(seen.missing)
    skew = abs(seen.now - time.time() * 1000)
    covered = "covered" if seen.synchronous else "NOT covered"
    return [
        (seen.version >= OLDEST_POSTGRES, f"PostgreSQL {seen.version // 10000}"),
        (not lacking, f"migrations: {'missing ' + lacking if lacking else 'complete'}"),
        (not seen.standby, f"takes writes: {'no, it is a standby' if seen.standby else 'yes'}"),
        (skew < MOST_SKEW, f"its clock is {skew:.0f} ms from ours"),
        (
            True,
            f"failover is {covered} by synchronous replication: {CONSEQUENCE[seen.synchronous]}",
        ),
    ]


def _broker(settings: Settings) -> Iterator[Finding]:
    if settings.amqp is None:
        yield True, "retries are held by the process itself: no broker is named"
        return
    try:
        asyncio.run(_knock(settings.amqp))
    except (OSError, TimeoutError, AMQPError) as error:
        yield False, f"LIENTHONG_AMQP cannot be reached: {type(error).__name__}"
        return
    yield True, "RabbitMQ takes connections"


async def _knock(url: str) -> None:
    async with await aio_pika.connect(url, timeout=5):
        return
