"""RabbitMQ as it really behaves: away, frozen, robbed, full; and the traps that were met."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aio_pika
import pytest

from gateway.retries import consuming, publishing, topology, watching
from gateway.retries import rabbit as retries_module
from gateway.retries.idle import IdleQueues
from gateway.retries.port import Wake
from gateway.retries.queues import STEP, declare, depth
from gateway.retries.rabbit import RabbitRetries
from gateway.retries.topology import CRASHES
from gateway.retries.watching import Watch
from gateway.rules.schedule import RUNGS
from gateway.workbench.servers import PrivateRabbit
from tests.retries.test_port import SCALE, Bell, end, rabbit_retries, waiting


@asynccontextmanager
async def holding(server: PrivateRabbit) -> AsyncIterator[tuple[RabbitRetries, Bell]]:
    """Run retries over the broker until the block ends."""
    retries, bell = rabbit_retries(server.url), Bell()
    task = asyncio.create_task(retries.run(bell.wake))
    try:
        yield retries, bell
    finally:
        await end(task)


async def up(retries: RabbitRetries, wanted: bool = True) -> None:
    """Wait until the broker is there, or away."""
    async with asyncio.timeout(40):
        while retries.up is not wanted:
            await asyncio.sleep(0.05)


@asynccontextmanager
async def looking(server: PrivateRabbit) -> AsyncIterator[aio_pika.abc.AbstractChannel]:
    """Look into the broker."""
    async with await aio_pika.connect(server.url) as connection:
        yield await connection.channel(publisher_confirms=True, on_return_raises=True)


def parked_of(retries: RabbitRetries) -> str:
    """Name where wake-ups are parked."""
    return next(name for name in retries.queues() if name.endswith(".parked"))


def ready_of(retries: RabbitRetries) -> str:
    """Name where wake-ups come out."""
    return next(name for name in retries.queues() if name.endswith(".ready"))


async def first(
    channel: aio_pika.abc.AbstractChannel, name: str
) -> aio_pika.abc.AbstractIncomingMessage:
    """Wait for the first message of a queue, and take it."""
    queue = await channel.get_queue(name)
    async with asyncio.timeout(30):
        while (found := await queue.get(fail=False)) is None:
            await asyncio.sleep(0.05)
    return found


async def test_names_speak_and_all_are_quorum_queues(rabbit: PrivateRabbit) -> None:
    """An operator reads whose wait it is, and how long; no queue stands before its first wait."""
    async with holding(rabbit) as (retries, bell):
        await up(retries)
        retries.hold([waiting(0), waiting(2)])
        await bell.until(1)
        rows = json.loads(
            await asyncio.to_thread(
                rabbit.control, "list_queues", "name", "type", "--formatter", "json"
            )
        )
    place = ready_of(retries).removesuffix("ready")
    ours = {row["name"].removeprefix(place): row["type"] for row in rows if place in row["name"]}

    assert set(ours) == {
        "ready",
        "parked",
        *(f"a1.wait-{RUNGS[rung] * SCALE:g}s" for rung in (0, 2)),
    }
    assert set(ours.values()) == {"rabbit_quorum_queue"} or set(ours.values()) == {"quorum"}


async def test_messages_carry_no_personal_data(rabbit: PrivateRabbit) -> None:
    """A message is a lane and a fence, nothing else."""
    async with holding(rabbit) as (retries, _), looking(rabbit) as channel:
        await up(retries)
        retries.hold([waiting(3)])
        await standing(rabbit, [retries.waiting(1, 3)])
        message = await first(channel, retries.waiting(1, 3))
        await message.reject(requeue=True)

    assert set(json.loads(message.body)) == {"lane", "fence", "database"}
    assert not set(message.headers) - {"x-delivery-count"}


async def test_a_broker_that_is_away_at_the_start_is_found_later(rabbit: PrivateRabbit) -> None:
    """What was held meanwhile is published once it is there."""
    await asyncio.to_thread(rabbit.control, "stop_app")
    try:
        async with holding(rabbit) as (retries, bell):
            retries.hold([waiting()])
            await asyncio.sleep(1.0)
            assert not retries.up
            await asyncio.to_thread(rabbit.control, "start_app")
            await bell.until(1, 60)
    finally:
        await asyncio.to_thread(rabbit.control, "start_app")


async def test_a_restart_is_survived(rabbit: PrivateRabbit) -> None:
    """Waits that lay in the broker come back after its restart, and consuming goes on.

    One whose time is up while the broker starts may be dropped: its target is not there yet.
    """
    async with holding(rabbit) as (retries, bell):
        await up(retries)
        retries.hold([waiting(2)])
        await asyncio.sleep(0.5)
        await asyncio.to_thread(rabbit.control, "stop_app")
        await up(retries, wanted=False)
        await asyncio.to_thread(rabbit.control, "start_app")
        await bell.until(1, 60)
        retries.hold([waiting()])
        await bell.until(2, 60)


async def test_a_frozen_broker_stops_nobody(rabbit: PrivateRabbit) -> None:
    """Law 2: While it is frozen `hold` returns at once; afterwards everything is published."""
    async with holding(rabbit) as (retries, bell):
        await up(retries)
        rabbit.pause()
        begun = time.monotonic()
        retries.hold([waiting() for _ in range(50)])
        held = time.monotonic() - begun
        await asyncio.sleep(6.0)
        rabbit.resume()
        async with asyncio.timeout(60):
            while len({lane for lane, _ in bell.woken}) < 50:
                await asyncio.sleep(0.1)

    assert held < 0.5


async def test_a_deleted_queue_is_declared_again(rabbit: PrivateRabbit) -> None:
    """An unroutable wait is noticed, and goes to a queue of the same name."""
    async with holding(rabbit) as (retries, bell), looking(rabbit) as channel:
        retries.hold([waiting()])
        await bell.until(1, 30)
        await channel.queue_delete(retries.waiting(1, 0))
        retries.hold([waiting()])
        await bell.until(2, 30)


async def test_all_queues_in_use_stand_again(
    rabbit: PrivateRabbit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Deleted by hand they are there before the next wait, delay queues too."""
    monkeypatch.setattr(consuming, "LOOK", 0.5)
    monkeypatch.setattr(publishing, "LOOK", 0.5)
    async with holding(rabbit) as (retries, bell), looking(rabbit) as channel:
        retries.hold([waiting(0), waiting(3)])
        await bell.until(1, 30)
        names = [ready_of(retries), retries.waiting(1, 0), retries.waiting(1, 3)]
        for name in names:
            await channel.queue_delete(name)
        stand = await standing(rabbit, names)

    assert stand == set(names)
    assert max(REAL_LOOKS) + STEP < 30


