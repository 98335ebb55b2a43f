"""`lienthong status`, `parked` and `retry`: what an operator sees and does at a shell."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner
from uuid_utils.compat import uuid7

from gateway.commands.app import program
from gateway.settings import SettingsError
from gateway.workbench.simulate import Behaves
from tests.delivery.test_delivery import House, dossier, house
from tests.flow.test_commands import run

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Moody:
    """A system that refuses everything until it is mended."""

    inner: Behaves
    mended: bool = False

    def seed(self, codes: list[str]) -> None:
        """Pass on."""
        self.inner.seed(codes)

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Refuse, or answer as it should."""
        if self.mended:
            return self.inner.handle(method, path, headers, body)
        problem = {"pointer": "/summary", "code": "closed", "detail": "we are moving house"}
        answer = {"ok": False, "code": "closed", "problems": [problem]}
        return 200, {"Content-Type": "application/json"}, json.dumps(answer).encode()

    def excuse(self, path: str) -> bytes | None:
        """Pass on."""
        return self.inner.excuse(path)

    def move(self, code: str, status: int) -> None:
        """Pass on."""
        self.inner.move(code, status)


def moody(at: House) -> Moody:
    """Let the only system refuse everything from now on."""
    host = at.hosts["province"]
    made = Moody(host.simulator)
    host.simulator = made
    return made


def settings(folder: Path) -> dict[str, str]:
    """Write the systems file of the gateway that runs in the test; give the environment."""
    file = folder / "systems.toml"
    file.write_text(
        '[systems.province]\nadapter = "echo"\nenvironment = "sandbox"\n'
        'settings = { base_url = "http://127.0.0.1:1" }\n',
        "utf-8",
    )
    return {"LIENTHONG_SYSTEMS": str(file), "LIENTHONG_TIME_SCALE": "0.002"}


def migrate(environ: dict[str, str]) -> None:
    """Set up the database, as no other command does."""
    CliRunner().invoke(program("migrate"), ["migrate"], env=environ)


async def process(at: House, *words: str) -> tuple[int, str]:
    """Run a command as a process beside the gateway that runs in this one."""
    more = settings(at.folder)
    return await asyncio.to_thread(run, at.folder / "data", {}, *words, **more)


async def command(at: House, *words: str) -> tuple[int, str]:
    """Run a command in a thread, over a store of its own: quicker to start than a process."""
    environ = settings(at.folder) | {"LIENTHONG_DATA": str(at.folder / "data")}
    done = await asyncio.to_thread(lambda: CliRunner().invoke(program(), words, env=environ))
    refused = isinstance(done.exception, SettingsError)
    return (2, str(done.exception)) if refused else (done.exit_code, done.output)


async def fill(at: House, count: int) -> list[str]:
    """Post dossiers, and wait until the system has refused each of them."""
    names = [(await at.post(dossier(number))).body["id"] for number in range(1, count + 1)]
    for name in names:
        await at.until(name, lambda found: found["lanes"][0]["state"] == 3)
    return names


def retried(found: dict[str, Any]) -> int:
    """Count the notes that somebody let the lane go."""
    return sum(row["outcome"] == "retried" for row in found["attempts"])


async def test_a_mended_system_is_put_right_by_a_retry(tmp_path: Path) -> None:
    """Everything that was refused goes through, in growing waves, and the ledger says why."""
    async with house(tmp_path, {"province": {"adapter": "echo"}}) as at:
        system = moody(at)
        names = await fill(at, 12)
        system.mended = True
        words = ("retry", "--cause", "refused", "--wave", "4", "--why", "they moved", "--yes")
        code, said = await process(at, *words)
        ledgers = [await at.ledger(name) for name in names]
        stored = {effect["dossier"] for effect in at.effects("province")}
        _, nothing = await command(at, "parked")

    assert (code, "nothing is parked" in nothing) == (0, True)
    assert "province: wave 1: 4 let go" in said
    assert "province: wave 2: 8 went through, 0 failed again, 0 without an outcome" in said
    assert "province: 12 went through, 0 failed again, 0 left as they were" in said
    assert (stored, [retried(one) for one in ledgers]) == (set(names), [1] * 12)
    assert {one["lanes"][0]["state"] for one in ledgers} == {None}


