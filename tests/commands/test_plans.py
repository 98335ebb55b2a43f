"""`lienthong backfill`, `resend`, `settle` and `plans`: what an operator sees and does."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner
from uuid_utils.compat import uuid7

from gateway.commands.app import program
from gateway.settings import SettingsError
from gateway.store.engine import connect
from gateway.store.tables import attempt
from gateway.workbench import reaper
from gateway.workbench.faults import Faults
from gateway.workbench.machine import free_port
from gateway.workbench.simulate import Host, hosted
from tests.commands.test_operating import command, fill, moody, settings
from tests.delivery.test_delivery import House, dossier, house, idle

STOPPED = "stopped (more than half of a wave failed)"
PROVINCE = {"province": {"adapter": "echo"}}


def shadow() -> dict[str, Any]:
    """Give the same system in shadow mode."""
    return {"province": {"adapter": "echo", "mode": "shadow"}}


async def posted(folder: Path, count: int) -> list[str]:
    """Take dossiers in while the system is in shadow mode."""
    async with house(folder, shadow()) as at:
        names = [(await at.post(dossier(number))).body["id"] for number in range(1, count + 1)]
        for name in names:
            found = await at.until(name, idle)
            assert found["lanes"][0]["own_state"] == "shadowed"
    return names


def told(at: House) -> list[str]:
    """Name the dossiers that the system was told, in the order in which it was."""
    return [effect["dossier"] for effect in at.effects("province")]


async def test_what_was_shadowed_is_brought_up_to_date(tmp_path: Path) -> None:
    """Law 20: Live nothing old goes by itself; counted first, then told in waves, and listed."""
    names = await posted(tmp_path, 8)
    async with house(tmp_path, dict(PROVINCE)) as at:
        _, counted = await command(at, "backfill", "province")
        before = told(at)
        code, said = await command(at, "backfill", "province", "--why", "we are live", "--yes")
        _, listed = await command(at, "plans")
        _, nothing = await command(at, "backfill", "province")
        done = sorted(told(at))

    assert ("to be told: 8" in counted, "nothing was changed" in counted) == (True, True)
    assert ("shadowed: translated in shadow mode" in counted, before) == (True, [])
    assert (code, "wave 3: done: 8 of 8 told" in said) == (0, True)
    assert (done, "backfill province" in listed, "we are live" in listed) == (
        sorted(names),
        True,
        True,
    )
    assert "nothing is to be told" in nothing


async def test_a_plan_can_be_stopped_and_gone_on_with(tmp_path: Path) -> None:
    """Who makes a plan need not wait for it; it is stopped and resumed by its id."""
    await posted(tmp_path, 3)
    async with house(tmp_path, dict(PROVINCE)) as at:
        system = moody(at)
        _, made = await command(at, "backfill", "province", "--yes", "--no-wait")
        which = made.split("plan ")[-1].split()[0]
        async with asyncio.timeout(40):
            while STOPPED not in (await command(at, "plans", "list"))[1]:
                await asyncio.sleep(0.1)
            system.mended = True
            resumed = await command(at, "plans", "resume", which)
            while "done: 2 of 3 told, 1 failed" not in (await command(at, "plans"))[1]:
                await asyncio.sleep(0.1)
        again = await command(at, "plans", "resume", which)

    assert (resumed, again[0]) == ((0, f"{which}: goes on\n"), 2)


async def test_what_was_told_by_hand_is_settled(tmp_path: Path) -> None:
    """Shown first, done with --yes; the status counts it apart."""
    async with house(tmp_path, dict(PROVINCE)) as at:
        moody(at)
        (name,) = await fill(at, 1)
        words = ("settle", "province", "--dossier", name, "--reason", "typed in by Lan")
        _, shown = await command(at, *words)
        code, said = await command(at, *words, "--yes")
        found = await at.ledger(name)

    assert ("nothing was changed" in shown, code, said.endswith("settled: 1\n")) == (True, 0, True)
    assert (found["lanes"][0]["own_state"], found["lanes"][0]["done_seq"]) == ("settled", 0)


async def test_a_wrong_mapping_is_told_again(tmp_path: Path) -> None:
    """By the hash that stands with every try: counted by it, told again, and no other."""
    async with house(tmp_path, dict(PROVINCE)) as at:
        name = (await at.post(dossier())).body["id"]
        found = await at.until(name, idle)
        mapping = found["attempts"][0]["adapter"].split()[-1]
        unknown, none = await command(at, "resend", "province", "--mapping", "0" * 12)
        other, which = await command(at, "backfill", "province", "--procedure", "NOPE")
        times = ("--from", "2026-03-03", "--to", "2026-03-02")
        turned, when = await command(at, "resend", "province", *times)
        code, said = await command(at, "resend", "province", "--mapping", mapping, "--yes")
        again = told(at)

    assert (code, again) == (0, [name, name])
    assert [unknown, other, turned] == [2, 2, 2]
    assert "--mapping: province was never told anything under" in none
    assert "--procedure: no dossier here is under 'NOPE'" in which
    assert "--from 2026-03-03 is not before --to 2026-03-02" in when
    assert (mapping in said, "1 of 1 told" in said) == (True, True)


@asynccontextmanager
async def gateway(environ: dict[str, str]) -> AsyncIterator[None]:
    """Run a gateway as a process, and kill it where this ends."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway.commands", "serve"), env=environ
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()


