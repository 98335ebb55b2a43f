"""RabbitMQ as it really behaves: away, frozen, robbed, full; and the traps that were met."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aio_pika
import pytest

from gateway.retries import rabbit as module
from gateway.retries.rabbit import RUNGS, RabbitRetries
from gateway.retries.watching import Watch
from gateway.workbench.servers import PrivateRabbit
from tests.retries.test_port import SCALE, Bell, end, waiting


@asynccontextmanager
async def holding(server: PrivateRabbit) -> AsyncIterator[tuple[RabbitRetries, Bell]]:
    """Run retries over the broker until the block ends."""
    retries, bell = RabbitRetries(server.url, {1: f"s{time.monotonic_ns()}"}, SCALE), Bell()
    task = asyncio.create_task(retries.run(bell.wake))
    try:
        yield retries, bell
    finally:
        await end(task)


async def up(retries: RabbitRetries, wanted: bool = True) -> None:
    """Wait until the broker is there, or away."""
    async with asyncio.timeout(40):
        while retries.counters.up is not wanted:
            await asyncio.sleep(0.05)


@asynccontextmanager
async def looking(server: PrivateRabbit) -> AsyncIterator[aio_pika.abc.AbstractChannel]:
    """Look into the broker."""
    async with await aio_pika.connect(server.url) as connection:
        yield await connection.channel(publisher_confirms=True, on_return_raises=True)


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
    """An operator reads whose wait it is, and how long, in the broker's own list."""
    async with holding(rabbit) as (retries, _):
        await up(retries)
        name = retries.queue(1, "")
        rows = json.loads(
            await asyncio.to_thread(
                rabbit.control, "list_queues", "name", "type", "--formatter", "json"
            )
        )
    ours = {row["name"].removeprefix(name): row["type"] for row in rows if name in row["name"]}

    assert set(ours) == {
        "ready",
        "parked",
        *(f"wait-{rung * SCALE:g}s" for rung in RUNGS),
    }
    assert set(ours.values()) == {"rabbit_quorum_queue"} or set(ours.values()) == {"quorum"}


async def test_messages_carry_no_personal_data(rabbit: PrivateRabbit) -> None:
    """A message is a lane and a fence, nothing else."""
    async with holding(rabbit) as (retries, _), looking(rabbit) as channel:
        await up(retries)
        retries.hold([waiting(RUNGS[-1] * SCALE)])
        message = await first(channel, retries.waiting(1, RUNGS[-1]))
        await message.reject(requeue=True)

    assert set(json.loads(message.body)) == {"lane", "fence"}
    assert not set(message.headers) - {"x-delivery-count"}


async def test_a_broker_that_is_away_at_the_start_is_found_later(rabbit: PrivateRabbit) -> None:
    """What was held meanwhile is published once it is there."""
    await asyncio.to_thread(rabbit.control, "stop_app")
    try:
        async with holding(rabbit) as (retries, bell):
            retries.hold([waiting()])
            await asyncio.sleep(1.0)
            assert not retries.counters.up
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
        retries.hold([waiting(300 * SCALE)])
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
    """An unroutable wait is noticed, and the topology stands again."""
    async with holding(rabbit) as (retries, bell), looking(rabbit) as channel:
        await up(retries)
        await channel.queue_delete(retries.waiting(1, 10.0))
        retries.hold([waiting()])
        await bell.until(1, 30)


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


async def test_a_store_that_is_away_costs_no_wake_up(rabbit: PrivateRabbit) -> None:
    """A wake-up that the store could not take is delivered again, not nacked in a loop."""
    bell = Bell()
    failed: list[list[object]] = []

    async def wake(lanes: list[object]) -> None:
        if not failed:
            failed.append(lanes)
            raise ConnectionError
        await bell.wake(lanes)  # type: ignore[arg-type]

    retries = RabbitRetries(rabbit.url, {1: f"s{time.monotonic_ns()}"}, SCALE)
    task = asyncio.create_task(retries.run(wake))  # type: ignore[arg-type]
    await up(retries)
    retries.hold([waiting()])
    await bell.until(1, 30)
    await end(task)

    assert len(failed) == 1


async def test_a_poisonous_message_is_parked(rabbit: PrivateRabbit) -> None:
    """What is not one of ours ends in the parking queue, never in a delay queue."""
    async with holding(rabbit) as (retries, _), looking(rabbit) as channel:
        await up(retries)
        await channel.default_exchange.publish(
            aio_pika.Message(b"not json"), retries.queue(1, "ready"), mandatory=True
        )
        message = await first(channel, retries.queue(1, "parked"))
        await message.ack()

    assert message.body == b"not json"


async def test_a_full_buffer_drops_and_counts(
    rabbit: PrivateRabbit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 2: Memory stays bounded; what is dropped is counted, and the sweeper has it."""
    monkeypatch.setattr(module, "MOST", 10)
    retries = RabbitRetries(rabbit.url, {1: "nobody"}, SCALE)
    retries.hold([waiting() for _ in range(15)])

    assert retries.counters.dropped == 5


async def test_a_queue_with_other_arguments_is_named(
    rabbit: PrivateRabbit, capfd: pytest.CaptureFixture[str]
) -> None:
    """A topology that differs is said in one line with the queue's name; nothing is deleted."""
    retries = RabbitRetries(rabbit.url, {1: f"s{time.monotonic_ns()}"}, SCALE)
    async with looking(rabbit) as channel:
        name = retries.queue(1, "ready")
        await channel.declare_queue(name, durable=True, arguments={"x-queue-type": "quorum"})
    task = asyncio.create_task(retries.run(Bell().wake))
    out = ""
    async with asyncio.timeout(30):
        while "queue_differs" not in out:
            await asyncio.sleep(0.05)
            out += capfd.readouterr().out
    await end(task)

    assert ("queue_differs" in out, name in out, retries.counters.up) == (True, True, False)


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
    retries = RabbitRetries(rabbit.url, {1: f"s{time.monotonic_ns()}"}, SCALE)
    task = asyncio.create_task(retries.run(Bell().wake))
    await up(retries)
    await end(task)
    async with looking(rabbit) as channel:
        ready = await channel.get_queue(retries.queue(1, "ready"))
        await channel.default_exchange.publish(
            aio_pika.Message(b"{}", delivery_mode=2), retries.queue(1, "ready")
        )
        crashes = 0
        async with asyncio.timeout(20):
            while (message := await ready.get(fail=False)) is not None or crashes == 0:
                if message is not None:
                    crashes += 1
                    await message.nack(requeue=True)
                await asyncio.sleep(0.02)
        found = await first(channel, retries.queue(1, "parked"))

    assert (crashes, found.body) == (module.CRASHES + 1, b"{}")


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
    monkeypatch.setattr(module, "LOOK", 0.5)
    async with holding(rabbit) as (retries, bell):
        await up(retries)
        await asyncio.sleep(0.5)
        async with looking(rabbit) as channel:
            await channel.queue_delete(retries.queue(1, "ready"))
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
        retries.hold([waiting(1800 * SCALE)] * 3)
        longest = f"wait-{1800 * SCALE:g}s"
        task = asyncio.create_task(watch.run())
        async with asyncio.timeout(30):
            while sum(watch.depths().values()) < 3:
                await asyncio.sleep(0.05)
        depths = watch.depths()
        await end(task)

    assert depths == {called[name]: 3 * (longest in name) for name in called}
