"""Keys: who asks the store for them, and how often."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gateway.access.keys import LOOKS, REMEMBERED, KeyRing
from gateway.access.principals import Principal
from gateway.store.engine import Store
from gateway.store.errors import StoreUnavailable


class Counting:
    """A store that knows one key, slowly, and counts how often it is asked."""

    def __init__(self, *, away: bool = False, slow: int = 0) -> None:
        self.asked, self.away, self.slow = 0, away, slow
        self.ended = self.stale = False
        self.noted = 0

    async def read(self, _job: Callable[[Any], Any]) -> Any:
        """Give the key's row, as it was when it was asked for."""
        self.asked += 1
        ended = self.ended
        await asyncio.sleep(0.3 if self.asked <= self.slow else 0.01)
        if self.away:
            raise StoreUnavailable("away")
        return None if ended else self._row()

    async def write(self, _job: Callable[[Any], Any]) -> None:
        """Note that a key is used, or fail."""
        self.noted += 1
        if self.away:
            raise StoreUnavailable("away")

    def _row(self) -> Any:
        return SimpleNamespace(
            id=1,
            name="ward",
            environment="live",
            agencies=["H99"],
            roles=["submitter"],
            sort="client",
            helps=[],
            stale=self.stale,
        )


def ring(store: Counting, remembered: float = REMEMBERED) -> KeyRing:
    """Give a ring over a store."""
    return KeyRing(cast("Store", store), remembered)


async def test_many_requests_under_one_key_are_one_look_up() -> None:
    """A busy client does not storm the database whenever its key is due again."""
    store = Counting()
    keys = ring(store)

    found = await asyncio.gather(*(keys.find("lt_live_x") for _ in range(50)))

    assert {one.name for one in found if isinstance(one, Principal)} == {"ward"}
    assert (len(found), store.asked) == (50, 1)


async def test_a_lost_database_is_said_to_all_who_waited_and_asked_again_by_the_next() -> None:
    """Nobody is refused for good because the database was away once."""
    store = Counting(away=True)
    keys = ring(store)

    told = await asyncio.gather(*(keys.find("lt_live_x") for _ in range(3)), return_exceptions=True)
    store.away = False

    assert [type(one) for one in told] == [StoreUnavailable] * 3
    assert await keys.find("lt_live_x") is not None


async def test_a_caller_that_leaves_takes_nobody_along() -> None:
    """Whoever hangs up during a look-up ends only its own request."""
    keys = ring(Counting())
    first = asyncio.create_task(keys.find("lt_live_x"))
    second = asyncio.create_task(keys.find("lt_live_x"))
    await asyncio.sleep(0)

    first.cancel()

    with pytest.raises(asyncio.CancelledError):
        await first
    assert await second is not None


async def test_a_look_up_that_nobody_waits_for_any_more_fails_in_silence() -> None:
    """A traceback on standard error would go past all rules of the logs."""
    said: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context))
    store = Counting(away=True)
    only = asyncio.create_task(ring(store).find("lt_live_x"))
    await asyncio.sleep(0)

    only.cancel()
    await asyncio.wait([only])
    del only  # it holds the look-up in its traceback
    await asyncio.sleep(0.05)
    gc.collect()

    assert (store.asked, said) == (1, [])


def test_a_revoked_key_ends_within_five_seconds() -> None:
    """What was found is believed for less than that, counted from before it was asked for."""
    assert REMEMBERED < 5


async def test_a_look_up_that_took_too_long_is_repeated() -> None:
    """The key may have been revoked since; whoever waits is told what holds now."""
    store = Counting(slow=1)
    keys = ring(store, remembered=0.1)
    waiting = asyncio.create_task(keys.find("lt_live_x"))
    await asyncio.sleep(0.01)
    store.ended = True

    assert (await waiting, store.asked) == (None, 2)


async def test_a_database_that_is_always_too_slow_lets_nobody_in() -> None:
    """Nobody can say then that the key still works; the client posts again."""
    store = Counting(slow=9)

    with pytest.raises(StoreUnavailable):
        await ring(store, remembered=0.1).find("lt_live_x")

    assert store.asked == LOOKS


@pytest.mark.parametrize(("stale", "notes"), [(True, 1), (False, 0)])
async def test_a_use_is_noted_apart_from_the_requests(stale: bool, notes: int) -> None:
    """Once for many requests, and not where it was noted within the hour."""
    store = Counting()
    store.stale = stale
    keys = ring(store)
    await asyncio.gather(*(keys.find("lt_live_x") for _ in range(50)))
    before = store.noted
    await keys.note()
    await keys.note()

    assert (before, store.noted) == (0, notes)


async def test_a_use_that_cannot_be_noted_hurts_nobody() -> None:
    """Neither a request nor the next note fails."""
    store = Counting()
    store.stale = True
    keys = ring(store)
    await keys.find("lt_live_x")
    store.away = True
    await keys.note()

    assert await keys.find("lt_live_x") is not None
