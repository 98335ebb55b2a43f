"""The rules of the house that no linter knows."""

from __future__ import annotations

import shutil
import string
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from gateway.rules.lifecycle import DEFAULTS, MUST_CARRY, TRANSITIONS
from gateway.store.engine import connect
from gateway.store.schema import apply, missing
from gateway.store.tables import metadata
from gateway.words import detail, lane, language_of, title
from gateway.words.lifecycle import KIND_NAMES, SENTENCES
from gateway.words.problems import DETAILS, LANES, TITLES
from gateway.workbench import reaper
from gateway.workbench.samples.generator import generate, text
from schemas.catalogue.statuses import LABEL, NUMBER
from schemas.status import Kind, Status

ROOT = Path(__file__).parents[2]
PACKAGES = sorted(
    path.parent
    for root in ("gateway", "adapters", "schemas", "contracts")
    for path in (ROOT / root).rglob("__init__.py")
    if "migrations" not in path.parts
)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_room_has_a_door_plate(package: Path) -> None:
    """A package says what goes in, what comes out, and what it never does; contracts say what."""
    plate = (package / "__init__.py").read_text(encoding="utf-8")
    needed = ['"""'] if "contracts" in package.parts else ["In:", "Out:", "Never:"]

    assert [word for word in needed if word not in plate[:800]] == []


def test_migrations_make_the_tables(tmp_path: Path) -> None:
    """A migrated database is what `store.tables` says, and nothing is left to apply."""
    engine = connect(tmp_path / "x.sqlite3")
    apply(engine, lambda *_: None)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
        lacking = missing(connection)
    engine.dispose()

    assert (differences, lacking) == ([], [])


def test_every_table_of_words_is_whole() -> None:
    """Each sentence stands in both languages, with the same places for values."""

    def places(sentence: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}

    tables = {**TITLES, **DETAILS, **LANES, **SENTENCES}
    torn = [
        code for code, (vi, en) in tables.items() if not vi or not en or places(vi) != places(en)
    ]

    assert torn == []


def test_words_are_found() -> None:
    """A title, a detail and a reason are said in the language that was asked for."""
    said = [
        title("invalid", "en"),
        detail("missing", "en", {}),
        lane("needs_code", "vi"),
        language_of("en-GB,vi;q=0.5"),
    ]

    assert said == ["Some fields are not valid", "This field is required.", "chờ mã hồ sơ", "en"]


def test_the_tables_of_the_lifecycle_are_total() -> None:
    """Every state and every kind has its row."""
    assert (set(Status), set(Kind), set(Kind), set(Status), set(Status)) == (
        set(TRANSITIONS),
        set(DEFAULTS),
        set(KIND_NAMES),
        set(NUMBER),
        set(LABEL),
    )
    assert set(MUST_CARRY) <= set(Kind)


def test_the_samples_on_disk_are_the_generators() -> None:
    """The files that a person reads are what the generator makes for seed 1."""
    folder = ROOT / "gateway" / "workbench" / "samples" / "dossiers"
    made = {f"{one.name}.json": text(one) for one in generate(300, 1)}

    assert made == {path.name: path.read_text("utf-8") for path in folder.glob("*.json")}


def test_the_samples_are_mostly_born_on_the_portal() -> None:
    """As in life: most dossiers are filed online, for at least eight procedures."""
    samples = list(generate(300, 1))
    online = sum(one.born == "portal" for one in samples)
    procedures = {one.requests[0].body["procedure"]["code"] for one in samples}

    assert (online >= len(samples) * 0.7, len(procedures) >= 8) == (True, True)


def test_a_second_system_is_two_folders(tmp_path: Path) -> None:
    """Law 9: Copying echo's adapter and contract under a new name is all that a system needs."""
    for name in ("gateway", "adapters", "schemas", "contracts", "tests", "pyproject.toml"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(
                source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "dossiers")
            )
        else:
            shutil.copy(source, tmp_path / name)
    for room in ("adapters", "contracts"):
        shutil.copytree(tmp_path / room / "echo", tmp_path / room / "second")
    for file in (tmp_path / "adapters" / "second").glob("*.py"):
        file.write_text(
            file.read_text("utf-8")
            .replace("adapters.echo", "adapters.second")
            .replace('name="echo"', 'name="second"'),
            "utf-8",
        )

    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "tests/adapters/test_checks.py",
            "-k",
            "second",
        ],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": "", "HOME": str(tmp_path)} | reaper.mark(),
        check=False,
        capture_output=True,
        text=True,
        timeout=110,
    )

    assert (done.returncode, "14 passed" in done.stdout) == (0, True), done.stdout[-2000:]


def test_sqlite_waits_for_the_disk(tmp_path: Path) -> None:
    """A commit of the embedded database returns when the disk has it."""
    engine = connect(tmp_path / "x.sqlite3")
    with engine.connect() as connection:
        pragmas = [
            connection.execute(sa.text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    engine.dispose()

    assert pragmas == ["wal", 2, 1]


@pytest.mark.parametrize(("command", "spared"), [("worker", "fastapi"), ("simulate", "sqlalchemy")])
def test_a_command_loads_only_what_it_needs(command: str, spared: str) -> None:
    """Every process starts sooner and stays smaller; one careless import would undo it."""
    asks = (
        "import sys; from gateway.commands.app import program; "
        f"program('{command}'); print('{spared}' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
