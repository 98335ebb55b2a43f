"""What a cell of an export says, and what an empty one does not say."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from adapters import registry
from adapters.commune_files import ADAPTER, CommuneSettings
from adapters.commune_files.columns import READ
from adapters.commune_files.export import Bad, item_of, missed, remarks
from adapters.commune_files.tables import _text
from adapters.kit.port import Hand
from gateway.workbench.transports import listen, subject
from schemas.inbound import Row
from tests.adapters.test_commune_formats import Share

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


def body(cells: dict[str, str], settings: CommuneSettings = OWN) -> dict[str, Any]:
    """Read a row that must be readable."""
    found = item_of(1, cells, settings)
    assert isinstance(found, Row), found
    return dict(found.body)


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
    """The rows are taken, and the report says once that the column is not there."""
    cells = row()
    del cells[READ["/status"]]

    assert "status" not in body(cells)
    assert [(one.row, one.field) for one in missed([cells], OWN)] == [(0, READ["/status"])]


def test_a_state_that_nobody_knows_is_a_bad_row() -> None:
    """It is named by its column; no state is guessed."""
    found = item_of(7, row(**{"/status": "Trạng thái lạ"}), OWN)

    assert found == Bad(7, READ["/status"], "is a word that the settings do not know")


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
    assert leaf(body(row(**{"/submitted_at": _text(cell)})), "/submitted_at") == "2026-03-02"


@pytest.mark.parametrize("cell", NO_NUMBERS)
def test_a_filler_is_no_identity_and_is_reported(cell: str) -> None:
    """The row is taken without a number, and the report names its column."""
    cells = row(**{"/owner/identities/0/number": cell})

    assert "identities" not in body(cells)["owner"]
    assert [one.field for one in remarks(3, cells, OWN)] == [READ["/owner/identities/0/number"]]


@pytest.mark.parametrize("cell", ["001199000001", "B1234567", "012345678", "0100109106-001"])
def test_a_number_is_taken_as_it_is(cell: str) -> None:
    """Zeros in front stay, and nothing is reported."""
    cells = row(**{"/owner/identities/0/number": cell})

    assert body(cells)["owner"]["identities"][0]["number"] == cell
    assert remarks(1, cells, OWN) == []


def test_a_column_may_hold_a_number_or_a_part() -> None:
    """Whatever the schema knows may be a column: a fee's sum is a number there."""
    columns = {**READ, "/fees/0/amount": "LePhi", "/return/note": "NoiTra"}
    own = OWN.model_copy(update={"columns": columns})
    found = body(row() | {"LePhi": "8.000", "NoiTra": "Bộ phận một cửa"}, own)

    assert (found["fees"], found["return"]) == ([{"amount": 8000}], {"note": "Bộ phận một cửa"})
    assert isinstance(item_of(1, row() | {"LePhi": "tám nghìn"}, own), Bad)


def test_the_report_beside_the_export_names_what_was_left_out() -> None:
    """The lacking column once, and each filler by its row."""
    cells = row(**{"/owner/identities/0/number": "không có"})
    del cells[READ["/status"]]
    text = "\n".join([",".join(cells), ",".join(cells.values())])
    share = Share({"out/a.csv": text.encode()}, set())
    _, sent = listen(subject(ADAPTER), "", share)

    assert [item.ref for one in sent if isinstance(one, Hand) for item in one.items] == ["BN-1"]
    assert [
        line.split(",")[:2] for line in share.files["done/a.csv.errors.csv"].decode().splitlines()
    ] == [["dong", "truong"], ["", "TrangThai"], ["1", "SoDinhDanh"]]
