"""The delivering half of a gateway, and the process that is nothing else."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from adapters.kit.files import Folder
from adapters.kit.http import Carrier
from adapters.kit.port import FolderSettings, WebSettings
from adapters.kit.session import Keeper
from gateway.access.keys import Client
from gateway.access.seal import Seal
from gateway.admission.reception import Reception
from gateway.delivery.checking import Checker
from gateway.delivery.conversation import Channel
from gateway.delivery.ear import Ear
from gateway.delivery.expiring import watch_expiry
from gateway.delivery.runner import Bench, Runner
from gateway.delivery.shared import SharedKeeper
from gateway.delivery.sweeper import sweep, turn_months
from gateway.intake.files import FileRoom
from gateway.main.opening import find_targets, open_store, shared
from gateway.retries.embedded import EmbeddedRetries
from gateway.retries.port import Retries, Wake
from gateway.settings import Settings, SettingsError
from gateway.store import inboxes, lanes, systems
from gateway.store.engine import Store
from gateway.store.systems import Target, Targets
from gateway.watch import metrics
from gateway.watch.loop import watch_loop

SETTLE = 2.0
"""Seconds for which a file of theirs must lie unchanged before it is read."""
SHORTEST_SETTLE = 0.25
"""Their pen is as slow in a demonstration as in life: this is not scaled below it."""


@dataclass
class Delivery:
    """The delivering half of a gateway: runners, retries, sweeper."""

    store: Store
    targets: Targets
    files: FileRoom
    tellers: Mapping[str, Client]
    settings: Settings

    def __post_init__(self) -> None:
        """Make one runner per system that is to be spoken to, and an ear where one is asked."""
        self.scale = self.settings.time_scale
        self.keepers: dict[int, Keeper] = {}
        self.worker = f"{socket.gethostname()}:{os.getpid()}"
        self.retries = find_retries(self.settings, self.targets)
        bench = Bench(
            store=self.store,
            targets=self.targets,
            retries=self.retries,
            worker=self.worker,
            scale=self.scale,
            wake=self.wake,
        )
        self.reception = Reception(self.store, self.targets, self.tellers, self.wake)
        self.ears = [
            Ear(
                bench,
                target,
                channel(target, self.files, self.keeper(target), self.scale),
                self.reception.hear,
            )
            for target in self.targets.all
            if target.config.mode == "live" and target.adapter.poll is not None
        ]
        self.runners = {
            target.id: Runner(
                bench, target, channel(target, self.files, self.keeper(target), self.scale)
            )
            for target in self.targets.all
            if target.config.mode != "off"
        }

    def keeper(self, target: Target) -> Keeper:
        """Give who keeps the session of a system: shared by all processes where there are more."""
        if target.id in self.keepers:
            return self.keepers[target.id]
        session, key = target.adapter.session, self.settings.seal_key
        seconds = session.seconds if session is not None else 0
        told = partial(metrics.login, target.name)
        made = Keeper(seconds, told=told)
        if session is not None and key is not None and shared(self.store) is not None:
            made = SharedKeeper(
                seconds, told=told, store=self.store, seal=Seal.read(key), system=target.id
            )
        self.keepers[target.id] = made
        return made

    def wake(self, systems: Collection[int] | None = None) -> None:
        """Let runners look at the agenda: those of these systems, or all."""
        for number, runner in self.runners.items():
            if systems is None or number in systems:
                runner.wake()

    async def _wake_lanes(self, waits: Sequence[Wake]) -> None:
        await self.store.write(lambda connection: lanes.wake(connection, waits))
        self.wake({system for _, system, _ in waits})

    async def run(self) -> None:
        """Deliver until cancelled; what is under way is finished on the way out."""
        if (fleet := shared(self.store)) is not None:
            fleet.listen(self.wake)
            months = turn_months(self.store, self.settings.keep_months)
        else:  # the only process: whoever held anything is dead
            months = None
            await self.store.write(lanes.lapse_all)
            await self.store.write(systems.count_places)
            await self.store.write(inboxes.lapse_all)
        async with asyncio.TaskGroup() as tasks:
            if months is not None:
                tasks.create_task(months)
            tasks.create_task(self.retries.run(self._wake_lanes))
            tasks.create_task(sweep(self.store, self.targets.all, self.wake, self.scale))
            tasks.create_task(Checker(self.store, self.worker, self._spoken_to).run())
            tasks.create_task(watch_expiry(self._ways()))
            for runner in self.runners.values():
                tasks.create_task(runner.run())
            for ear in self.ears:
                tasks.create_task(ear.run())

    @property
    def _spoken_to(self) -> frozenset[str]:
        return frozenset(runner.target.name for runner in self.runners.values())

    def _ways(self) -> list[tuple[Target, Carrier]]:
        """Give the systems behind HTTP, each with its way."""
        return [
            (runner.target, runner.channel.carrier)
            for runner in self.runners.values()
            if runner.channel.carrier is not None
        ]

    async def close(self) -> None:
        """Close the ways to all systems."""
        for runner in self.runners.values():
            await runner.close()
        for ear in self.ears:
            await ear.close()


def find_retries(settings: Settings, targets: Targets) -> Retries:
    """Choose who holds the waiting: RabbitMQ where one is named, else the process itself."""
    if settings.amqp is None:
        return EmbeddedRetries()
    from gateway.retries.rabbit import RabbitRetries, unsound  # noqa: PLC0415 - embedded has none

    names = {target.id: target.name for target in targets.all if target.config.mode != "off"}
    retries = RabbitRetries(settings.amqp, names, settings.time_scale)
    wrong = unsound(retries.queues())
    if wrong is not None:
        raise SettingsError(f"the queues of the retries: {wrong}")
    return retries


def queues(settings: Settings, targets: Targets) -> dict[str, tuple[str, str]]:
    """Name every queue of the retries, with its system and its part."""
    if settings.amqp is None:
        return {}
    from gateway.retries.rabbit import RabbitRetries  # noqa: PLC0415 - embedded has none

    names = {target.id: target.name for target in targets.all if target.config.mode != "off"}
    retries = RabbitRetries(settings.amqp, names, settings.time_scale)
    return {
        queue: (name, queue.rpartition(f".{name}.")[2])
        for queue in retries.queues()
        for name in names.values()
        if f".{name}." in queue
    }


def channel(target: Target, files: FileRoom, keeper: Keeper, scale: float) -> Channel:
    """Open the ways to one system."""
    settings = target.settings
    if isinstance(settings, FolderSettings):
        folder = Folder(
            settings.folder, max(SETTLE * scale, SHORTEST_SETTLE), target.facts.exchange
        )
        return Channel(keeper, folder=folder)
    if not isinstance(settings, WebSettings):
        return Channel(keeper)
    carrier = Carrier(
        settings.base_url,
        exchange_seconds=target.facts.exchange,
        ca_file=target.config.ca_file,
        proxy=target.config.proxy,
        files=files.path,
    )
    return Channel(keeper, carrier=carrier)


def tellers(targets: Targets) -> dict[str, Client]:
    """Give the clients as which systems speak to us."""
    return {
        target.name: Client(
            id=targets.inboxes[target.name],
            name=f"system:{target.name}",
            environment=target.config.environment,
            agencies=target.config.inbox.agencies if target.config.inbox else ("*",),
        )
        for target in targets.all
        if target.listens
    }


async def work(settings: Settings, begun: Callable[[], None]) -> None:
    """Deliver in a process of its own until cancelled, beside any number of others.

    begun: called when there is something to bring to an end
    """
    store = await open_store(settings)
    targets = await find_targets(settings, store)
    files = FileRoom(settings.data / "files", settings.max_file_bytes)
    delivery = Delivery(store, targets, files, tellers(targets), settings)
    loop = asyncio.create_task(watch_loop())
    begun()
    try:
        await delivery.run()
    finally:
        loop.cancel()
        await delivery.close()
        await store.close()
