"""Probe now: a closed gate is tried at once, and what came of it is said."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
import sqlalchemy as sa

from gateway.commands.probe import said
from gateway.operations.hold import hold
from gateway.operations.probing import Came, Probed, probe
from gateway.operations.refusals import Refusal
from gateway.rules.gate import Gate
from gateway.rules.lane_states import WAITING
from gateway.settings import Settings, read_systems
from gateway.store.tables import audit, outbox, system
from gateway.store.work.probing import let_probe_mended
from schemas.outcome import Blocked, Delivered, Outcome, Remote
from tests.store.work.test_operating import SYSTEMS, Office

BY = "os:day"
FAR = 2**50
TOLD = Blocked(why="stands for: it is taken")
SHUT = Gate(state="closed", why="blocked", closures=5, since=1000, terms="old")


async def shut(office: Office, gate: Gate = SHUT) -> None:
    """Close the gate for longer than anybody waits."""
    await office.set(system, sa.true(), gate=gate.row(), gate_until=FAR)


async def probed(
    office: Office, settings: Settings, ends: Outcome | None, *, patience: float = 20.0
) -> Probed | Refusal:
    """Probe, beside a worker that claims what may begin and ends it so."""

    async def work() -> None:
        while ends is not None:
            for claim in await office.claim():
                taken = Delivered(up_to=claim.head_seq, remote=Remote())
                await office.complete([claim], taken if ends is TOLD else ends)
            await asyncio.sleep(0.01)

    worker = asyncio.create_task(work())
    try:
        return await probe(office.store, settings, "a", by=BY, patience=patience)
    finally:
        worker.cancel()


@pytest.mark.parametrize(
    ("ends", "came", "well", "words"),
    [
        (TOLD, "opened", True, "the gate is open: delivered"),
        (Blocked(why="HTTP 401"), "closed_again", False, "still closed: blocked (HTTP 401)"),
    ],
)
async def test_a_closed_gate_is_probed_at_once(
    office: Office, settings: Settings, *, ends: Outcome, came: Came, well: bool, words: str
) -> None:
    """One lane goes, and one line says what it met and whose it was."""
    await office.post(2)
    await shut(office)
    done = await probed(office, settings, ends)

    assert isinstance(done, Probed)
    assert (done.came, done.well, done.tried is not None) == (came, well, True)
    assert words in said(done)
    assert f"dossier {done.tried and done.tried.dossier}" in said(done)


async def test_what_waits_is_woken_for_a_probe(office: Office, settings: Settings) -> None:
    """Where nothing is ready one waiting lane is, but none that may have landed."""
    await office.post(3)
    await shut(office)
    await office.set(outbox, sa.true(), state=WAITING, wake_at=2**41, uncertainty=1)
    one = (await office.rows(outbox))[0].dossier_id
    nothing = await probed(office, settings, TOLD)
    await office.set(outbox, outbox.c.dossier_id == one, uncertainty=0)
    opened = await probed(office, settings, TOLD)

    assert isinstance(nothing, Probed)
    assert isinstance(opened, Probed)
    assert (nothing.came, opened.came) == ("nothing_to_try", "opened")
    assert said(nothing).startswith("not tried: 3 wait, the first until ")
    assert opened.tried is not None
    assert opened.tried.dossier == str(one)


async def test_what_failed_by_the_outage_goes_on_at_once(
    office: Office, settings: Settings
) -> None:
    """A probe that opens the gate wakes what waits, but none that may have landed."""
    await office.post(4)
    await shut(office)
    await office.set(outbox, sa.true(), state=WAITING, wake_at=FAR)
    held = (await office.rows(outbox))[-1].dossier_id
    await office.set(outbox, outbox.c.dossier_id == held, uncertainty=1)
    await probed(office, settings, TOLD)
    waiting = [one.dossier_id for one in await office.rows(outbox) if one.state == WAITING]

    assert waiting == [held]


async def test_without_a_worker_it_says_so(office: Office, settings: Settings) -> None:
    """The probe stays due, and the line asks whether any runs."""
    await office.post(1)
    await shut(office)
    done = await probed(office, settings, None, patience=0.01)

    assert isinstance(done, Probed)
    assert (done.came, done.well, "does a gateway" in said(done)) == ("nobody_tried", False, True)


async def test_an_open_gate_needs_none(office: Office, settings: Settings) -> None:
    """Nothing is changed, and nothing is noted."""
    done = await probed(office, settings, None)
    lines = [row.what for row in await office.rows(audit)]

    assert isinstance(done, Probed)
    assert (done.came, "probe" in lines) == ("open_already", False)


async def test_who_probes_is_kept(office: Office, settings: Settings) -> None:
    """Law 14: An operator's act is in the audit, with the system."""
    await shut(office)
    await probed(office, settings, None)
    (line,) = [row for row in await office.rows(audit) if row.what == "probe"]

    assert (line.who, line.object) == (BY, "a")


async def test_what_must_not_be_probed_is_refused(office: Office, settings: Settings) -> None:
    """A system that is held, switched off, unknown, or that no gateway has started with."""
    await shut(office)
    off = read_systems({"systems": {"a": SYSTEMS["systems"]["a"] | {"mode": "off"}}}, {})
    other = read_systems({"systems": {"b": SYSTEMS["systems"]["a"]}}, {})
    refused = [
        await probe(office.store, replace(settings, systems=off), "a", by=BY, patience=1),
        await probe(office.store, settings, "x", by=BY, patience=1),
        await probe(office.store, replace(settings, systems=other), "b", by=BY, patience=1),
    ]
    await hold(office.store, settings, ["a"], by=BY, why="works")
    refused.append(await probe(office.store, settings, "a", by=BY, patience=1))

    assert [isinstance(one, Refusal) and one.code for one in refused] == [
        "probe_off",
        "unknown_system",
        "probe_unstarted",
        "probe_held",
    ]


@pytest.mark.parametrize(
    ("gate", "digest", "let"),
    [
        (SHUT, "new", ["a"]),
        (SHUT, "old", []),
        (replace(SHUT, why="suspects"), "new", ["a"]),
        (replace(SHUT, why="failing"), "new", []),
        (replace(SHUT, state="open"), "new", []),
        (replace(SHUT, terms=None), "new", ["a"]),
    ],
    ids=["mended", "as it was", "suspects", "away", "open", "of an older gateway"],
)
async def test_a_mended_credential_is_tried_at_the_next_start(
    office: Office, gate: Gate, digest: str, let: list[str]
) -> None:
    """Law 14: What closed for our settings is probed at once under others, and once only."""
    await shut(office, gate)
    number = (await office.rows(system))[0].id
    both = [
        await office.store.write(lambda connection: let_probe_mended(connection, {number: digest}))
        for _ in range(2)
    ]
    until = (await office.rows(system))[0].gate_until

    assert both == [let, []]
    assert (until < FAR) is bool(let)
