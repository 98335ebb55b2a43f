"""A retry as values: what is meant, what stands in the way, and what happens wave by wave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from gateway.operations.hold import hold
from gateway.operations.refusals import Refusal
from gateway.operations.retry import Choice, Hindrance, Plan, carry_out, checked, choice_of, plan
from gateway.operations.retry_waves import Event, Orders, Stopped, Summary, WaveBegan, WaveEnded
from gateway.rules.waves import Tally
from gateway.settings import Settings
from gateway.store.work.lanes import Claim
from schemas.outcome import Delivered, Outcome, Remote, Uncertain
from tests.store.work.test_operating import REFUSED, Office

ORDERS = Orders(by="night", why="mended", first=2, patience=30.0)
LINGER = {"a": 0}


def refused(_: Claim) -> Outcome:
    """Refuse whatever it is."""
    return REFUSED


def delivered(claim: Claim) -> Outcome:
    """Take whatever it is."""
    return Delivered(up_to=claim.head_seq, remote=Remote(created=True))


@asynccontextmanager
async def working(office: Office, answer: Callable[[Claim], Outcome]) -> AsyncIterator[None]:
    """Send what is ready, as a gateway does, to a system that answers so."""

    async def work() -> None:
        while True:
            for claim in await office.claim():
                await office.complete([claim], answer(claim))
            await asyncio.sleep(0.02)

    running = asyncio.create_task(work())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait([running])


async def planned(office: Office, settings: Settings, **choice: Any) -> Plan:
    """Plan to retry everything of the system."""
    found = await plan(office.store, settings, Choice(system="a", **choice))
    assert isinstance(found, Plan)
    return found


async def happened(office: Office, what: Plan, orders: Orders = ORDERS) -> Sequence[Event]:
    """Carry a plan out; give everything that was told."""
    events: list[Event] = []
    await carry_out(office.store, what, orders, lingers=LINGER, tell=events.append)
    return events


async def test_a_wave_that_fails_again_is_the_last(office: Office, settings: Settings) -> None:
    """Where nothing was mended the first wave is told, why it stopped, and what was spared."""
    await office.post(6)
    await office.end(REFUSED)
    async with working(office, refused):
        events = await happened(office, await planned(office, settings))

    assert events == [
        WaveBegan(system="a", number=1, ready=2, moved=0, resting=0, closed_until=None),
        WaveEnded(system="a", number=1, tally=Tally(went=2, failed=2), failed={"refused": 2}),
        Stopped(system="a", why="failing"),
        Summary(system="a", failed=2, untouched=4, stopped="failing"),
    ]


async def test_waves_grow_while_they_go_through(office: Office, settings: Settings) -> None:
    """Each is told when it begins and when it ends; the summary comes last and says it is well."""
    await office.post(5)
    await office.end(REFUSED)
    async with working(office, delivered):
        events = await happened(office, await planned(office, settings))
    began = [(one.number, one.ready) for one in events if isinstance(one, WaveBegan)]

    assert began == [(1, 2), (2, 3)]
    assert (events[-1], isinstance(events[-1], Summary) and events[-1].well) == (
        Summary(system="a", through=5),
        True,
    )


async def test_what_is_held_meanwhile_is_not_let_go(office: Office, settings: Settings) -> None:
    """Between the plan and the first wave somebody may hold the system."""
    await office.post(3)
    await office.end(REFUSED)
    what = await planned(office, settings)
    await hold(office.store, settings, ["a"], by="day", why="migration")

    assert await happened(office, what) == [
        Stopped(system="a", why="gate_closed"),
        Summary(system="a", untouched=3, stopped="gate_closed"),
    ]


async def test_where_nobody_sends_the_wave_stays_ready(office: Office, settings: Settings) -> None:
    """After the patience it is told how many have no outcome; that is not well."""
    await office.post(1)
    await office.end(REFUSED)
    hasty = replace(ORDERS, patience=0.01)
    *_, summary = await happened(office, await planned(office, settings), hasty)

    assert summary == Summary(system="a", open=1, stopped="no_outcome")


async def test_what_rests_is_not_well(office: Office, settings: Settings) -> None:
    """A lane that may yet land is left alone, and the retry is to be repeated."""
    await office.post(1)
    await office.end(Uncertain(why="x", effect="keyed"))
    what = await planned(office, settings)
    (summary,) = await carry_out(
        office.store, what, ORDERS, lingers={"a": 60_000}, tell=lambda _: None
    )

    assert (summary.resting, summary.left, summary.stopped, summary.well) == (1, 1, None, False)


async def test_a_plan_names_what_stands_in_the_way(office: Office, settings: Settings) -> None:
    """A system that is held, switched off or no longer configured would be sent nothing."""
    await office.post(1)
    await office.end(REFUSED)
    await hold(office.store, settings, [], by="day", why="")
    (config,) = settings.systems
    each = (
        settings,
        replace(settings, systems=(replace(config, mode="off"),)),
        replace(settings, systems=()),
    )
    found = [(await planned(office, one)).hindrances for one in each]

    assert found == [
        (Hindrance(system="a", why="held", by="day"),),
        (Hindrance(system="a", why="off"),),
        (Hindrance(system="a", why="unconfigured"),),
    ]


async def test_a_hindered_plan_is_not_carried_out(office: Office, settings: Settings) -> None:
    """Whoever asks must have looked at what stands in the way."""
    await office.post(1)
    await office.end(REFUSED)
    what = await planned(office, replace(settings, systems=()))

    with pytest.raises(ValueError, match="in its way"):
        await happened(office, what)


async def test_a_dossier_that_is_not_there_is_refused(office: Office, settings: Settings) -> None:
    """Its id is said again, for whoever mistyped it."""
    astray = "01890000-0000-7000-8000-000000000000"
    choice = choice_of(dossier=astray)
    assert isinstance(choice, Choice)

    assert await plan(office.store, settings, choice) == Refusal("no_such_dossier", astray)


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        ({}, "nothing_chosen"),
        ({"dossier": "1", "cause": "refused"}, "dossier_and_cause"),
        ({"dossier": "12"}, "not_an_id"),
        ({"cause": "refuzed"}, "unknown_cause"),
    ],
)
def test_a_choice_must_mean_something(choice: dict[str, str], code: str) -> None:
    """Never all lanes of all systems by an oversight."""
    found = choice_of(**choice)

    assert isinstance(found, Refusal)
    assert found.code == code


@pytest.mark.parametrize(
    ("orders", "expected"),
    [
        (ORDERS, ORDERS),
        (replace(ORDERS, first=0), Refusal("wave_size", "0", ("1000",))),
        (replace(ORDERS, first=1001), Refusal("wave_size", "1001", ("1000",))),
        (replace(ORDERS, patience=0.0), Refusal("patience", "0")),
    ],
)
def test_orders_are_checked(orders: Orders, expected: Orders | Refusal) -> None:
    """A wave has a size that one transaction bears, and somebody waits for it."""
    assert checked(orders) == expected