REAL_LOOKS = consuming.LOOK, publishing.LOOK


async def standing(server: PrivateRabbit, names: list[str]) -> set[str]:
    """Wait until all of these stand, and say which do."""
    found: set[str] = set()
    async with asyncio.timeout(30):
        while found != set(names):
            async with await aio_pika.connect(server.url) as connection:
                channel = await connection.channel()
                found.clear()
                for name in names:
                    if await depth(channel, name) is None:
                        channel = await connection.channel()
                    else:
                        found.add(name)
    return found


async def test_an_idle_queue_is_taken_away(rabbit: PrivateRabbit) -> None:
    """Hundreds of systems leave no thousands of queues; one that holds or may hold waits stays."""
    mine, theirs = rabbit_retries(rabbit.url, 3), rabbit_retries(rabbit.url)
    async with await aio_pika.connect(rabbit.url) as connection:
        channel = await connection.channel(publisher_confirms=True)
        queues = mine.queues()
        for system, name in enumerate(mine.waiting(one, 3) for one in (1, 2, 3)):
            await declare(channel, name, {})
            if system == 1:
                await channel.default_exchange.publish(aio_pika.Message(b"x"), name)
        idle = IdleQueues(lambda name: name == mine.waiting(3, 3), queues)
        gone = [await idle.take_away(connection) for _ in range(2)]

    assert gone == [[mine.waiting(1, 3)], []]
    assert theirs.queues().keys().isdisjoint(queues)


async def test_a_memory_alarm_delays_and_loses_nothing(rabbit: PrivateRabbit) -> None:
    """While publishers are blocked the waits stay here; then they go on."""
    async with holding(rabbit) as (retries, bell):
        await up(retries)
        await asyncio.to_thread(rabbit.control, "set_vm_memory_high_watermark", "0")
        try:
            retries.hold([waiting() for _ in range(5)])
            await asyncio.sleep(1.0)
        finally:
            await asyncio.to_thread(rabbit.control, "set_vm_memory_high_watermark", "0.4")
        async with asyncio.timeout(60):
            while len({lane for lane, _ in bell.woken}) < 5:
                await asyncio.sleep(0.1)