async def until(environ: dict[str, str], words: str) -> None:
    """Wait until the list of plans says so."""
    async with asyncio.timeout(60):
        while words not in await shell(environ, "plans"):
            await asyncio.sleep(0.05)


async def shell(environ: dict[str, str], *words: str) -> str:
    """Run a command beside a gateway that is a process."""
    done = await asyncio.to_thread(lambda: CliRunner().invoke(program(), words, env=environ))
    return done.output


async def test_a_plan_outlives_a_gateway_that_is_killed(tmp_path: Path) -> None:
    """Killed in the middle, the next start goes on: every dossier is let go once and told."""
    names = await posted(tmp_path, 40)
    host = Host("province", "echo", tmp_path, Faults(flaky=False, seed=1), {})
    async with hosted(host) as port:
        environ = dict(os.environ) | settings(tmp_path, port) | reaper.mark()
        environ |= {"LIENTHONG_DATA": str(tmp_path / "data"), "LIENTHONG_PORT": str(free_port())}
        await shell(environ, "backfill", "province", "--yes", "--no-wait")
        async with gateway(environ):
            await until(environ, "wave 3")
        killed = await shell(environ, "plans")
        environ["LIENTHONG_PORT"] = str(free_port())
        async with gateway(environ):
            await until(environ, "done: 40 of 40 told")
    engine = connect(tmp_path / "data" / "lienthong.sqlite3")
    with engine.connect() as connection:
        let_go = connection.execute(sa.select(attempt).where(attempt.c.outcome == "retried")).all()
    engine.dispose()

    assert "running" in killed
    assert sorted(str(row.dossier_id) for row in let_go) == sorted(names)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["backfill", "x"], "no system is called"),
        (["backfill", "province", "--since", "soon"], "no day like"),
        (["backfill", "province"], "no gateway has started with province"),
        (["resend", "province"], "say which"),
        (["settle", "province", "--dossier", str(uuid7())], "--reason"),
        (["settle", "province", "--reason", "x"], "--dossier ID or --cause"),
        (["plans", "stop", "12"], "not the id of a plan"),
        (["plans", "stop", str(uuid7())], "no plan"),
    ],
)
def test_wrong_input_is_named(tmp_path: Path, words: list[str], named: str) -> None:
    """One line that says what is wrong."""
    environ = settings(tmp_path) | {"LIENTHONG_DATA": str(tmp_path)}
    CliRunner().invoke(program(), ["migrate"], env=environ)
    done = CliRunner().invoke(program(), words, env=environ)

    assert isinstance(done.exception, SettingsError), done.output
    assert (named in str(done.exception), "\n" in str(done.exception)) == (True, False)
