"""The API; over an embedded database it delivers too."""

from __future__ import annotations

import asyncio
import fcntl
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from fastapi import FastAPI

from gateway.access.issuer import read_issuer
from gateway.access.sealing import Sealer
from gateway.admission.batcher import RequestBatcher
from gateway.admission.inbox import InboundHandler
from gateway.dossiers.expecting import prepare
from gateway.dossiers.systems import Systems
from gateway.intake.app import Parts, application
from gateway.intake.files import FileStore
from gateway.intake.load import Load
from gateway.main.bootstrap import find_systems, open_store, private_folder, show
from gateway.main.database_clock import DatabaseClock
from gateway.main.delivery import Delivery, accounts, queues, restore_watch
from gateway.main.people import people_of, transport_to
from gateway.main.schema_watch import watch_schema
from gateway.main.settings_seen import note_settings
from gateway.settings import Settings, SettingsError
from gateway.store.seal import audit_key
from gateway.watch.loop import watch_loop
from gateway.watch.outages import Outage

if TYPE_CHECKING:
    from gateway.retries.watching import Watch


def lock(data: Path) -> IO[str]:
    """Make sure that this is the only gateway over an embedded database."""
    private_folder(data)
    descriptor = os.open(data / "gateway.lock", os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    os.fchmod(descriptor, 0o600)
    handle = os.fdopen(descriptor, "a+", encoding="utf-8")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise SettingsError(f"{data}: another gateway is running over this folder") from None
    handle.truncate(0)
    handle.write(f"{os.getpid()}\n")
    handle.flush()
    return handle


async def build(settings: Settings) -> FastAPI:
    """Make the API; over an embedded database it delivers too, for as long as it runs."""
    issuer = read_issuer(settings.oidc) if settings.oidc is not None else None
    held = lock(settings.data) if settings.postgres is None else None
    key = audit_key(settings, make=True)
    store = await open_store(settings, Outage("away", "back", what="database"))
    show(store)
    sealer = Sealer(store, key, f"{socket.gethostname()}:{os.getpid()}")
    clock = DatabaseClock(store)
    await clock.look()
    systems = await find_systems(settings, store)
    await asyncio.to_thread(prepare, systems)
    files = _open_files(settings)
    await note_settings(store, settings, systems)
    speakers = accounts(systems)
    delivery = Delivery(store, systems, files, speakers, settings) if held is not None else None
    wake = delivery.wake if delivery is not None else store.announce
    work = delivery or restore_watch(settings, store, systems, sealer.holder)
    broker = _broker(settings, systems)
    identity = transport_to(issuer) if issuer is not None else None

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        running = asyncio.create_task(work.run())
        lasting = [watch_loop(), sealer.run(), clock.run(), watch_schema(store)]
        lasting += [app.state.keys.note_uses(), *([broker.run()] if broker is not None else [])]
        beside = [asyncio.create_task(one) for one in lasting]
        try:
            yield
        finally:
            for one in beside:
                one.cancel()
            running.cancel()
            await asyncio.wait([running])
            await work.close()
            if identity is not None:
                await identity.close()
            await store.close()
            if held is not None:
                held.close()

    parts = Parts(
        batcher=RequestBatcher(store, systems, wake, speakers),
        store=store,
        files=files,
        systems=systems,
        load=Load(settings.bounds, settings.data),
        hear=InboundHandler(store, systems, speakers, wake).handle,
        metrics_port=settings.metrics_port,
        files_secret=settings.files_secret,
        at_risk=int(settings.at_risk_hours * 3_600_000),
    )
    if broker is not None:
        parts = replace(parts, broker=broker.say, depths=broker.depths)
    if issuer is not None and identity is not None:
        parts = replace(parts, people=people_of(issuer, identity, store).find)
    return application(parts, lifespan)


def _open_files(settings: Settings) -> FileStore:
    """Open the folder of uploaded files, of which nobody else reads one."""
    private_folder(settings.data)
    private_folder(settings.data / "files")
    files = FileStore(settings.data / "files", settings.max_file_bytes)
    files.tidy()
    return files


def _broker(settings: Settings, systems: Systems) -> Watch | None:
    if settings.amqp is None:
        return None
    from gateway.retries.watching import Watch  # noqa: PLC0415 - embedded has none

    return Watch(settings.amqp, queues(settings, systems))
