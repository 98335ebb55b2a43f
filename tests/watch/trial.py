"""Breaks one thing after another and puts each right with the operator's means alone.

    python -m tests.watch.trial [MODE ...]      a table for each mode: alert, words, times

Rules and waits are the shipped ones, shortened; the table says how long the shipped rule waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.workbench import reaper
from gateway.workbench.servers import PrivatePostgres, PrivateRabbit
from tests.watch.scene import RULES, Scene, no_small_disk, scene, small_disk

PATIENCE = 60.0
RUNBOOK = RULES.parent / "RUNBOOK.md"
Act = Callable[[Scene], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """One thing that breaks: how, what must be seen, and what puts it right.

    ask: the command that the runbook names for this alert; shows: words it must say, as a pattern
    retried: whether `lienthong retry` is part of the cure; numbered: dossiers as they should be
    logged: the words are in the log
    """

    name: str
    breaks: Act
    alert: str
    ask: tuple[str, ...]
    shows: str
    cure: str
    heals: Act
    retried: bool = False
    numbered: bool = True
    logged: bool = False


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a mode; a time is None where it never came."""

    mode: Mode
    fired: float | None
    also: tuple[str, ...]
    shown: bool
    led: bool
    well: float | None


def mood(name: str) -> Act:
    """Let the portal be in a mood."""

    async def change(on: Scene) -> None:
        on.moody.mood = name

    return change


def slow(seconds: float) -> Act:
    """Let the portal be so slow."""

    async def change(on: Scene) -> None:
        on.host.delay = seconds

    return change


def gone(seconds: float) -> Act:
    """Let the portal reset every connection for a while."""

    async def change(on: Scene) -> None:
        on.host.faults.gone_until = time.monotonic() + seconds

    return change


async def other_password(on: Scene) -> None:
    """Let the portal's password be changed, and our session end."""
    on.moody.password = "second"
    on.moody.inner.sessions.clear()  # type: ignore[attr-defined]


async def learn_password(on: Scene) -> None:
    """Correct the secret and start again."""
    on.environ["TRIAL_PASSWORD"] = on.moody.password
    await on.restart()


async def other_certificate(on: Scene) -> None:
    """Let the portal show a certificate that we do not trust."""
    await on.shut_door()
    await on.open_door("second")


async def trust(on: Scene) -> None:
    """Trust the new certificate and start again."""
    (on.folder / "ca.pem").write_bytes((on.folder / "second.pem").read_bytes())
    await on.restart()


async def kill_workers(on: Scene) -> None:
    """End every worker without a word."""
    for worker in on.workers:
        worker.kill()
        await worker.wait()
    on.workers = []


async def kill_one_worker(on: Scene) -> None:
    """End one of two workers without a word."""
    worker = on.workers[0]
    worker.kill()
    await worker.wait()


async def start_worker(on: Scene) -> None:
    """Start the lost worker again."""
    on.workers[0] = await on.start("worker", metrics=on.ports["worker-1"])


async def kill_api(on: Scene) -> None:
    """End the API without a word."""
    if on.api is not None:
        on.api.kill()
        await on.api.wait()


def server(name: str, order: str) -> Act:
    """Give an order to a server: kill, start, pause, resume."""

    async def give(on: Scene) -> None:
        await asyncio.to_thread(getattr(getattr(on, name), order))

    return give


async def fill_disk(on: Scene) -> None:
    """Let somebody else's file take the database's disk."""
    disk = on.database.folder / "disk"
    with contextlib.suppress(OSError):
        await asyncio.to_thread((disk / "others").write_bytes, b"x" * shutil.disk_usage(disk).free)


async def make_room(on: Scene) -> None:
    """Take that file away."""
    await asyncio.to_thread((on.database.folder / "disk" / "others").unlink)


async def hold(on: Scene) -> None:
    """Hold the portal back."""
    await on.ask("hold", "portal", "--why", "planned work")


async def release(on: Scene) -> None:
    """Let it go."""
    await on.ask("release", "portal")


async def nothing(_on: Scene) -> None:
    """Leave it to itself."""


