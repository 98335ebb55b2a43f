"""The commands of an operator, as processes, on both databases."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.workbench.servers import PrivateRabbit


def run(folder: Path, database: dict[str, Any], *words: str, **more: str) -> tuple[int, str]:
    """Run a command; give its code and everything it said."""
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith("LIENTHONG_")
    } | {"LIENTHONG_DATA": str(folder), **more}
    if "postgres" in database:
        environ["LIENTHONG_DATABASE"] = database["postgres"]
    done = subprocess.run(
        [sys.executable, "-m", "gateway.commands", *words],
        check=False,
        capture_output=True,
        text=True,
        env=environ,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def database(tmp_path: Path, database: dict[str, Any]) -> dict[str, Any]:
    """Have a database with all migrations of each kind: no command but one sets one up."""
    if not database:
        run(tmp_path, database, "migrate")
    return database


def test_migrate_shows_and_applies(tmp_path: Path, empty_database: dict[str, Any]) -> None:
    """What is missing is shown, applied, and then nothing is missing."""
    shown = run(tmp_path, empty_database, "migrate", "--show")
    applied = run(tmp_path, empty_database, "migrate")
    after = run(tmp_path, empty_database, "migrate", "--show")

    assert shown[1].split()[:2] == ["0001", "0002"]
    assert (applied[1].startswith("applied 0001"), after) == (True, (0, "up to date\n"))


def test_clients_are_kept_where_the_gateway_looks(tmp_path: Path, database: dict[str, Any]) -> None:
    """A client that was added is listed, and its name cannot be taken again."""
    run(tmp_path, database, "clients", "add", "xa", "--agency", "H99")
    listed = run(tmp_path, database, "clients", "list")
    again = run(tmp_path, database, "clients", "add", "xa", "--agency", "H99")

    assert ("xa" in listed[1], again[0]) == (True, 2)


def test_the_outbox_agrees_with_the_ledger(tmp_path: Path, database: dict[str, Any]) -> None:
    """An empty house has no differences."""
    assert run(tmp_path, database, "outbox") == (0, "outbox and ledger agree\n")


def test_doctor_finds_a_house_in_order(tmp_path: Path, database: dict[str, Any]) -> None:
    """With everything there, nothing is wrong; on PostgreSQL failover is spoken of."""
    run(tmp_path, database, "migrate")
    code, said = run(tmp_path, database, "doctor")

    assert (code, "migrations: complete" in said) == (0, True)
    assert ("NOT covered by synchronous replication" in said) == ("postgres" in database)


@pytest.mark.parametrize("command", ["migrate", "doctor", "worker", "serve"])
def test_a_database_that_is_away_is_one_clear_line(tmp_path: Path, command: str) -> None:
    """No command answers with a traceback."""
    away = {"postgres": "postgresql://nobody@127.0.0.1:1/none"}
    code, said = run(tmp_path, away, command)

    assert (code > 0, "Traceback" in said, "cannot be reached" in said) == (True, False, True)


def test_a_worker_needs_a_shared_database(tmp_path: Path) -> None:
    """The embedded database belongs to one process, and the command says so."""
    code, said = run(tmp_path, {}, "worker")

    assert (code, "belongs to one process" in said) == (2, True)


def test_doctor_finds_a_broker_that_is_away(tmp_path: Path) -> None:
    """A broker that is named and not there is a finding."""
    run(tmp_path, {}, "migrate")
    code, said = run(tmp_path, {}, "doctor", LIENTHONG_AMQP="amqp://guest:guest@127.0.0.1:1/")

    assert (code, "LIENTHONG_AMQP cannot be reached" in said) == (1, True)


def test_doctor_reads_the_queues(
    tmp_path: Path, postgres: Callable[[], str], rabbit: PrivateRabbit
) -> None:
    """It tells the versions, the permissions, and how many queues stand."""
    database = {"postgres": postgres()}
    run(tmp_path, database, "migrate")
    code, said = run(tmp_path, database, "doctor", LIENTHONG_AMQP=rabbit.url)

    assert (code, "permissions: enough" in said, "RabbitMQ 3." in said) == (0, True, True)
    assert "queues stand, of 2" in said


def test_doctor_takes_the_way_to_each_system(tmp_path: Path) -> None:
    """A certificate that cannot be read and a system that is away are each one line."""
    systems = tmp_path / "systems.toml"
    systems.write_text(
        """
[systems.away]
adapter = "echo"
settings = { base_url = "http://127.0.0.1:1" }
[systems.private]
adapter = "echo"
ca_file = "/nowhere/ca.pem"
settings = { base_url = "https://127.0.0.1:1" }
[systems.silent]
adapter = "echo"
mode = "off"
settings = { base_url = "http://127.0.0.1:1" }
""",
        encoding="utf-8",
    )
    code, said = run(tmp_path / "data", {}, "doctor", LIENTHONG_SYSTEMS=str(systems))
    lines = {line.split()[1].rstrip(":"): line for line in said.splitlines()}

    assert code == 1
    assert lines["away"].startswith("WRONG away (echo, live) at 127.0.0.1:1 cannot be reached")
    assert lines["private"].startswith("WRONG private: ca_file /nowhere/ca.pem: No such file")
    assert lines["silent"].startswith("ok")
