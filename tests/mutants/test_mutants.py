"""The list of mutants fits the product, and whoever runs it has teeth."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutants.__main__ import enough, faults
from tests.mutants.mutant import ROOT, kept, read

TABLE = """
law = 5
what = "{what}"
file = "gateway/rules/schedule.py"
tests = ["tests/rules/test_schedule.py"]
mutant = [{{old = "{old}", new = "{new}"}}]
"""


def table(folder: Path, old: str, new: str) -> Path:
    """Write a table of one mutant."""
    path = folder / "table.toml"
    path.write_text(TABLE.format(what="x", old=old, new=new), "utf-8")
    return path


def run(folder: Path, old: str, new: str) -> tuple[int, str]:
    """Run one mutant; give the exit code and what is said."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.mutants", str(table(folder, old, new))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    return done.returncode, done.stdout + done.stderr


def test_every_mutant_fits() -> None:
    """If it is stale: the product moved on, and the table `kept/` must follow."""
    assert faults(kept()) == []


def test_no_mutant_is_kept_twice() -> None:
    """Each breaks something else."""
    changes = [(one.file, one.old, one.new) for one in kept()]

    assert len({*changes}) == len(changes) >= 36


@pytest.mark.parametrize(
    ("died", "of", "expected"), [(33, 36, True), (32, 36, False), (0, 1, False)]
)
def test_thirty_three_of_thirty_six_must_die(died: int, of: int, expected: bool) -> None:
    """And of a longer list as many in proportion."""
    assert enough(died, of) == expected


def test_a_mutant_that_changes_nothing_survives(tmp_path: Path) -> None:
    """It is named with its place and the change, and the run fails."""
    code, said = run(tmp_path, "SECOND = 1000", "SECOND = 999 + 1")

    assert code == 1, said
    assert "SURVIVED gateway/rules/schedule.py:" in said
    assert "+ SECOND = 999 + 1" in said
    assert "0 of 1 mutants died" in said


def test_a_mutant_that_breaks_a_promise_dies(tmp_path: Path) -> None:
    """The nearest tests fail with it, and the run says so."""
    code, said = run(tmp_path, "RUNGS = (10.0,", "RUNGS = (11.0,")

    assert (code, "1 of 1 mutants died" in said) == (0, True), said


def test_a_mutant_that_cannot_be_loaded_proves_nothing(tmp_path: Path) -> None:
    """A text that is no Python would die under any tests."""
    code, said = run(tmp_path, "SECOND = 1000", "SECOND = = 1000")

    assert (code, "cannot judge" in said) == (2, True), said


@pytest.mark.parametrize(
    ("old", "new"),
    [("NOT THERE", "x"), ("rung", "x"), ("SECOND = 1000", "SECOND = 1000")],
    ids=["gone", "many", "same"],
)
def test_a_stale_mutant_is_an_error(tmp_path: Path, old: str, new: str) -> None:
    """Its text must be there once, and become another."""
    (fault,) = faults(read([table(tmp_path, old, new)]))

    assert fault.startswith("stale: gateway/rules/schedule.py")


def test_a_test_that_is_gone_is_an_error(tmp_path: Path) -> None:
    """Else a mutant would die of it."""
    path = table(tmp_path, "SECOND = 1000", "SECOND = 1")
    path.write_text(path.read_text("utf-8").replace("test_schedule.py", "test_schedule.py::gone"))

    assert faults(read([path])) == [
        "gateway/rules/schedule.py: no such test: tests/rules/test_schedule.py::gone"
    ]