DOWN, FOR_OPERATOR, FOR_OFFICER = (
    "LienthongSystemDown",
    "LienthongParkedForOperator",
    "LienthongParkedForOfficer",
)
LOGIN = ("doctor", "--login")
MENDED = "they mend it; probes find it"
MODES = (
    Mode(
        name="system away",
        breaks=Scene.shut_door,
        alert=DOWN,
        ask=("doctor",),
        shows="cannot be reached",
        cure=MENDED,
        heals=Scene.open_door,
    ),
    Mode(
        name="connections reset",
        breaks=gone(1e9),
        alert=DOWN,
        ask=("status",),
        shows="Several dossiers in a row failed",
        cure=MENDED,
        heals=gone(0),
    ),
    Mode(
        name="500",
        breaks=mood("500"),
        alert=DOWN,
        ask=("status",),
        shows="HTTP 500",
        cure=MENDED,
        heals=mood(""),
    ),
    Mode(
        name="maintenance page with 200",
        breaks=mood("page"),
        alert=DOWN,
        ask=("status",),
        shows="not JSON",
        cure=MENDED,
        heals=mood(""),
    ),
    Mode(
        name="somebody's page with 502",
        breaks=mood("502"),
        alert=DOWN,
        ask=("status",),
        shows="HTTP 502",
        cure=MENDED,
        heals=mood(""),
    ),
    Mode(
        name="JSON cut short",
        breaks=mood("cut"),
        alert=DOWN,
        ask=("status",),
        shows="not JSON",
        cure=MENDED,
        heals=mood(""),
    ),
    Mode(
        name="too many (429)",
        breaks=mood("429"),
        alert=DOWN,
        ask=("status",),
        shows="HTTP 429",
        cure=MENDED,
        heals=mood(""),
    ),
    Mode(
        name="silence",
        breaks=slow(5.0),
        alert=DOWN,
        ask=("status",),
        shows="no answer of theirs could be read",
        cure=MENDED,
        heals=slow(0.0),
    ),
    Mode(
        name="dead session, again and again",
        breaks=mood("session"),
        alert=DOWN,
        ask=("status",),
        shows="the session was refused right after a fresh login",
        cure=MENDED,
        heals=mood(""),
    ),
    Mode(
        name="expired credential",
        breaks=other_password,
        alert=DOWN,
        ask=LOGIN,
        shows="the login was refused",
        cure="correct the secret, start again",
        heals=learn_password,
    ),
    Mode(
        name="certificate refused",
        breaks=other_certificate,
        alert=DOWN,
        ask=("doctor",),
        shows="its certificate is not trusted",
        cure="correct ca_file, start again",
        heals=trust,
    ),
    Mode(
        name="owner without a number",
        breaks=nothing,
        alert=FOR_OFFICER,
        ask=("parked", "--system", "portal"),
        shows="The officer completes the named field",
        cure="the officer's correction",
        heals=nothing,
        numbered=False,
    ),
    Mode(
        name="unknown answer code",
        breaks=mood("code"),
        alert=FOR_OPERATOR,
        ask=("parked", "--system", "portal"),
        shows="unknown error_code 77",
        cure="they mend it; lienthong retry",
        heals=mood(""),
        retried=True,
    ),
    Mode(
        name="held by hand and forgotten",
        breaks=hold,
        alert="LienthongHeld",
        ask=("status",),
        shows="planned work",
        cure="lienthong release",
        heals=release,
    ),
    Mode(
        name="broker away",
        breaks=server("broker", "kill"),
        alert="LienthongBrokerAway",
        ask=("doctor",),
        shows="LIENTHONG_AMQP cannot be reached",
        cure="start it",
        heals=server("broker", "start"),
    ),
    Mode(
        name="broker frozen",
        breaks=server("broker", "pause"),
        alert="LienthongBrokerAway",
        ask=("doctor",),
        shows="LIENTHONG_AMQP cannot be reached",
        cure="let it go on",
        heals=server("broker", "resume"),
    ),
    Mode(
        name="database away",
        breaks=server("database", "kill"),
        alert="LienthongStoreAway",
        ask=("doctor",),
        shows="LIENTHONG_DATABASE cannot be reached",
        cure="start it",
        heals=server("database", "start"),
    ),
    Mode(
        name="database's disk full",
        breaks=fill_disk,
        alert="LienthongStoreAway",
        ask=("doctor",),
        shows="53100",
        cure="make room",
        heals=make_room,
        logged=True,
    ),
    Mode(
        name="one worker of two gone",
        breaks=kill_one_worker,
        alert="LienthongProcessGone",
        ask=("status",),
        shows="portal . open",  # nothing piles up
        cure="start it; the other has taken over",
        heals=start_worker,
    ),
    Mode(
        name="no worker at all",
        breaks=kill_workers,
        alert="LienthongSweeperSilent",
        ask=("status", "--json"),
        shows='"ready": [1-9]',  # it piles up
        cure="start the workers",
        heals=Scene.start_workers,
    ),
    Mode(
        name="API gone",
        breaks=kill_api,
        alert="LienthongDown",
        ask=("doctor",),
        shows="takes writes: yes",  # it is not the database
        cure="start lienthong serve",
        heals=Scene.start_api,
    ),
)


