"""The audit as an auditor meets it: checked by a command, given out whole."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from gateway.access.audit import Entry, record
from gateway.access.sealing import Sealer
from gateway.commands.app import program
from gateway.settings import Settings
from gateway.store.engine import Connection
from gateway.store.seal import audit_key
from tests.operations.begun import begun

KEY = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="
NAMES = ("one", "two", "=three", "bốn")
TRIGGERS_OFF = {
    "sqlite": ("DROP TRIGGER audit_kept", "DROP TRIGGER audit_whole"),
    "postgresql": ("ALTER TABLE audit DISABLE TRIGGER ALL",),
}
"""What the owner of a database can do, and what no trigger helps against."""


@dataclass(frozen=True)
class House:
    """An installation whose audit is sealed."""

    settings: Settings
    environ: dict[str, str]

    def do(self, job: Callable[[Connection], Any], *, seal: bool = True) -> None:
        """Do something over its store, and have it sealed."""
        asyncio.run(self._do(job, seal=seal))

    async def _do(self, job: Callable[[Connection], Any], *, seal: bool) -> None:
        async with begun(self.settings) as store:
            await store.write(job)
            if seal:
                await Sealer(store, audit_key(self.settings, make=True), "a").seal()

    def run(self, *words: str) -> Result:
        """Run the command."""
        return CliRunner(env=self.environ).invoke(program("audit"), ["audit", *words])


@pytest.fixture
def house(tmp_path: Path, database: dict[str, Any]) -> House:
    """Write some lines, and have them sealed."""
    named = {"LIENTHONG_DATABASE": database["postgres"]} if database else {}
    environ = {"LIENTHONG_DATA": str(tmp_path), "LIENTHONG_AUDIT_KEY": KEY, **named}
    made = House(Settings(data=tmp_path, audit_key=KEY, **database), environ)
    entries = [Entry(who="os:day", what="try", object=name, reason="why") for name in NAMES]
    made.do(lambda connection: record(connection, *entries))
    return made


def tamper(connection: Connection, *orders: str) -> None:
    """Do to the audit what whoever owns the database can do."""
    for order in (*TRIGGERS_OFF[connection.dialect.name], *orders):
        connection.execute(sa.text(order))


def test_an_audit_that_nobody_touched_is_whole(house: House) -> None:
    """All lines are counted, and the head is said; it is a head that can be given again."""
    done = house.run("verify")
    head = done.output.split("head ")[1].strip()
    again = house.run("verify", "--head", head)

    assert (done.exit_code, again.exit_code) == (0, 0), done.output + again.output
    assert done.output.startswith("5 lines are whole, head 5:")


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ("UPDATE audit SET who = 'os:night' WHERE object = 'two'", "place 3: changed"),
        ("DELETE FROM audit WHERE object = 'two'", "place 3: missing"),
        ("UPDATE audit SET result = 'denied' WHERE place = 5", "place 5: changed"),
    ],
)
def test_what_was_done_to_a_line_is_named(house: House, order: str, said: str) -> None:
    """By its place, and the command ends with 1."""
    house.do(lambda connection: tamper(connection, order))
    done = house.run("verify")

    assert (done.exit_code, done.output.splitlines()[0].startswith(said)) == (1, True), done.output


def test_a_cut_tail_shows_against_the_log(house: House) -> None:
    """What is left is whole in itself: without the head nobody could tell."""
    head = house.run("verify").output.split("head ")[1].strip()[:18]
    house.do(lambda connection: tamper(connection, "DELETE FROM audit WHERE place > 3"), seal=False)
    alone, against = house.run("verify"), house.run("verify", "--head", head)

    assert (alone.exit_code, against.exit_code) == (0, 1)
    assert "places 4 to 5: missing, cut off" in against.output


def test_a_line_that_nobody_seals_is_named(house: House) -> None:
    """After two minutes: a gateway that runs would have done it."""
    entry = Entry(who="os:day", what="late")
    house.do(lambda connection: record(connection, entry), seal=False)
    fresh = house.run("verify")
    house.do(
        lambda c: tamper(c, "UPDATE audit SET at = at - 200000 WHERE what = 'late'"), seal=False
    )
    old = house.run("verify")

    assert (fresh.exit_code, old.exit_code) == (0, 1)
    assert old.output.startswith("not sealed: ")


@pytest.mark.parametrize("head", ["5", "0:abcdef12", "5:xyz", "5:ab", "-1:abcdef12"])
def test_what_is_no_head_is_refused(head: str) -> None:
    """A head that was copied badly proves nothing."""
    done = CliRunner().invoke(program("audit"), ["audit", "verify", f"--head={head}"])

    assert (done.exit_code, str(done.exception).startswith("--head: ")) == (1, True)


def test_the_whole_record_is_given_out(house: House) -> None:
    """Line by line as JSON, as it is."""
    lines = [json.loads(line) for line in house.run("export").output.splitlines()]

    assert [line["object"] for line in lines][1:] == list(NAMES)
    assert [line["place"] for line in lines] == [1, 2, 3, 4, 5]
    assert all(len(line["mac"]) == 64 for line in lines)


def test_a_spreadsheet_runs_nothing_of_it(house: House) -> None:
    """A cell that begins like a formula is a text."""
    found = list(csv.DictReader(io.StringIO(house.run("export", "--format", "csv").output)))

    assert [row["object"] for row in found][1:] == ["one", "two", "'=three", "bốn"]


def test_a_time_cuts_out_a_part(house: House) -> None:
    """From then on, and before then."""
    hour = timedelta(hours=1)
    past, coming = (datetime.now(UTC) + far for far in (-hour, hour))
    parts = [("--since", past), ("--until", coming), ("--since", coming), ("--until", past)]
    said = [house.run("export", name, at.isoformat()).output for name, at in parts]
    found = [len(text.splitlines()) for text in said]

    assert found == [5, 5, 0, 0]


def test_without_a_key_nothing_can_be_said(tmp_path: Path) -> None:
    """An installation that never sealed anything is not called whole."""
    house = House(Settings(data=tmp_path), {"LIENTHONG_DATA": str(tmp_path)})
    house.do(lambda _: None, seal=False)
    done = house.run("verify")

    assert (done.exit_code, "nothing is sealed" in str(done.exception)) == (1, True)
