"""Agencies of both generations: by table only, and a report of what the table lacks."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.commands.app import program
from gateway.settings import SettingsError
from schemas.catalogue.agencies import load, shipped
from schemas.catalogue.communes import units

HEAD = "code,scheme,name,valid_from,valid_to,same_as,predecessors,commune\n"
NOW = date(2026, 3, 2)
MERGED = """\
H99.14,qd20,Xã Một,2020-09-15,2025-07-01,000.00.14.H99,,
000.00.14.H99,qcvn102,Xã Một,,2025-07-01,H99.14,,
H99.15,qd20,Xã Hai,2020-09-15,2025-07-01,,,
H99.21,qd20,Xã Mới,2025-07-01,,000.00.21.H99,H99.14 H99.15 000.00.14.H99,
000.00.21.H99,qcvn102,Xã Mới,2025-07-01,,H99.21,,
"""


def written(folder: Path, rows: str, head: str = HEAD) -> Path:
    """Write a table."""
    file = folder / "agencies.csv"
    file.write_text(head + rows, "utf-8")
    return file


def test_a_code_has_the_agency_of_its_day(tmp_path: Path) -> None:
    """An ended code is nobody's, and its successors are named, not picked."""
    found, findings = load(written(tmp_path, MERGED))

    assert findings == []
    assert found.find("H99.14", NOW) is None
    assert found.find("H99.14", date(2025, 6, 30)) == found.all[0]
    assert found.successors("H99.15") == ("H99.21",)


def test_the_other_generation_comes_from_the_table_only(tmp_path: Path) -> None:
    """Where it states none there is none, though a rule would find one."""
    found, _ = load(written(tmp_path, MERGED))

    assert found.in_scheme("H99.21", "qcvn102", NOW) == "000.00.21.H99"
    assert found.in_scheme("000.00.21.H99", "qd20", NOW) == "H99.21"
    assert found.in_scheme("H99.15", "qcvn102", date(2025, 6, 30)) is None
    assert found.in_scheme("H99.77", "qcvn102", NOW) is None


def test_the_shipped_table_is_whole() -> None:
    """The portal's own agency, in both generations."""
    assert shipped().in_scheme("G22", "qcvn102", NOW) == "000.00.00.G22"
    assert shipped().in_scheme("000.00.00.G22", "qd20", NOW) == "G22"


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("H99.14,tax,Xã,,,,,", "scheme"),
        ("000.00.14.H99,qd20,Xã,,,,,", "code"),
        ("H99.14,qcvn102,Xã,,,,,", "code"),
        (f"H99.{'1' * 40},qd20,Xã,,,,,", "code"),
        ("H99.14,qd20,,,,,,", "name"),
        ("H99.14,qd20,Xã,1/7/2025,,,,", "valid_from"),
        ("H99.14,qd20,Xã,,31,,,", "valid_to"),
        ("H99.14,qd20,Xã,,,,,99999", "commune"),
    ],
)
def test_a_bad_row_is_left_out_and_named(tmp_path: Path, row: str, field: str) -> None:
    """By line and column; the others are read."""
    found, findings = load(written(tmp_path, f"H99,qd20,Tỉnh,,,,,\n{row}\n"))

    assert [one.code for one in found.all] == ["H99"]
    assert [("line 3", field, True)] == [(one.place, one.field, one.lost) for one in findings]


@pytest.mark.parametrize(
    ("rows", "gap"),
    [
        ("H99,qd20,A,,,,,\nH99,qd20,B,2025-07-01,,,,\n", ("H99", "code")),
        ("H99,qd20,A,,,,H98,\n", ("H99", "predecessors")),
        ("H99,qd20,A,,,000.00.00.H99,,\n", ("H99", "same_as")),
        ("H99,qd20,A,,2025-07-01,,,\n", ("H99", "valid_to")),
    ],
)
def test_a_gap_is_reported_and_the_row_is_kept(
    tmp_path: Path, rows: str, gap: tuple[str, str]
) -> None:
    """What only the whole table shows."""
    found, findings = load(written(tmp_path, rows))

    assert rows.count("\n") == len(found.all)
    assert [(*gap, False)] == [(one.place, one.field, one.lost) for one in findings]


def test_communes_without_an_agency_are_named_in_claimed_provinces(tmp_path: Path) -> None:
    """One commune's agency claims its province."""
    _, findings = load(written(tmp_path, "H99.1,qd20,A,,,,,32095\n"))
    others = {one.code for one in units().values() if one.province == "96"} - {"32095"}

    assert others == {one.place for one in findings}


def run(file: Path, *words: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(program(), ["catalogue", "agencies", str(file), *words])


@pytest.mark.parametrize(("row", "code"), [("H99,qd20,A,,,,H98,", 0), ("H99,x,A,,,,,", 1)])
def test_the_command_reports(tmp_path: Path, row: str, code: int) -> None:
    """Gaps pass; a row that is left out does not."""
    done = run(written(tmp_path, row + "\n"), "--json")

    assert (code, 1) == (done.exit_code, len(json.loads(done.output)["findings"]))


def test_wrong_input_is_one_line(tmp_path: Path) -> None:
    """A file that is absent, or no such table."""
    absent, other = run(tmp_path / "absent.csv"), run(written(tmp_path, "", "a,b\n"))

    assert isinstance(absent.exception, SettingsError)
    assert str(absent.exception).endswith("absent.csv: No such file or directory")
    assert isinstance(other.exception, SettingsError)
    assert "lacks the columns code, scheme, name" in str(other.exception)
