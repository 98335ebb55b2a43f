"""When a runner looks at the outbox again: what ends meanwhile is completed together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
import sqlalchemy as sa

from adapters.kit.session import SessionCache
from gateway.delivery.context import WorkerContext
from gateway.delivery.conversation import SystemConnection, unreadable_lane
from gateway.delivery.runner import Runner
from gateway.main.bootstrap import find_systems, open_store
from gateway.retries.embedded import EmbeddedRetries
from gateway.rules.gate import Gate
from gateway.settings import Settings, read_systems
from gateway.store.tables import system
from gateway.store.work import claims
from gateway.store.work.lanes import Claim
from gateway.store.work.steps import Work
from schemas.outcome import Remote

EIGHT = {"adapter": "echo", "limits": {"at_once": 8}, "settings": {"base_url": "http://x"}}


@pytest.fixture
async def runner(tmp_path: Path) -> AsyncIterator[Runner]:
    """Give a runner with eight places, one of which is taken by somebody who talks for ever."""
    settings = Settings(data=tmp_path, systems=read_systems({"systems": {"e": EIGHT}}, {}))
    store = await open_store(settings)
    systems = await find_systems(settings, store)
    retries = EmbeddedRetries()
    context = WorkerContext(store=store, systems=systems, retries=retries, worker="w", scale=1.0)
    made = Runner(context, systems.all[0], SystemConnection(SessionCache(60.0)))
    talk = asyncio.create_task(asyncio.sleep(60))
    made._attempts.running.add(talk)
    yield made
    talk.cancel()
    await store.close()


async def gathered(runner: Runner, ended: int, seconds: float) -> float:
    """Let so many end, and give how long the runner waited for more."""
    end: Any = object()
    runner._attempts.ended = [end] * ended
    begun = time.monotonic()
    async with asyncio.timeout(20):
        await runner._gather(begun + seconds)
    return time.monotonic() - begun


async def test_more_may_end_while_others_talk(runner: Runner) -> None:
    """It waits for as long as it was told, though news comes again and again."""
    asyncio.get_running_loop().call_later(0.02, runner.wake)

    assert await gathered(runner, 3, 0.2) >= 0.2


async def test_half_of_the_places_are_enough(runner: Runner) -> None:
    """They are to be free again, so the turn comes at once."""
    assert await gathered(runner, 4, 60) < 20


async def test_nobody_is_waited_for_when_nobody_talks(runner: Runner) -> None:
    """What has ended is completed at once."""
    runner._attempts.running.clear()

    assert await gathered(runner, 1, 60) < 20


async def test_while_no_place_is_free_the_dead_are_not_looked_for_at_each_turn(
    runner: Runner,
) -> None:
    """Such a look steps over all that waits: turns come fifty times a second, it once."""
    looks: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if "lease_until IS NOT NULL" in statement and statement.startswith("SELECT"):
            looks.append(statement)

    await runner._context.store.write(
        lambda connection: connection.execute(system.update().values(inflight=8))
    )
    sa.event.listen(sa.engine.Engine, "before_cursor_execute", note)
    try:
        for _ in range(5):
            await runner._turn()
    finally:
        sa.event.remove(sa.engine.Engine, "before_cursor_execute", note)

    assert len(looks) == 1


@asynccontextmanager
async def counted(runner: Runner) -> AsyncIterator[list[float]]:
    """Let a runner run; give when it began its turns."""
    looks: list[float] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if "gate_until" in statement and statement.startswith("SELECT"):
            looks.append(time.monotonic())

    runner._attempts.running.clear()
    sa.event.listen(sa.engine.Engine, "before_cursor_execute", note)
    running = asyncio.create_task(runner.run())
    try:
        yield looks
    finally:
        sa.event.remove(sa.engine.Engine, "before_cursor_execute", note)
        running.cancel()
        await asyncio.wait([running])  # or its last words meet a store that is closed


async def until(done: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(20):
        while not done():
            await asyncio.sleep(0.01)


SHUT = {"gate": Gate(state="closed").row(), "gate_until": 2**50}
HELD = {"held_by": "somebody"}
ON_TRIAL = {"gate": Gate(state="probing").row(), "inflight": 1}
CLAIM = Claim(
    dossier_id=UUID(int=1),
    system=1,
    fence=1,
    done_seq=0,
    head_seq=1,
    remote=Remote(),
    born_here=False,
    uncertainty=0,
    tries=0,
    failing_since=None,
)


@pytest.mark.parametrize("state", [SHUT, HELD, ON_TRIAL], ids=["shut", "held", "on trial"])
async def test_news_are_no_reason_to_ask_a_gate_that_lets_nobody_pass(
    runner: Runner, monkeypatch: pytest.MonkeyPatch, state: dict[str, Any]
) -> None:
    """A notice comes with each dossier; a system that is away is asked when the time has come."""
    monkeypatch.setattr(claims, "LOOK_AGAIN", 60_000)
    await runner._context.store.write(
        lambda connection: connection.execute(system.update().values(**state))
    )
    async with counted(runner) as looks:
        await until(lambda: runner._wake_up._barred > time.monotonic())
        before = len(looks)
        for _ in range(20):
            runner.wake()
            await asyncio.sleep(0.01)

    assert len(looks) == before


async def test_news_that_came_while_others_had_all_places_are_kept(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own look would come in a minute."""
    monkeypatch.setattr(claims, "LOOK_AGAIN", 60_000)
    await runner._context.store.write(
        lambda connection: connection.execute(system.update().values(inflight=1))
    )
    async with counted(runner) as looks:
        await until(lambda: runner._wake_up._barred > time.monotonic())
        before = len(looks)
        runner.wake()
        await until(lambda: len(looks) > before)

    assert len(looks) == before + 1


async def test_what_ends_here_makes_it_look_whatever_the_gate_says(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be the success that opens the gate."""
    monkeypatch.setattr(claims, "LOOK_AGAIN", 60_000)
    await runner._context.store.write(
        lambda connection: connection.execute(system.update().values(**ON_TRIAL))
    )
    async with counted(runner) as looks:
        await until(lambda: runner._wake_up._barred > time.monotonic())
        before = len(looks)
        runner._attempts._note(Work(CLAIM, cast(Any, None), ()), unreadable_lane())
        await until(lambda: len(looks) > before)
