"""How systems stand, as values."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from typing import TypeVar

import pytest

from gateway.operations.status import GateStatus, Status, look, looks
from gateway.rules.gate import Gate
from gateway.settings import Mode, Settings, read_systems
from gateway.store.engine import Connection, EmbeddedStore, connect
from gateway.store.errors import StoreUnavailable
from gateway.store.work.operating import Standing, Survey
from tests.store.work.test_operating import SYSTEMS, Office

T = TypeVar("T")
OPEN = Standing(name="a", gate=Gate(), gate_until=0, inflight=0, held_by=None, held_why=None)
CLOSED = replace(OPEN, gate=Gate(state="closed"), gate_until=2000)


class Flickering(EmbeddedStore):
    """A store whose first look meets a database that is away."""

    away = True

    async def read(self, job: Callable[[Connection], T]) -> T:
        """Be away once, and then as it always is."""
        if self.away:
            self.away = False
            raise StoreUnavailable
        return await super().read(job)


@pytest.mark.parametrize(
    ("one", "mode", "now", "expected"),
    [
        (OPEN, "live", 0, "open"),
        (OPEN, "off", 0, "off"),
        (OPEN, None, 0, "unconfigured"),
        (replace(OPEN, gate=Gate(state="probing")), "live", 0, "probing"),
        (CLOSED, "live", 1999, "closed"),
        (CLOSED, "live", 2000, "probe_due"),
        (replace(CLOSED, held_by="night"), "live", 0, "held"),
        (replace(OPEN, held_by="night"), "off", 0, "off"),
    ],
)
def test_a_gate_comes_to_one_thing(
    one: Standing, mode: Mode | None, now: int, expected: GateStatus
) -> None:
    """The systems file outweighs a hold, and a hold what the gate has learned by itself."""
    modes = {} if mode is None else {"a": mode}
    seen = Status(survey=Survey(now, 0, (one,)), modes=modes, at_risk_hours=24.0)

    assert seen.gate(one) == expected


async def test_a_system_that_no_gateway_knows_is_unstarted(
    office: Office, settings: Settings
) -> None:
    """It stands in the systems file and has no row yet."""
    more = {"systems": {**SYSTEMS["systems"], "b": SYSTEMS["systems"]["a"]}}
    seen = await look(office.store, replace(settings, systems=read_systems(more, {})))

    assert (seen.unstarted, [one.name for one in seen.survey.systems]) == (["b"], ["a"])


@pytest.mark.usefixtures("office")
async def test_looks_go_on_when_the_database_was_away(settings: Settings) -> None:
    """One look finds nothing, the next one finds it again."""
    store = Flickering(connect(settings.database))
    async with aclosing(looks(store, settings, 0.01)) as each:
        first, second = [await anext(each) for _ in range(2)]
    await store.close()

    assert (first, second is None) == (None, False)