class FailingStore:
    """A store that is away when it is told to be."""

    def __init__(self) -> None:
        self.bell = Bell()
        self.away = True
        self.asked = 0

    async def wake(self, lanes: Sequence[Wake]) -> int:
        """Take wake-ups, or say what a store that is away says."""
        self.asked += 1
        if self.away:
            raise ConnectionError
        return await self.bell.wake(lanes)


async def test_a_store_that_is_away_parks_no_wake_up(
    rabbit: PrivateRabbit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 2: None is given back while it is, however often the broker is lost, so none is parked.

    What waits beyond the few that were handed out stays with the broker.
    """
    monkeypatch.setattr(topology, "CRASHES", 2)
    monkeypatch.setattr(consuming, "PREFETCH", 10)
    monkeypatch.setattr(consuming, "LONGEST_PAUSE", 0.5)
    monkeypatch.setattr(retries_module, "LONGEST_PAUSE", 0.2)
    store, retries = FailingStore(), rabbit_retries(rabbit.url)
    task = asyncio.create_task(retries.run(store.wake))
    waits = [waiting() for _ in range(21)]
    retries.hold(waits)
    async with asyncio.timeout(30):
        while not store.asked:
            await asyncio.sleep(0.05)
    for _ in range(4):
        asked = store.asked
        await asyncio.to_thread(rabbit.control, "close_all_connections", "by hand")
        async with asyncio.timeout(30):
            while store.asked < asked + 2:
                await asyncio.sleep(0.05)
    async with looking(rabbit) as channel:
        lies = await depth(channel, ready_of(retries))
        store.away = False
        async with asyncio.timeout(30):
            while len({lane for lane, _ in store.bell.woken}) < len(waits):
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)
        left = [await depth(channel, name) for name in (ready_of(retries), parked_of(retries))]
    await end(task)

    assert lies is not None
    assert (lies >= len(waits) - 10, left) == (True, [0, 0])


async def test_a_poisonous_message_is_parked(rabbit: PrivateRabbit) -> None:
    """What is not one of ours ends in the parking queue, never in a delay queue."""
    async with holding(rabbit) as (retries, _), looking(rabbit) as channel:
        await up(retries)
        await channel.default_exchange.publish(
            aio_pika.Message(b"not json"), ready_of(retries), mandatory=True
        )
        message = await first(channel, parked_of(retries))
        await message.ack()

    assert message.body == b"not json"


async def test_a_full_buffer_drops_and_counts(
    rabbit: PrivateRabbit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 2: Memory stays bounded; what is dropped is counted, and the sweeper has it."""
    monkeypatch.setattr(publishing, "MOST", 10)
    retries = rabbit_retries(rabbit.url)
    retries.hold([waiting() for _ in range(15)])

    assert retries.dropped == 5


async def test_a_queue_with_other_arguments_is_named(
    rabbit: PrivateRabbit, capfd: pytest.CaptureFixture[str]
) -> None:
    """A topology that differs is said in one line with the queue's name; nothing is deleted."""
    retries = rabbit_retries(rabbit.url)
    async with looking(rabbit) as channel:
        name = ready_of(retries)
        await channel.declare_queue(name, durable=True, arguments={"x-queue-type": "quorum"})
    task = asyncio.create_task(retries.run(Bell().wake))
    out = ""
    async with asyncio.timeout(30):
        while "queue_differs" not in out:
            await asyncio.sleep(0.05)
            out += capfd.readouterr().out
    await end(task)

    assert ("queue_differs" in out, name in out, retries.up) == (True, True, False)


async def test_readiness_tells_how_the_broker_is(rabbit: PrivateRabbit) -> None:
    """A process that only takes in knows whether the broker is up, frozen, or up again."""
    watch = Watch(rabbit.url)
    task = asyncio.create_task(watch.run())

    async def said(word: str) -> str:
        async with asyncio.timeout(30):
            while watch.say() != word:
                await asyncio.sleep(0.1)
        return watch.say()

    try:
        seen = [watch.say(), await said("up")]
        rabbit.pause()
        seen.append(await said("down"))
        rabbit.resume()
        seen.append(await said("up"))
    finally:
        rabbit.resume()
        await end(task)

    assert seen == ["unknown", "up", "down", "up"]


async def test_a_lane_may_wait_in_the_same_queue_again_and_again(rabbit: PrivateRabbit) -> None:
    """Each wait is a fresh message: what comes round with old headers would be dropped."""
    wait = waiting()
    async with holding(rabbit) as (retries, bell):
        await up(retries)
        for lap in range(1, 5):
            retries.hold([wait])
            async with asyncio.timeout(20):
                while len(bell.woken) < lap:
                    await asyncio.sleep(0.02)

    assert len(bell.woken) == 4


async def test_a_wake_up_that_crashes_every_worker_is_parked(rabbit: PrivateRabbit) -> None:
    """After ten crashes it lies in the parking queue: neither lost nor handed out for ever."""
    retries = rabbit_retries(rabbit.url)
    task = asyncio.create_task(retries.run(Bell().wake))
    await up(retries)
    await end(task)
    async with looking(rabbit) as channel:
        ready = await channel.get_queue(ready_of(retries))
        await channel.default_exchange.publish(
            aio_pika.Message(b"{}", delivery_mode=2), ready_of(retries)
        )
        crashes = 0
        async with asyncio.timeout(20):
            while (message := await ready.get(fail=False)) is not None or crashes == 0:
                if message is not None:
                    crashes += 1
                    await message.nack(requeue=True)
                await asyncio.sleep(0.02)
        found = await first(channel, parked_of(retries))

    assert (crashes, found.body) == (CRASHES + 1, b"{}")


async def test_cut_connections_are_made_again(rabbit: PrivateRabbit) -> None:
    """Law 2: An operator who closes every connection delays retries, and loses none."""
    async with holding(rabbit) as (retries, bell):
        await up(retries)
        retries.hold([waiting() for _ in range(5)])
        await asyncio.to_thread(rabbit.control, "close_all_connections", "by hand")
        async with asyncio.timeout(40):
            while len({one[0] for one, _ in bell.woken}) < 5:
                await asyncio.sleep(0.05)

    assert len({one[0] for one, _ in bell.woken}) == 5


async def test_a_work_queue_deleted_under_its_consumers_is_noticed(
    rabbit: PrivateRabbit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker only stops sending then; we look, declare it anew, and hear again."""
    monkeypatch.setattr(consuming, "LOOK", 0.5)
    async with holding(rabbit) as (retries, bell):
        await up(retries)
        await asyncio.sleep(0.5)
        async with looking(rabbit) as channel:
            await channel.queue_delete(ready_of(retries))
        async with asyncio.timeout(40):
            while not bell.woken:
                retries.hold([waiting()])  # those that meet no queue are the sweeper's
                await asyncio.sleep(0.5)

    assert bell.woken


async def test_the_depth_of_every_queue_is_seen_from_outside(rabbit: PrivateRabbit) -> None:
    """By a process that only takes in; a queue that nobody made yet is left out."""
    async with holding(rabbit) as (retries, _):
        await up(retries)
        called = {name: ("a", name.rpartition(".")[2]) for name in retries.queues()}
        watch = Watch(rabbit.url, called | {"lienthong.v1.retry.nobody.ready": ("b", "ready")})
        retries.hold([waiting(3)] * 3)
        task = asyncio.create_task(watch.run())
        async with asyncio.timeout(30):
            while sum(watch.depths().values()) < 3:
                await asyncio.sleep(0.05)
        depths = watch.depths()
        await end(task)

    assert depths == {
        called[ready_of(retries)]: 0,
        called[parked_of(retries)]: 0,
        called[retries.waiting(1, 3)]: 3,
    }


async def test_every_queue_is_looked_for_in_turn(
    rabbit: PrivateRabbit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many may stand and do not: the last of them is found too, a few looks later."""
    monkeypatch.setattr(watching, "UNSEEN", 3)
    monkeypatch.setattr(watching, "EVERY", 0.05)
    retries = rabbit_retries(rabbit.url, 4)
    last = retries.waiting(4, 3)
    async with looking(rabbit) as channel:
        await declare(channel, last, {})
    watch = Watch(rabbit.url, {name: ("a", name) for name in retries.queues()})
    task = asyncio.create_task(watch.run())
    async with asyncio.timeout(30):
        while not watch.depths():
            await asyncio.sleep(0.05)
    await end(task)

    assert watch.depths() == {("a", last): 0}
