"""The delivering half of a gateway, and the process that is nothing else."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from adapters.kit.files import Folder
from adapters.kit.http import HttpTransport
from adapters.kit.port import FolderSettings, WebSettings
from adapters.kit.session import SessionCache
from adapters.kit.sql import OdbcDatabase
from gateway.access.principals import Principal
from gateway.access.sealing import Sealer
from gateway.admission.inbox import InboundHandler
from gateway.delivery.consistency import ConsistencyScan
from gateway.delivery.context import WorkerContext
from gateway.delivery.conversation import SystemConnection
from gateway.delivery.expiring import watch_expiry
from gateway.delivery.foreign_clocks import ForeignClocks
from gateway.delivery.plans import PlanRunner
from gateway.delivery.poller import Poller
from gateway.delivery.runner import Runner
from gateway.delivery.shared_session import SharedSessionCache
from gateway.delivery.sweeper import sweep, turn_months
from gateway.delivery.witness import EVERY, RestoreWatch, StateFolder
from gateway.dossiers.systems import System, Systems
from gateway.intake.files import FileStore
from gateway.main.bootstrap import find_systems, open_store, shared, show
from gateway.main.database_clock import DatabaseClock
from gateway.main.schema_watch import watch_schema
from gateway.main.settings_seen import note_settings
from gateway.main.ways import digests_of_ways, try_what_was_mended
from gateway.retries.embedded import EmbeddedRetries
from gateway.retries.port import Origin, Retries, Wake, Witness
from gateway.settings import Settings, SettingsError
from gateway.store.engine import Store
from gateway.store.seal import Seal, audit_key
from gateway.store.work import inboxes, lanes
from gateway.store.work import systems as system_rows
from gateway.watch import metrics
from gateway.watch.loop import watch_loop
from gateway.watch.outages import Outage

QUIET_SECONDS = 2.0
"""Seconds for which a file of theirs must lie unchanged before it is read."""
SHORTEST_QUIET = 0.25
"""Their pen is as slow in a demonstration as in life: this is not scaled below it."""


@dataclass
class Delivery:
    """The delivering half of a gateway: runners, retries, sweeper."""

    store: Store
    systems: Systems
    files: FileStore
    accounts: Mapping[str, Principal]
    settings: Settings

    def __post_init__(self) -> None:
        """Make one runner per system that is to be spoken to, and a poller where one is asked."""
        self.scale = self.settings.time_scale
        self.session_caches: dict[int, SessionCache] = {}
        self.worker = f"{socket.gethostname()}:{os.getpid()}"
        origin = Origin()
        self.retries = find_retries(self.settings, self.systems, origin)
        self.ways = digests_of_ways(self.systems, audit_key(self.settings, make=False))
        context = WorkerContext(
            store=self.store,
            systems=self.systems,
            retries=self.retries,
            worker=self.worker,
            scale=self.scale,
            wake=self.wake,
            ways=self.ways,
        )
        self.restores = restore_watch(
            self.settings, self.store, self.systems, self.worker, origin=origin
        )
        self.plans = PlanRunner(context)
        self.clocks = ForeignClocks()
        self.inbound = InboundHandler(self.store, self.systems, self.accounts, self.wake)
        self.pollers = [
            Poller(
                context,
                system,
                self._outbound(system),
                self.inbound.handle,
            )
            for system in self.systems.all
            if system.config.mode == "live" and system.adapter.poll is not None
        ]
        self.runners = {
            system.id: Runner(
                context,
                system,
                self._outbound(system),
            )
            for system in self.systems.all
            if system.config.mode != "off"
        }

    def _outbound(self, system: System) -> SystemConnection:
        made = outbound(system, self.files, self.session_cache(system), self.scale)
        return replace(made, clocks=self.clocks)

    def session_cache(self, system: System) -> SessionCache:
        """Give who keeps the session of a system: shared by all processes where there are more."""
        if system.id in self.session_caches:
            return self.session_caches[system.id]
        session, key = system.adapter.session, self.settings.seal_key
        seconds = session.seconds if session is not None else 0
        on_change = partial(metrics.login, system.name)
        made = SessionCache(seconds, on_change=on_change)
        if session is not None and key is not None and shared(self.store) is not None:
            made = SharedSessionCache(
                seconds,
                on_change=on_change,
                store=self.store,
                seal=Seal.from_text(key),
                system=system.id,
            )
        self.session_caches[system.id] = made
        return made

    def wake(self, systems: Collection[int] | None = None) -> None:
        """Let runners look at the outbox: those of these systems, or all."""
        for number, runner in self.runners.items():
            if systems is None or number in systems:
                runner.wake()

    async def _wake_lanes(self, waits: Sequence[Wake]) -> int:
        woken = await self.store.write(lambda connection: lanes.wake(connection, waits))
        self.wake({system for _, system, _ in waits})
        return woken

    async def run(self) -> None:
        """Deliver until cancelled; what is under way is finished on the way out."""
        if (fleet := shared(self.store)) is not None:
            fleet.listen(self.wake)
            months = turn_months(self.store, self.settings.keep_months)
        else:  # the only process: whoever held anything is dead
            months = None
            await self.store.write(lanes.lapse_all)
            await self.store.write(system_rows.count_places)
            await self.store.write(inboxes.lapse_all)
        await self.restores.begin()
        await try_what_was_mended(self.store, self.ways)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.restores.run())
            if months is not None:
                tasks.create_task(months)
            tasks.create_task(self.retries.run(self._wake_lanes))
            tasks.create_task(sweep(self.store, self.systems.all, self.wake, self.scale))
            tasks.create_task(ConsistencyScan(self.store, self.worker, self._spoken_to).run())
            tasks.create_task(self.plans.run())
            tasks.create_task(watch_expiry(self._ways()))
            tasks.create_task(self.clocks.run())
            for runner in self.runners.values():
                tasks.create_task(runner.run())
            for poller in self.pollers:
                tasks.create_task(poller.run())

    @property
    def _spoken_to(self) -> frozenset[str]:
        return frozenset(runner.system.name for runner in self.runners.values())

    def _ways(self) -> list[tuple[System, HttpTransport]]:
        """Give the systems behind HTTP, each with its way."""
        return [
            (runner.system, runner.outbound.transport)
            for runner in self.runners.values()
            if runner.outbound.transport is not None
        ]

    async def close(self) -> None:
        """Close the ways to all systems, after a last look at how far the database is."""
        await self.restores.close()
        for runner in self.runners.values():
            await runner.close()
        for poller in self.pollers:
            await poller.close()


def restore_watch(
    settings: Settings,
    store: Store,
    systems: Systems,
    worker: str,
    *,
    origin: Origin | None = None,
) -> RestoreWatch:
    """Make who notices that the database was restored; RabbitMQ is asked by whoever delivers.

    origin: of the wake-ups of whoever delivers
    """
    broker: Witness | None = None
    if settings.amqp is not None and origin is not None:
        from gateway.retries.witness import RabbitWitness  # noqa: PLC0415 - embedded has none

        broker = RabbitWitness(settings.amqp)
    return RestoreWatch(
        store,
        systems,
        StateFolder(settings.state_folder),
        worker=worker,
        broker=broker,
        origin=origin,
        every=EVERY * settings.time_scale,
    )


def find_retries(settings: Settings, systems: Systems, origin: Origin) -> Retries:
    """Choose who holds the waiting: RabbitMQ where one is named, else the process itself."""
    if settings.amqp is None:
        return EmbeddedRetries()
    from gateway.retries.rabbit import RabbitRetries  # noqa: PLC0415 - embedded has none
    from gateway.retries.topology import Queues, unsound  # noqa: PLC0415 - it is the broker's

    names = {system.id: system.name for system in systems.all if system.config.mode != "off"}
    retries = RabbitRetries(settings.amqp, names, Queues(settings.time_scale), origin)
    wrong = unsound(retries.queues())
    if wrong is not None:
        raise SettingsError(f"the queues of the retries: {wrong}")
    return retries


def queues(settings: Settings, systems: Systems) -> dict[str, tuple[str, str]]:
    """Name every queue that may stand, with its system (`all`: for all of them) and its part."""
    if settings.amqp is None:
        return {}
    from gateway.retries.topology import Queues  # noqa: PLC0415 - embedded has none

    made = Queues(settings.time_scale)
    found = {name: ("all", name.rpartition(".")[2]) for name in made.lasting()}
    for system in systems.all:
        if system.config.mode != "off":
            own = made.every([system.name]).keys() - made.lasting().keys()
            found |= {name: (system.name, name.rpartition(f".{system.name}.")[2]) for name in own}
    return found


def outbound(
    system: System, files: FileStore, session_cache: SessionCache, scale: float
) -> SystemConnection:
    """Open the ways to one system."""
    settings = system.settings
    if isinstance(settings, FolderSettings):
        folder = Folder(
            settings.folder,
            max(QUIET_SECONDS * scale, SHORTEST_QUIET),
            system.facts.exchange,
            scale=scale,
        )
        ask = system.adapter.database
        stated = ask(settings) if ask is not None else None
        database = OdbcDatabase(stated) if stated is not None else None
        return SystemConnection(session_cache, folder=folder, database=database)
    if not isinstance(settings, WebSettings):
        return SystemConnection(session_cache)
    transport = HttpTransport(
        settings.base_url,
        exchange_seconds=system.facts.exchange,
        ca_file=system.config.ca_file,
        proxy=system.config.proxy,
        files=files.path,
    )
    return SystemConnection(session_cache, transport=transport)


def accounts(systems: Systems) -> dict[str, Principal]:
    """Give the clients as which systems speak to us."""
    return {
        system.name: Principal(
            id=systems.inboxes[system.name],
            name=f"system:{system.name}",
            environment=system.config.environment,
            agencies=system.config.inbox.agencies if system.config.inbox else ("*",),
            sort="system",
        )
        for system in systems.all
        if system.listens
    }


async def work(settings: Settings, begun: Callable[[], None]) -> None:
    """Deliver in a process of its own until cancelled, beside any number of others.

    begun: called when there is something to bring to an end
    """
    key = audit_key(settings, make=True)
    store = await open_store(settings, Outage("away", "back", what="database"))
    show(store)
    clock = DatabaseClock(store)
    await clock.look()
    systems = await find_systems(settings, store)
    await note_settings(store, settings, systems)
    files = FileStore(settings.data / "files", settings.max_file_bytes)
    delivery = Delivery(store, systems, files, accounts(systems), settings)
    loop = asyncio.create_task(watch_loop())
    sealing = asyncio.create_task(Sealer(store, key, delivery.worker).run())
    comparing = asyncio.create_task(clock.run())
    watching = asyncio.create_task(watch_schema(store))
    begun()
    try:
        await delivery.run()
    finally:
        loop.cancel()
        sealing.cancel()
        comparing.cancel()
        watching.cancel()
        await delivery.close()
        await store.close()
