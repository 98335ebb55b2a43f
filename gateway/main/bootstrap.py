"""What every process opens first: the database, and the configured systems with their adapters."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import structlog
from pydantic import ValidationError

from adapters import registry
from adapters.kit.port import Facts
from gateway.access.audit import migrated
from gateway.admission.catalogue import (
    open_agencies,
    open_calendar,
    open_procedures,
    use_communes,
)
from gateway.dossiers.systems import System, Systems, facts_in_force
from gateway.dossiers.tables import in_use
from gateway.settings import Settings, SettingsError, SystemSettings
from gateway.store import clients, schema
from gateway.store.engine import EmbeddedStore, Store, connect
from gateway.store.errors import SchemaNewer
from gateway.store.work import systems as system_rows

log = structlog.get_logger()

if TYPE_CHECKING:
    from gateway.store.postgres import PostgresStore

T = TypeVar("T")


async def open_store(settings: Settings) -> Store:
    """Open the database and bring it up to date, as whoever runs a gateway does.

    It is PostgreSQL where one is named, else the embedded one.
    """
    if settings.postgres is not None:
        from gateway.store.postgres import PostgresStore  # noqa: PLC0415 - embedded has none

        opened = PostgresStore(settings.postgres, outdated=_end)
        try:
            await opened.migrate(migrated)
        except BaseException:
            await opened.close()
            raise
        return opened
    private_folder(settings.data)
    engine = connect(settings.database)
    # Not here: as long as the database makes us wait, no signal would be heard.
    await asyncio.to_thread(schema.apply, engine, migrated)
    return EmbeddedStore(engine, outdated=_end)


async def open_as_it_is(settings: Settings) -> Store:
    """Open the database as a command does, which never changes a schema.

    Raises `SettingsError` where there is none, or an older one.
    """
    if settings.postgres is not None:
        from gateway.store.postgres import PostgresStore  # noqa: PLC0415 - embedded has none

        store: Store = PostgresStore(settings.postgres)
    elif settings.database.exists():
        store = EmbeddedStore(connect(settings.database))
    else:
        raise SettingsError(f"there is no database at {settings.database}: {schema.SETS_UP}")
    try:
        why = await store.read(schema.lacking)
    except BaseException:
        await store.close()
        raise
    if why is not None:
        await store.close()
        raise SettingsError(why)
    return store


def private_folder(path: Path) -> None:
    """Make a folder that only its owner enters, or make it such; say so where that fails."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.stat().st_mode & 0o077:
        try:
            path.chmod(0o700)
        except OSError as error:
            log.warning("folder_open", folder=str(path), why=error.strerror)


def _end(newer: SchemaNewer) -> None:
    """End this process in good order: over a newer schema it can only fail."""
    log.error("schema_newer", why=str(newer))
    os.kill(os.getpid(), signal.SIGTERM)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Store]:
    """Open the database, as it is, for as long as somebody works with it."""
    store = await open_as_it_is(settings)
    try:
        yield store
    finally:
        await store.close()


async def over_store(settings: Settings, job: Callable[[Store], Awaitable[T]]) -> T:
    """Open the database, do one thing with it, and close it again."""
    async with opened(settings) as store:
        return await job(store)


def shared(store: Store) -> PostgresStore | None:
    """Give a store that other processes use too; None: this one is the only process."""
    if isinstance(store, EmbeddedStore):
        return None
    from gateway.store.postgres import PostgresStore  # noqa: PLC0415 - embedded has none

    return store if isinstance(store, PostgresStore) else None


def find_system(config: SystemSettings, number: int) -> System:
    """Bring a configured system and its adapter together, or say in one line what is wrong."""
    found = registry.find_adapters()
    if config.adapter not in found.adapters:
        broken = found.broken.get(config.adapter)
        why = f"it cannot be loaded: {broken}" if broken else "there is no such adapter"
        raise SettingsError(f"systems.{config.name}.adapter: {config.adapter}: {why}")
    adapter = found.adapters[config.adapter]
    try:
        own = adapter.settings.model_validate(dict(config.settings))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"systems.{config.name}.settings.{place}: {first['msg']}") from None
    facts = facts_in_force(adapter, config)
    check_limits(config.name, facts)
    return System(
        id=number,
        config=config,
        adapter=adapter,
        settings=own,
        facts=facts,
        tables=registry.tables_hash(adapter),
    )


def check_limits(name: str, facts: Facts) -> None:
    """Refuse deadlines under which a lane could be taken over while it is being talked about."""
    needed = facts.exchange * facts.exchanges
    if needed > facts.conversation:
        raise SettingsError(
            f"systems.{name}.limits: {facts.exchanges} exchanges of {facts.exchange:g} s take "
            f"{needed:g} s, which does not fit into a conversation of {facts.conversation:g} s"
        )
    if facts.lease_seconds <= facts.conversation:
        raise SettingsError(
            f"systems.{name}.limits: the lease ({facts.lease_seconds:g} s) must outlast the "
            f"conversation ({facts.conversation:g} s)"
        )


async def find_systems(settings: Settings, store: Store) -> Systems:
    """Give every configured system its row and its adapter."""
    procedures = open_procedures(settings.procedures)
    agencies = open_agencies(settings.agencies)
    calendar = open_calendar(settings.holidays)
    use_communes(settings.communes)
    tables = in_use(settings, procedures, agencies, calendar)
    for config in settings.systems:
        find_system(config, 0)  # all settings are checked before anything is written
    names = [config.name for config in settings.systems]
    numbers = await store.write(lambda connection: system_rows.register(connection, names))
    systems = tuple(find_system(config, numbers[config.name]) for config in settings.systems)
    inboxes = {}
    for system in systems:
        if system.listens:
            inboxes[system.name] = await store.write(
                lambda connection: clients.of_system(connection, system.config)  # noqa: B023 - awaited in this turn
            )
    return Systems(systems, settings.codes, inboxes, procedures, agencies, calendar, tables)