async def test_a_retry_stops_itself_after_the_first_wave(tmp_path: Path) -> None:
    """Where nothing was mended a few lanes go in vain, and all others are as they were."""
    async with house(tmp_path, {"province": {"adapter": "echo"}}) as at:
        moody(at)
        names = await fill(at, 12)
        code, said = await process(at, "retry", "--system", "province", "--wave", "3", "--yes")
        ledgers = [await at.ledger(name) for name in names]

    assert (code, "Traceback" in said) == (1, False)
    assert "province: stopped: more than half of the wave failed again" in said
    assert "9 left as they were" in said
    assert (sum(map(retried, ledgers)), "wave 2" in said) == (3, False)


async def test_without_yes_nothing_is_changed(tmp_path: Path) -> None:
    """What would go is counted and named; one dossier can be chosen by its id."""
    async with house(tmp_path, {"province": {"adapter": "echo"}}) as at:
        moody(at)
        names = await fill(at, 3)
        code, said = await command(at, "retry", "--system", "province")
        one = await command(at, "retry", "--dossier", names[1])
        ledgers = [await at.ledger(name) for name in names]

    assert (code, "nothing was changed" in said, "to be retried: 3" in said) == (0, True, True)
    assert [name in said for name in names] == [True] * 3
    assert [name in one[1] for name in names] == [False, True, False]
    assert (sum(map(retried, ledgers)), {row["lanes"][0]["state"] for row in ledgers}) == (0, {3})


async def test_a_held_system_is_not_retried(tmp_path: Path) -> None:
    """Whoever holds it must let it go first; the dry run says so too."""
    async with house(tmp_path, {"province": {"adapter": "echo"}}) as at:
        moody(at)
        await fill(at, 1)
        await command(at, "hold", "province", "--why", "migration")
        shown = await command(at, "retry", "--system", "province")
        done = await command(at, "retry", "--system", "province", "--yes")
        _, table = await command(at, "status")

    assert (shown[0], done[0]) == (0, 2)
    assert ("lienthong release province" in shown[1], "is held by" in done[1]) == (True, True)
    assert ("held by" in table, "migration" in table) == (True, True)


async def test_what_is_parked_is_said_with_the_next_step(tmp_path: Path) -> None:
    """In the language asked for, with a sample by which nobody can be known."""
    async with house(tmp_path, {"province": {"adapter": "echo"}}) as at:
        moody(at)
        (name,) = await fill(at, 1)
        ref = dossier(1)["source"]["ref"]
        _, vi = await command(at, "parked", "--lang", "vi")
        _, en = await command(at, "parked", "--system", "province")
        code, said = await process(at, "parked", "--cause", "refused", "--json")
        (group,) = json.loads(said)

    assert ("Cán bộ sửa" in vi, "The officer corrects" in en) == (True, True)
    assert (code, group["cause"], group["for"], group["count"]) == (
        0,
        "refused:closed",
        "officer",
        1,
    )
    assert [text in vi + en + said for text in (name, ref, "we are moving")] == [False] * 3


async def test_status_says_how_a_system_stands(tmp_path: Path) -> None:
    """For a script and for a person; what is only due is no trouble of the system."""
    async with house(tmp_path, {"province": {"adapter": "echo"}}) as at:
        moody(at)
        await fill(at, 2)
        code, said = await process(at, "status", "--json")
        _, table = await command(at, "status", "--lang", "vi")
        (system,) = json.loads(said)["systems"]

    assert (code, system["name"], system["mode"], system["gate"]) == (0, "province", "live", "open")
    idle = dict.fromkeys(("ready", "sending", "waiting", "asked", "untold"), 0)
    assert system["lanes"] == idle | {"parked": 2}
    assert (system["last_error"]["outcome"], system["oldest_seconds"] > 0) == ("refused", True)
    assert ("cần người xử lý" in table.replace("\n", " "), "province" in table) == (True, True)


