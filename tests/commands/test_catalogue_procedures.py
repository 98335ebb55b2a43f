"""`lienthong procedures`: what a person at a shell sees."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.commands.app import program
from gateway.settings import SettingsError
from schemas.catalogue.procedure_files import load

GOOD = '[{"MATTHC": "1.000001", "TENTTHC": "Một"}]'
HALF = '[{"MATTHC": "1.000001", "TENTTHC": "Một"}, {"TENTTHC": "Hai"}]'


def run(*words: str | Path) -> Result:
    """Run a command of `lienthong procedures`."""
    return CliRunner().invoke(program(), ["procedures", *map(str, words)])


@pytest.mark.parametrize(("text", "code", "left_out"), [(GOOD, 0, 0), (HALF, 1, 1)])
def test_check_says_what_is_left_out(tmp_path: Path, text: str, code: int, left_out: int) -> None:
    """Gaps are reported and pass; a row that is left out does not."""
    (tmp_path / "a.json").write_text(text, "utf-8")
    done = run("check", tmp_path / "a.json", "--json")
    said = json.loads(done.output)

    assert (done.exit_code, sum(one["lost"] for one in said["findings"])) == (code, left_out)


def test_import_writes_what_can_be_completed(tmp_path: Path) -> None:
    """The portal's answers become a CSV file, which is never written over another."""
    (tmp_path / "a.json").write_text(GOOD, "utf-8")
    done = run("import", tmp_path / "a.json", tmp_path / "b.csv")
    again = run("import", tmp_path / "a.json", tmp_path / "b.csv")

    assert (done.exit_code, load(tmp_path / "b.csv").catalogue.versions) == (
        0,
        load(tmp_path / "a.json").catalogue.versions,
    )
    assert isinstance(again.exception, SettingsError)


@pytest.mark.parametrize(
    ("code", "received", "said"),
    [
        ("2.000635", "2026-01-09T15:01", "2026-01-10T17:00:00+07:00  on the day of reception"),
        ("1.004873", "2026-03-02T09:00", "a sample's duration"),
    ],
)
def test_due_says_when_and_why(code: str, received: str, said: str) -> None:
    """A clerk can check a due time by hand."""
    assert said in run("due", code, received).output


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("due", "9.999999", "2026-03-02T09:00"), "CODE"),
        (("due", "2.000635", "2026-03-02"), "RECEIVED"),
        (("check", "none.csv"), "none.csv"),
    ],
)
def test_what_is_wrong_is_named(words: tuple[str, ...], named: str) -> None:
    """One line that names the argument."""
    assert named in str(run(*words).exception)
