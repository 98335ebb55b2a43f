"""What a cell of an export says, and what an empty one does not say."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters import registry
from adapters.commune_files import ADAPTER
from adapters.commune_files.columns import READ
from adapters.commune_files.formats.workbook import shown
from adapters.commune_files.rows import plan
from adapters.commune_files.settings import CommuneSettings
from adapters.kit.files import Folder
from adapters.kit.port import Hand, RowRead
from gateway.workbench.transports import all_stored, read_exports, subject
from schemas.inbound import Verdict

OWN: Any = subject(registry.find_adapters().adapters["commune_files"]).settings
TIMES = [pointer for pointer in READ if pointer.endswith(("_at", "/at", "as_of"))]
NO_NUMBERS = [
    "không có",
    "Không có",
    "KHONG CO",
    "chưa có",
    "chưa cấp",
    "0",
    "000000000000",
    "none",
    "NULL",
    "x",
    "xxx",
    "-",
    "--",
    ".",
    "?",
    "N/A",
    "không",
    "111111111111",
]


def row(**cells: str) -> dict[str, str]:
    """Write a row by canonical fields."""
    least = {
        "/source/ref": "BN-1",
        "/source/as_of": "02/03/2026 17:30:00",
        "/procedure/code": "2.000635",
        "/owner/name": "Lò Thị Mẫu Thử",
        "/owner/identities/0/number": "001199000001",
        "/status": "Đang xử lý",
    }
    return {READ[pointer]: cell for pointer, cell in (least | cells).items()}


def read(cells: dict[str, str], settings: CommuneSettings = OWN, number: int = 1) -> list[RowRead]:
    """Read a row as the reader of a file does."""
    found = {name: cell.strip() for name, cell in cells.items()}
    return list(plan(settings, settings.how("a.csv")).row(number, found))


def body(cells: dict[str, str], settings: CommuneSettings = OWN) -> dict[str, Any]:
    """Read a row that must be readable."""
    found = read(cells, settings)[0].body
    assert found is not None, found
    return dict(found)


def leaf(found: Any, pointer: str) -> Any:
    """Look a pointer up; absent: None."""
    for step in pointer.strip("/").split("/"):
        found = found[int(step)] if isinstance(found, list) else found.get(step, {})
    return found or None


@pytest.mark.parametrize("cell", ["", "   "])
@pytest.mark.parametrize("pointer", [one for one in READ if one != "/source/ref"])
def test_a_blank_cell_states_nothing(pointer: str, cell: str) -> None:
    """Nothing comes in its place, the state included."""
    assert leaf(body(row(**{pointer: cell})), pointer) is None


def test_a_file_without_the_column_of_states_states_none() -> None:
    """No state is made up for them."""
    cells = row()
    del cells[READ["/status"]]

    assert "status" not in body(cells)


def test_a_state_that_nobody_knows_is_a_bad_row() -> None:
    """It is named by its column; no state is guessed."""
    found = read(row(**{"/status": "Trạng thái lạ"}), number=7)

    assert found == [RowRead(7, None, READ["/status"], "is a word that the settings do not know")]


@pytest.mark.parametrize("text", ["02/03/2026", "2026-03-02"])
@pytest.mark.parametrize("pointer", TIMES)
def test_a_day_stays_a_day(pointer: str, text: str) -> None:
    """No time of day is made up for a cell that has none."""
    assert leaf(body(row(**{pointer: text})), pointer) == "2026-03-02"


@pytest.mark.parametrize("pointer", [one for one in TIMES if not one.endswith("as_of")])
def test_midnight_on_the_dot_is_a_day(pointer: str) -> None:
    """A database without days exports them so; a job that stamps its rows may run at midnight."""
    assert leaf(body(row(**{pointer: "02/03/2026 00:00:00"})), pointer) == "2026-03-02"


@pytest.mark.parametrize("pointer", TIMES)
def test_a_time_stays_a_time(pointer: str) -> None:
    """What is stated to the minute is kept to the minute."""
    assert leaf(body(row(**{pointer: "02/03/2026 08:15"})), pointer) == "2026-03-02T08:15:00"


@pytest.mark.parametrize("cell", [date(2026, 3, 2), datetime(2026, 3, 2)])  # noqa: DTZ001 - a cell
def test_a_cell_of_a_spreadsheet_without_a_time_is_a_day(cell: date) -> None:
    """Spreadsheets keep days as midnights."""
    assert leaf(body(row(**{"/submitted_at": shown(cell)})), "/submitted_at") == "2026-03-02"


@pytest.mark.parametrize("cell", NO_NUMBERS)
def test_a_filler_is_no_identity_and_is_reported(cell: str) -> None:
    """The row is taken without a number, and the report names its column."""
    cells = row(**{"/owner/identities/0/number": cell})

    assert "identities" not in body(cells)["owner"]
    assert [one.field for one in read(cells)[1:]] == [READ["/owner/identities/0/number"]]


@pytest.mark.parametrize("cell", ["001199000001", "B1234567", "012345678", "0100109106-001"])
def test_a_number_is_taken_as_it_is(cell: str) -> None:
    """Zeros in front stay, and nothing is reported."""
    cells = row(**{"/owner/identities/0/number": cell})

    assert body(cells)["owner"]["identities"][0]["number"] == cell
    assert len(read(cells)) == 1


def test_a_column_may_hold_a_number_or_a_part() -> None:
    """Whatever the schema knows may be a column: a fee's sum is a number there."""
    columns = {**READ, "/fees/0/amount": "LePhi", "/return/note": "NoiTra"}
    own = OWN.model_copy(update={"columns": columns})
    found = body(row() | {"LePhi": "8.000", "NoiTra": "Bộ phận một cửa"}, own)

    assert (found["fees"], found["return"]) == ([{"amount": 8000}], {"note": "Bộ phận một cửa"})
    assert read(row() | {"LePhi": "tám nghìn"}, own)[0].body is None


def test_the_report_beside_the_export_names_what_was_left_out(tmp_path: Path) -> None:
    """The lacking column once, and each filler by its line."""
    cells = row(**{"/owner/identities/0/number": "không có"})
    del cells[READ["/status"]]
    (tmp_path / "out").mkdir()
    text = "".join([",".join(cells) + "\n", ",".join(cells.values()) + "\n"])
    (tmp_path / "out" / "a.csv").write_text(text, "utf-8")
    refs: list[str] = []

    async def hand(asked: Hand) -> tuple[Verdict, ...]:
        refs.extend(item.ref for item in asked.items)
        return await all_stored(asked)

    read_exports(subject(ADAPTER), "", Folder(tmp_path, quiet_seconds=0.0, scale=0.0), hand)
    (report,) = (tmp_path / "done").glob("*-a.csv.errors.csv")

    assert refs == ["BN-1"]
    assert [line.split(",")[:2] for line in report.read_text("utf-8").splitlines()] == [
        ["dong", "truong"],
        ["", "TrangThai"],
        ["2", "SoDinhDanh"],
    ]
