"""The procedure catalogue: versions by day, what is read, what is reported."""

from __future__ import annotations

import unicodedata
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.workbench.samples.tables import PROCEDURES
from schemas.catalogue import procedure_rows
from schemas.catalogue.duration import Duration, Unit
from schemas.catalogue.finding import Unreadable
from schemas.catalogue.procedure_files import load, shipped
from schemas.catalogue.procedure_writing import write
from schemas.catalogue.procedures import Catalogue, Charge, Named, Paper, ProcedureVersion
from schemas.dossier import Coded

HEAD = "code,name,field_code,decision,effective_from,effective_to,amount,unit"
WHOLE = "1.000001,Thủ tục mẫu,G99,1/QĐ,2025-07-01,2026-02-28,3,working_day"


def row(**change: str) -> str:
    """Write a CSV file of one row, with changes."""
    names = [*HEAD.split(","), *(name for name in change if name not in HEAD.split(","))]
    cells = dict(zip(HEAD.split(","), WHOLE.split(","), strict=True)) | change
    lines = [",".join(names), ",".join(f'"{cells[name]}"' for name in names)]
    return "\n".join(lines)


def version(**change: Any) -> ProcedureVersion:
    """Make a version, with changes."""
    return ProcedureVersion.model_validate({"code": "1.000001", "name": "x"} | change)


# By day.


def test_the_version_of_a_day_is_the_one_in_force() -> None:
    """The first and the last day belong to a version; between two there may be none."""
    catalogue = Catalogue(
        (
            version(name="old", effective_from="2025-07-01", effective_to="2026-02-28"),
            version(name="new", effective_from="2026-04-01"),
        )
    )
    days = ["2025-06-30", "2025-07-01", "2026-02-28", "2026-03-01", "2026-04-01"]
    found = [catalogue.find("1.000001", date.fromisoformat(day)) for day in days]

    assert [one and one.name for one in found] == [None, "old", "old", None, "new"]


def test_an_undated_version_is_found_only_alone() -> None:
    """Nobody can say when an undated version stood beside a dated one."""
    alone, dated = version(name="a"), version(name="b", effective_from="2026-04-01")
    found = [
        Catalogue(some).find("1.000001", date(2026, 1, 1)) for some in [(alone,), (alone, dated)]
    ]

    assert found == [alone, None]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=6), st.integers(0, 50))
def test_what_is_found_stands(spans: list[tuple[int, int]], day: int) -> None:
    """Whatever versions there are: what is found holds on that day, and began last."""
    made = [
        version(
            effective_from=date.fromordinal(730_000 + min(span)),
            effective_to=date.fromordinal(730_000 + max(span)),
        )
        for span in spans
    ]
    on = date.fromordinal(730_000 + day)
    begun = [min(span) for span in spans if min(span) <= day <= max(span)]
    found = Catalogue(tuple(made)).find("1.000001", on)
    first = None if found is None or found.effective_from is None else found.effective_from

    assert (first and first.toordinal() - 730_000) == max(begun, default=None)


# What ships.


def test_the_procedures_of_the_samples_ship() -> None:
    """Every procedure of the samples is in the catalogue, under the same name."""
    found = {one.code: one.name for one in shipped().versions}

    assert found == {one.code: one.name for one in PROCEDURES}


def test_what_ships_claims_no_more_than_is_known() -> None:
    """Only the two same-day procedures have a stated duration; nothing has a decision or date."""
    stated = {one.code for one in shipped().versions if not one.invented("duration")}
    claims = [one.decision or one.effective_from for one in shipped().versions]
    found = shipped().find("2.000635", date(2026, 3, 2))

    assert (stated, set(claims)) == ({"2.000635", "2.000908"}, {None})
    assert found is not None
    assert found.duration == Duration(
        amount=Decimal(0), unit=Unit.WORKING_DAY, received_until=time(15)
    )


# CSV.


def test_a_row_is_a_version() -> None:
    """Every column goes where it belongs, and nothing is reported."""
    text = row(
        papers="P1 | Tờ khai | 1 | 0\n| Bản sao | | 2 | Ủy quyền",
        fees=r"L1 | Lệ phí \| mẫu | 15000 | đồng | direct",
        results="K1 | Giấy mẫu",
        confidence="papers | stated by a second source",
    )

    assert procedure_rows.read(text) == (
        (
            version(
                name="Thủ tục mẫu",
                field=Coded(code="G99", name=None),
                decision="1/QĐ",
                effective_from="2025-07-01",
                effective_to="2026-02-28",
                duration={"amount": 3, "unit": "working_day"},
                papers=[
                    Paper(code="P1", name="Tờ khai", originals=1, copies=0),
                    Paper(name="Bản sao", copies=2, case="Ủy quyền"),
                ],
                fees=[
                    Charge(
                        code="L1", name="Lệ phí | mẫu", amount=15000, unit="đồng", channel="direct"
                    )
                ],
                results=[Named(code="K1", name="Giấy mẫu")],
                confidence={"papers": "stated by a second source"},
            ),
        ),
        (),
    )


ROWS = [
    ({"code": ""}, "code", True),
    ({"name": "x" * 1001}, "name", True),
    ({"effective_from": "01/07/2025"}, "effective_from", True),
    ({"effective_to": "soon"}, "effective_to", True),
    ({"effective_to": "2025-01-01"}, "", True),
    ({"confidence": "duration | surely"}, "confidence.duration", True),
    ({"amount": "three"}, "duration.amount", False),
    ({"amount": "0.3"}, "duration", False),
    ({"unit": "ngày"}, "duration.unit", False),
    ({"amount": ""}, "amount", False),
    ({"decision": ""}, "decision", False),
    ({"effective_from": ""}, "effective_from", False),
    ({"field_code": "", "field_name": "Mẫu"}, "field_name", False),
    ({"papers": "P1 | Tờ khai | many"}, "papers, line 1 of the cell.originals", False),
    ({"results": "a | b | c"}, "results, line 1 of the cell", False),
]


