"""Kinds of trouble are told apart: who parks, who waits, for how long, with a thousand waiting."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.main.bootstrap import find_systems, open_store
from gateway.settings import Settings, read_systems
from tests.delivery.trouble import BEGIN, DRIFTED, LANES, MENDED, NEWCOMERS, Answers, Row, Trial
from tests.store.work.test_operating import SYSTEMS, Office

LATE = BEGIN + 3 * MENDED
RUNBOOK = Path(__file__).parents[2] / "deploy" / "RUNBOOK.md"


def always(status: int) -> Answers:
    """Answer everybody so until it is put right."""
    return lambda _, now: status if now < BEGIN + MENDED else 200


def some(status: int, *, every: int) -> Answers:
    """Answer one in so many so, for ever."""
    return lambda number, _: status if number % every == every // 2 else 200


@pytest.fixture
async def trial(tmp_path: Path) -> AsyncIterator[Trial]:
    """Give a thousand lanes over an embedded database."""
    settings = Settings(data=tmp_path, systems=read_systems(SYSTEMS, {}))
    store = await open_store(settings)
    office = Office(store, await find_systems(settings, store), [])
    await office.post(1)
    made = Trial(office)
    await made.fill()
    yield made
    await store.close()


async def lasting(trial: Trial, answers: Answers, health: dict[int, int]) -> Row:
    """See what comes of something that befalls some dossiers and is never put right."""
    await trial.begin()
    told = await trial.run(answers, until=LATE)
    waited = max(at - health[number] for number, at in told.items()) // 1000
    return Row(trial.asked, await trial.parked(), " ".join(sorted(trial.why)), waited)


async def passing(trial: Trial, status: int, *, restart: bool) -> Row:
    """See what comes of something that befalls everybody and is put right after an hour."""
    await trial.begin()
    await trial.run(always(status), until=BEGIN + MENDED)
    asked, parked, why = trial.asked, await trial.parked(), " ".join(sorted(trial.why))
    trial.now = BEGIN + MENDED
    if restart:
        await trial.restarted()
    told = await trial.run(always(200), until=LATE, first=True)
    waited = min(told.values()) - BEGIN - MENDED if restart else max(trial.pauses)
    return Row(asked, parked, why, waited // 1000)


SOME = {
    "one record, 403": some(403, every=LANES + NEWCOMERS),
    "32 records, 404": some(404, every=33),
}
ALL = {
    "wrong address, 404 for all": (404, True),
    "account without a right, 403 for all": (403, True),
    "dead account, 401 for all": (401, True),
    "drift, an unknown answer for all": (DRIFTED, False),
    "outage, 503 for all": (503, False),
    "outage, 500 for all": (500, False),
}
CAME = {
    "one record, 403": Row(1061, 1, "", 1),
    "32 records, 404": Row(1092, 32, "", 1),
    "wrong address, 404 for all": Row(68, 0, "suspects", 1),
    "account without a right, 403 for all": Row(68, 0, "suspects", 1),
    "dead account, 401 for all": Row(26, 0, "blocked", 1),
    "drift, an unknown answer for all": Row(26, 20, "one_cause", 900),
    "outage, 503 for all": Row(36, 0, "failing", 300),
    "outage, 500 for all": Row(36, 0, "failing", 300),
}
"""The table of the runbook. Who mends an address or an account starts again; else probes find it.

Twenty conversations of a second each; a thousand lanes wait, and sixty come, one each second.
"""


async def test_trouble_is_told_apart(trial: Trial) -> None:
    """Law 14: One record parks alone and delays nobody; what is ours or theirs parks nobody."""
    await trial.begin()
    health = await trial.run(always(200), until=LATE)
    came = {name: await lasting(trial, answers, health) for name, answers in SOME.items()}
    for name, (status, restart) in ALL.items():
        came[name] = await passing(trial, status, restart=restart)

    assert came == CAME


def test_the_runbook_says_what_was_seen() -> None:
    """Whoever is called at night reads figures that hold."""
    text = RUNBOOK.read_text("utf-8")
    lines = [
        f"| {name} | {row.asked} | {row.parked} | {row.why or 'stays open'} | {row.waited} s |"
        for name, row in CAME.items()
    ]

    assert [line for line in lines if line not in text] == []