def test_an_empty_house_has_nothing_to_say(tmp_path: Path, database: dict[str, Any]) -> None:
    """All three work before anything was posted, on both databases."""
    more = settings(tmp_path)
    environ = more | {"LIENTHONG_DATA": str(tmp_path)}
    if "postgres" in database:
        environ["LIENTHONG_DATABASE"] = database["postgres"]
    migrate(environ)
    said = [
        CliRunner().invoke(program(), words, env=environ)
        for words in (
            ["status", "--json"],
            ["parked", "--json"],
            ["retry", "--system", "province", "--yes"],
        )
    ]
    seen = json.loads(said[0].output)

    assert (seen["systems"], seen["unstarted"], seen["at_risk"]) == ([], ["province"], 0)
    assert [one.exit_code for one in said] == [0, 0, 0]
    assert [one.output for one in said[1:]] == [
        "[]\n",
        "nothing to retry: nothing of that is parked or waits for its next try\n",
    ]


def test_watched_status_is_a_line_for_each_look_until_it_is_ended(tmp_path: Path) -> None:
    """Ctrl-C ends it without an error."""
    environ = dict(os.environ) | {"LIENTHONG_DATA": str(tmp_path)} | settings(tmp_path)
    migrate(environ)
    command = [
        *("env", "--default-signal=INT", sys.executable, "-m", "gateway.commands"),
        *("status", "--json", "--watch", "0.1"),
    ]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        looks = [json.loads(running.stdout.readline()) for _ in range(3)]
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=30)  # a pipe that closes before it has ended is another end

    assert (running.returncode, len({look["at"] for look in looks})) == (0, 3)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["retry"], "say what"),
        (["retry", "--dossier", "12"], "--dossier"),
        (["retry", "--dossier", str(uuid7())], "there is no dossier"),
        (["retry", "--dossier", str(uuid7()), "--cause", "refused"], "exclude each other"),
        (["retry", "--cause", "refuzed"], "there is no cause 'refuzed'; kinds are: asked,"),
        (["retry", "--system", "x"], "no system is called 'x'; there are: province"),
        (["retry", "--system", "province", "--wave", "0"], "--wave"),
        (["retry", "--system", "province", "--patience", "0"], "--patience"),
        (["parked", "--cause", "x"], "--cause"),
        (["parked", "--system", "x"], "--system"),
        (["parked", "--lang", "fr"], "--lang"),
        (["status", "--lang", "fr"], "--lang"),
        (["status", "--watch", "0"], "--watch"),
        (["status", "--once", "--watch", "1"], "--watch"),
    ],
)
def test_wrong_input_is_named(tmp_path: Path, words: list[str], named: str) -> None:
    """One line that names the option."""
    environ = settings(tmp_path) | {"LIENTHONG_DATA": str(tmp_path)}
    migrate(environ)
    done = CliRunner().invoke(program(), words, env=environ)

    assert isinstance(done.exception, SettingsError), done.output
    assert (named in str(done.exception), "\n" in str(done.exception)) == (True, False)


def test_wrong_input_ends_with_2(tmp_path: Path) -> None:
    """As every other command's does."""
    code, said = run(tmp_path, {}, "retry")

    assert (code, said.count("\n")) == (2, 1)


def test_a_database_that_is_away_is_one_line(tmp_path: Path) -> None:
    """No command answers with a traceback."""
    away = {"postgres": "postgresql://nobody@127.0.0.1:1/none"}
    code, said = run(tmp_path, away, "status")

    assert (code, "Traceback" in said, said.count("\n")) == (3, False, 1)