@pytest.mark.parametrize(("change", "field", "lost"), ROWS)
def test_what_is_wrong_with_a_row_is_said(change: dict[str, str], field: str, lost: bool) -> None:
    """Row, field and reason; without its code, name, dates or doubts the row is left out."""
    versions, findings = procedure_rows.read(row(**change))

    assert [(one.place, one.field, one.lost) for one in findings] == [("row 2", field, lost)]
    assert (len(versions) == 0) is lost


def test_a_bad_row_does_not_harm_its_neighbours() -> None:
    """The good rows are taken, and the bad one is named by its row in the spreadsheet."""
    text = "\n".join([HEAD, WHOLE, "1,2,3", WHOLE.replace("000001", "000002")])
    versions, findings = procedure_rows.read(text)

    assert ([one.code for one in versions], [one.place for one in findings]) == (
        ["1.000001", "1.000002"],
        ["row 3"],
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("code;name;colour", "no column 'colour'"),
        ("code,decision", "`code` and `name`"),
        ("code,name,code", "every column once"),
        ('code,name\n1,"x', "line"),
    ],
)
def test_a_file_that_is_no_catalogue_is_refused(text: str, why: str) -> None:
    """One clear line, and nothing is taken."""
    with pytest.raises(Unreadable, match=why):
        procedure_rows.read(text)


def test_spreadsheets_may_use_semicolons_and_a_mark() -> None:
    """What a Vietnamese spreadsheet writes is read: semicolons, and the mark of UTF-8."""
    versions, _ = procedure_rows.read("\ufeffcode;name\r\n1.000001;Một, hai\r\n")

    assert [one.name for one in versions] == ["Một, hai"]


words = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "M", "Z"], exclude_characters="\\"),
    min_size=1,
    max_size=20,
).map(lambda text: unicodedata.normalize("NFC", text))
dates = st.none() | st.dates(date(2020, 1, 1), date(2030, 1, 1))
versions = st.builds(
    ProcedureVersion,
    code=words,
    name=words,
    field=st.none() | st.builds(Coded, code=words, name=st.none() | words),
    decision=st.none() | words,
    effective_from=dates,
    duration=st.none()
    | st.builds(
        Duration,
        amount=st.integers(1, 90).map(Decimal),
        unit=st.sampled_from(list(Unit)),
        received_until=st.none() | st.just(time(15)),
    ),
    papers=st.lists(
        st.builds(Paper, code=st.none() | words, name=words, copies=st.none() | st.integers(0, 9)),
        max_size=3,
    ),
    fees=st.lists(
        st.builds(Charge, name=words, amount=st.none() | st.integers(0, 10**9)), max_size=2
    ),
    confidence=st.just({}) | st.just({"name": "published", "duration": "invented for samples"}),
)


@given(st.lists(versions, max_size=3))
def test_what_is_written_is_read_back(made: list[ProcedureVersion]) -> None:
    """A written file is the same catalogue, and no row of it is lost."""
    read, findings = procedure_rows.read(write(made))

    assert [one for one in findings if one.lost] == []
    assert read == tuple(made)


# Files.


def test_a_catalogue_may_be_declared_complete(tmp_path: Path) -> None:
    """A TOML file names the files, and says whether there is anything beside them."""
    (tmp_path / "a.csv").write_text(f"{HEAD}\n{WHOLE}", "utf-8")
    (tmp_path / "b.json").write_text('[{"MATTHC": "1.000002", "TENTTHC": "x"}]', "utf-8")
    main = tmp_path / "p.toml"
    main.write_text('complete = true\nfiles = ["a.csv", "b.json"]', "utf-8")
    reading = load(main)

    assert (sorted(reading.catalogue.by_code), reading.catalogue.complete, reading.lost) == (
        ["1.000001", "1.000002"],
        True,
        (),
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("files = []", "files"),
        ('files = ["none.csv"]', "none.csv"),
        ('files = ["p.toml"]', "neither"),
        ('files = ["a.csv"]\ncomplete = "yes"', "complete"),
        ('files = ["a.csv"]\nall = true', "all"),
        ('files = ["a.csv"]\nunits = {x = "week"}', "units"),
        ("files", "p.toml"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, why: str) -> None:
    """One line that names the file and the setting."""
    (tmp_path / "p.toml").write_text(text, "utf-8")

    with pytest.raises(Unreadable, match=why):
        load(tmp_path / "p.toml")


@pytest.mark.parametrize(
    ("second", "field", "lost"),
    [
        (WHOLE, "effective_from", True),
        (WHOLE.replace("2025-07-01", ""), "effective_from", False),
        (WHOLE.replace("2025-07-01,2026-02-28", "2026-02-01,"), "effective_to", False),
    ],
)
def test_versions_that_do_not_fit_are_said(
    tmp_path: Path, second: str, field: str, lost: bool
) -> None:
    """Twice the same day, no day beside a day, or days that overlap."""
    (tmp_path / "a.csv").write_text(f"{HEAD}\n{WHOLE}\n{second}", "utf-8")
    findings = load(tmp_path / "a.csv").findings

    assert ("1.000001", field, lost) in [(one.place, one.field, one.lost) for one in findings]
