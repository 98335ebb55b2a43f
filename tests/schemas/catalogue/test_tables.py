"""Tables that a deployment brings: read whole, or refused by file, line and column."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from schemas.catalogue import agencies, commune_corrections, days_off, procedure_files
from schemas.catalogue.communes import (
    Corrections,
    made_of,
    old_units,
    resolve,
    stand,
    units,
    units_ever,
    use,
)
from schemas.catalogue.finding import Unreadable
from schemas.catalogue.generations import generation_of
from schemas.catalogue.sheets import Stand
from schemas.parts import Address

STAND = "# as_of: 2026-11-20\n# published_until: 2027-12-31\n"
DAYS = "day,until,works,reason\n"
UNITS = "generation,code,name,district,province,valid_from,valid_to,to\n"
RENAMED = UNITS + "since,25840,Phường Tân Thử,,79,2025-07-01,,\n"


@pytest.fixture
def shipped() -> Iterator[None]:
    """Give back the communes that ship, whatever the test used."""
    yield
    use(Corrections())


def written(folder: Path, text: str, name: str = "table.csv") -> Path:
    """Write a table."""
    (folder / name).write_text(text, "utf-8")
    return folder / name


@pytest.mark.parametrize(
    ("head", "known"),
    [
        ("", Stand()),
        (STAND, Stand(date(2026, 11, 20), date(2027, 12, 31))),
        ("# bảng của Sở\n#AS_OF:2026-11-20,,,\n", Stand(date(2026, 11, 20))),
        ("# published_until : 2027-12-31;;;\n", Stand(None, date(2027, 12, 31))),
    ],
)
def test_a_table_says_of_which_day_it_is(tmp_path: Path, head: str, known: Stand) -> None:
    """Also as a spreadsheet writes it, and of every table in the same way."""
    days = written(tmp_path, head + DAYS, "d.csv")
    procedures = written(tmp_path, head + "code,name\n1.000001,x\n", "p.csv")
    offices = written(tmp_path, head + "code,scheme,name\nH99,qd20,x\n", "a.csv")
    places = written(tmp_path, head + UNITS, "c.csv")

    assert {
        days_off.load(days)[0].stand,
        procedure_files.load(procedures).catalogue.stand,
        agencies.load(offices)[0].stand,
        commune_corrections.load(places)[0].stand,
    } == {known}


@pytest.mark.parametrize(
    ("known", "until"),
    [
        (Stand(), None),
        (Stand(date(2026, 1, 1)), date(2027, 1, 2)),
        (Stand(date(2026, 1, 1), date(2026, 12, 31)), date(2026, 12, 31)),
    ],
)
def test_a_table_is_stale_after_its_last_day(known: Stand, until: date | None) -> None:
    """What says only of which day it is is believed for a year."""
    assert known.until == until
    assert known.stale(date(2027, 1, 1)) == (until == date(2026, 12, 31))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("# as_of: mai\n" + DAYS, "table.csv: line 1, as_of: is not a day"),
        ("# as_off: 2026-01-01\n" + DAYS, "table.csv: line 1, as_off: is none of"),
        (STAND + STAND + DAYS, "table.csv: line 3, as_of: is none of"),
        (
            "# published_until: 2026-01-01\n# as_of: 2026-02-01\n" + DAYS,
            "table.csv: published_until: lies before as_of",
        ),
        (STAND + "day,till,works\n", "table.csv: line 3: 'till' is none of day, until"),
        (STAND + "day,day,works\n", "table.csv: line 3: 'day' stands twice"),
        ("day\n", "table.csv: lacks the columns works; it may have"),
        ("", "table.csv: lacks the columns day, works"),
        (DAYS + '"2027', "table.csv: is no CSV"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, text: str, why: str) -> None:
    """With the file, and where it can be told the line and what stands there."""
    with pytest.raises(Unreadable) as found:
        days_off.load(written(tmp_path, text))

    assert why in str(found.value)


def test_days_off_are_days_and_spans(tmp_path: Path) -> None:
    """A spreadsheet with semicolons and an empty line is read as well."""
    text = "# as_of: 2026-11-20\nday;until;works\n2027-02-11;2027-02-12;no\n;;\n2027-02-13;;YES\n"
    found, findings = days_off.load(written(tmp_path, text))

    assert findings == []
    assert found.days == {
        date(2027, 2, 11): False,
        date(2027, 2, 12): False,
        date(2027, 2, 13): True,
    }


@pytest.mark.parametrize(
    ("row", "place", "field"),
    [
        ("11/2/2027,,no,", "line 4", "day"),
        ("2027-02-11,mai,no,", "line 4", "until"),
        ("2027-02-11,2027-02-10,no,", "line 4", "until"),
        ("2027-02-11,2028-02-11,no,", "line 4", "until"),
        ("2027-02-11,,nghỉ,", "line 4", "works"),
        ("2027-02-11,,no,a,b", "line 4", ""),
        ("2027-02-11,2027-02-1", "line 4", "until"),
        ("2027-02-11", "line 4", "works"),
        ("2027-02-11,,no,\n2027-02-10,2027-02-12,yes,", "line 5", "day"),
    ],
)
def test_a_wrong_day_is_named(tmp_path: Path, row: str, place: str, field: str) -> None:
    """By its line in the file and its column; it is never half believed."""
    _, findings = days_off.load(written(tmp_path, STAND + DAYS + row + "\n"))

    assert (findings[0].place, findings[0].field) == (place, field)
    assert all(one.lost for one in findings)


def test_a_correction_takes_the_place_of_what_ships(tmp_path: Path, shipped: None) -> None:
    """Of its code and generation alone, and everywhere."""
    before = "before,25828,Xã Long Thử,Huyện Bàu Bàng,Tỉnh Bình Dương,,,25840 25843\n"
    found, findings = commune_corrections.load(written(tmp_path, STAND + RENAMED + before))
    count = len(units()), len(old_units())
    use(found)
    named = {"commune": {"name": "P. Tân Thử"}, "province": {"code": "79"}}

    assert findings == []
    assert (len(units()), len(old_units()), stand()) == (*count, found.stand)
    assert resolve("25840", name="Tân Thử").candidates[0].name == "Phường Tân Thử"
    assert resolve("25828", name="Xã Long Thử").certainty == "split"
    assert "25828" in made_of()["25843"]
    assert generation_of(Address.model_validate(named))[0] == "from_2025_07"


def test_a_unit_may_have_had_several_names(tmp_path: Path, shipped: None) -> None:
    """In any order of rows; the newest is the one of today."""
    rows = (
        "since,25840,Phường Hai,,79,2026-05-01,,\nsince,25840,Xã Một,,79,2025-07-01,2026-05-01,\n"
    )
    found, findings = commune_corrections.load(written(tmp_path, UNITS + rows))
    use(found)

    assert findings == []
    assert [one.name for one in units_ever()["25840"]] == ["Xã Một", "Phường Hai"]
    assert (units()["25840"].name, units(date(2026, 4, 30))["25840"].name) == (
        "Phường Hai",
        "Xã Một",
    )


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("now,25840,Xã A,,79,2025-07-01,,", "generation"),
        ("since,2584,Xã A,,79,2025-07-01,,", "code"),
        ("since,25840,,,79,2025-07-01,,", "name"),
        ("since,25840,Xã A,,74,2025-07-01,,", "province"),
        ("since,25840,Xã A,,79,,,", "valid_from"),
        ("since,25840,Xã A,,79,2025-06-30,,", "valid_from"),
        ("since,25840,Xã A,,79,2025-07-01,2025-07-01,", "valid_to"),
        ("since,25840,Xã A,,79,2025-07-01,2026-01-01,", "valid_to"),
        ("since,25840,Xã A,Huyện B,79,2025-07-01,,", "district"),
        ("since,25840,Xã A,,79,2025-07-01,,25843", "to"),
        ("before,25828,Xã A,Huyện B,Tỉnh C,,,25840", "province"),
        ("before,25828,Xã A,Huyện B,Tỉnh Bình Dương,,,", "to"),
        ("before,25828,Xã A,Huyện B,Tỉnh Bình Dương,,,99999", "to"),
        ("before,25828,Xã A,Huyện B,Tỉnh Bình Dương,2020-01-01,,25840", "valid_from"),
        (
            "since,25840,Xã A,,79,2025-07-01,2026-01-01,\nsince,25840,Xã B,,79,2026-02-01,,",
            "valid_to",
        ),
    ],
)
def test_a_wrong_correction_is_named(tmp_path: Path, row: str, field: str) -> None:
    """It leads nowhere, or leaves a time in which a unit had no name."""
    _, findings = commune_corrections.load(written(tmp_path, UNITS + row + "\n"))

    assert [(one.field, one.lost) for one in findings] == [(field, True)]


def test_a_catalogue_of_files_is_as_old_as_its_oldest(tmp_path: Path) -> None:
    """Unless the file that names them says it itself."""
    written(tmp_path, STAND + "code,name\n1.1,x\n", "a.csv")
    written(tmp_path, "# as_of: 2026-01-01\ncode,name\n1.2,x\n", "b.csv")
    both = 'files = ["a.csv", "b.csv"]\n'
    oldest = procedure_files.load(written(tmp_path, both, "p.toml")).catalogue.stand
    stated = procedure_files.load(written(tmp_path, both + "as_of = 2026-11-01\n", "q.toml"))

    assert oldest == Stand(date(2026, 1, 1), date(2027, 12, 31))
    assert stated.catalogue.stand == Stand(date(2026, 11, 1))
