"""Keys: who asks the store for them, and how often."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gateway.access.keys import KeyRing
from gateway.access.principals import Principal
from gateway.store.engine import Store
from gateway.store.errors import StoreUnavailable


class Counting:
    """A store that knows one key, slowly, and counts how often it is asked."""

    def __init__(self, *, away: bool = False) -> None:
        self.asked, self.away = 0, away

    async def read(self, _job: Callable[[Any], Any]) -> Any:
        """Give the key's row."""
        self.asked += 1
        await asyncio.sleep(0.01)
        if self.away:
            raise StoreUnavailable("away")
        return SimpleNamespace(
            id=1,
            name="ward",
            environment="live",
            agencies=["H99"],
            roles=["submitter"],
            sort="client",
            helps=[],
        )


def ring(store: Counting) -> KeyRing:
    """Give a ring over a store."""
    return KeyRing(cast("Store", store))


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
