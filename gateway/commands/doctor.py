"""`lienthong doctor`: looks at everything that could be wrong, and says it in plain lines."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from typing import Annotated

import typer

from gateway.admission.catalogue import open_agencies, open_procedures
from gateway.commands import doctor_servers, doctor_systems
from gateway.commands.doctor_servers import Finding
from gateway.retries.rabbit import RabbitRetries
from gateway.settings import Settings, SettingsError, load
from gateway.store import schema
from gateway.store.engine import connect

LOW_DISK = 1024**3
"""Bytes below which a full disk is near."""


def doctor(
    login: Annotated[
        bool, typer.Option("--login", help="Also log in to each system: it may end a session.")
    ] = False,
) -> None:
    """Check settings, folder, database, broker, disk and the way to each system.

    Sends no dossier: it asks each system for its front page, the way conversations go. Ends with 1
    if something is wrong.
    """
    settings = load()
    findings = [
        *_folder(settings),
        *_catalogue(settings),
        *_database(settings),
        *_broker(settings),
        *asyncio.run(doctor_systems.systems(settings, login=login)),
    ]
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


def _catalogue(settings: Settings) -> Iterator[Finding]:
    if settings.agencies is not None:
        try:
            open_agencies(settings.agencies)
        except SettingsError as error:
            yield False, str(error)
        else:
            yield True, f"the table of agencies {settings.agencies} can be read"
    if settings.procedures is None:
        yield True, "no procedure catalogue is named: no code is doubted"
        return
    try:
        open_procedures(settings.procedures)
    except SettingsError as error:
        yield False, str(error)
        return
    yield True, f"the procedure catalogue {settings.procedures} can be read"


def _database(settings: Settings) -> Iterator[Finding]:
    if settings.postgres is not None:
        yield from asyncio.run(doctor_servers.database(settings.postgres))
        return
    yield True, "SQLite, one process; every commit reaches the disk before it is answered"
    if not settings.database.exists():
        yield True, f"{settings.database} will be made at the first start"
        return
    engine = connect(settings.database)
    with engine.connect() as connection:
        lacking = schema.missing(connection)
    engine.dispose()
    yield not lacking, f"migrations: {'missing ' + ', '.join(lacking) if lacking else 'complete'}"


def _broker(settings: Settings) -> Iterator[Finding]:
    if settings.amqp is None:
        yield True, "retries are held by the process itself: no broker is named"
        return
    names = {n: one.name for n, one in enumerate(settings.systems) if one.mode != "off"}
    queues = RabbitRetries(settings.amqp, names, settings.time_scale).queues()
    yield from asyncio.run(doctor_servers.broker(settings.amqp, queues))