async def until(on: Scene, done: Callable[[set[str], int], bool]) -> float | None:
    """Wait until alerts and what is left are so; give the seconds, or None after long patience."""
    begun = time.monotonic()
    while time.monotonic() < begun + PATIENCE:
        if done(await on.firing(), await on.left()):
            return time.monotonic() - begun
        await asyncio.sleep(0.2)
    return None


async def load(on: Scene, made: list[str], *, numbered: bool) -> None:
    """Post dossiers, as communes go on doing."""
    while True:
        if name := await on.post(numbered=numbered):
            made.append(name)
        await asyncio.sleep(0.4)


async def attempt(on: Scene, mode: Mode) -> Tried:
    """Let it run well, break one thing, look, put it right, and wait until all is well."""
    await on.post()
    quiet = await until(on, lambda firing, left: not firing and left == 0)
    if quiet is None:
        raise RuntimeError(f"before {mode.name}: {await on.firing()}, {await on.left()} left")
    made: list[str] = []
    await mode.breaks(on)
    loading = asyncio.create_task(load(on, made, numbered=mode.numbered))
    fired = await until(on, lambda firing, _: mode.alert in firing)
    also = tuple(sorted(await on.firing() - {mode.alert}))
    said = " ".join((await on.ask(*mode.ask)).split()) + on.logged() * mode.logged
    loading.cancel()
    await asyncio.gather(loading, return_exceptions=True)
    begun = time.monotonic()
    await mode.heals(on)
    if not mode.numbered:
        for name in made:
            await on.correct(name)
    if mode.retried:
        await on.ask("retry", "--system", "portal", "--yes", "--patience", "20")
    rest = await until(on, lambda firing, left: not firing and left == 0)
    well = None if rest is None else time.monotonic() - begun
    shown = re.search(mode.shows, said) is not None
    if not shown:
        print(f"{mode.name}: {' '.join(mode.ask)} said: {said[-1500:]}")  # noqa: T201 - its output
    return Tried(mode, fired, also, shown, leads(mode), well)


def leads(mode: Mode) -> bool:
    """Say whether the runbook has the alert's heading, and below it the command."""
    sections = re.split(r"^## ", RUNBOOK.read_text("utf-8"), flags=re.MULTILINE)
    own = next((one for one in sections if one.startswith(f"{mode.alert}\n")), "")
    first = sections[0]  # what to look at always
    return bool(own) and f"`lienthong {mode.ask[0]}" in first + own


def shipped(alert: str) -> str:
    """Say how long the shipped rule waits."""
    text = (RULES / "alerts.yml").read_text("utf-8")
    found = re.search(rf"alert: {alert}\n.*?for: (\w+)", text, re.DOTALL)
    return found[1] if found else "?"


def row(one: Tried) -> str:
    """Write a line of the table."""

    def seconds(value: float | None) -> str:
        return "NEVER" if value is None else f"{value:.0f}"

    mode = one.mode
    words = mode.shows if one.shown else f"NOT SHOWN: {mode.shows}"
    command = f"`lienthong {' '.join(mode.ask)}`" + (", the log" if mode.logged else "")
    command += "" if one.led else " NOT IN THE RUNBOOK"
    beside = f" (and {', '.join(one.also)})" if one.also else ""
    cells = (
        mode.name,
        mode.alert + beside,
        f"{seconds(one.fired)} ({shipped(mode.alert)})",
        command,
        words,
        mode.cure,
        seconds(one.well),
    )
    return f"| {' | '.join(cells)} |"


HEAD = """\
| mode | alert | fires after s (shipped `for`) | look | words | put right by | well after s |
|---|---|---|---|---|---|---|"""


async def trial(names: Sequence[str]) -> list[Tried]:
    """Try the modes, all or those that are named."""
    tried = []
    with tempfile.TemporaryDirectory() as folder:
        reaper.remove(Path(folder))
        database, broker = PrivatePostgres(), PrivateRabbit()
        try:
            small_disk(database)
            database.start()
            broker.start()
            async with scene(Path(folder), database, broker) as on:
                for mode in MODES:
                    if not names or mode.name in names:
                        tried.append(await attempt(on, mode))
                        print(row(tried[-1]), flush=True)  # noqa: T201 - its output
        finally:
            broker.stop()
            database.kill()
            no_small_disk(database)
            database.stop()
    return tried


def bad(one: Tried) -> bool:
    """Say whether somebody who follows the runbook would have been lost."""
    return one.fired is None or one.well is None or not (one.shown and one.led)


if __name__ == "__main__":
    os.environ.update(reaper.mark())
    print(HEAD, flush=True)  # noqa: T201 - its output
    done = asyncio.run(trial(sys.argv[1:]))
    sys.exit(any(bad(one) for one in done))
