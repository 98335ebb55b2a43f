"""Procedures as the portal answers them: what is taken, what is reported."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalogue import procedure_answers
from schemas.catalogue.answer_words import READ, UNITS
from schemas.catalogue.duration import Duration, Unit
from schemas.catalogue.finding import Finding, Unreadable
from schemas.catalogue.procedures import Charge, Named, Paper, ProcedureVersion
from schemas.dossier import Coded


def version(**change: Any) -> ProcedureVersion:
    """Make a version, with changes."""
    return ProcedureVersion.model_validate({"code": "1.000001", "name": "x"} | change)


def answer(**change: Any) -> str:
    """Write a reply of `LayThuTuc`, with changes."""
    way = {"THOIGIANGIAIQUYET": "3", "DONVITINH": "Ngày làm việc"}
    fee = {"MAPHILEPHI": "L1", "SOTIEN": "15000", "DONVI": "Đồng", "MOTA": "Lệ phí"}
    procedure = {
        "MATTHC": "1.000001",
        "TENTTHC": "Thủ tục\n mẫu",
        "QUYETDINH": 15,
        "TRANGTHAI": "1",
        "LINHVUCTHUCHIEN": [{"MALINHVUC": "G99", "TENLINHVUC": "Mẫu"}],
        "CAPTHUCHIEN": [{"CAPTHUCHIEN": 4, "TENCAP": "Cấp xã"}],
        "CACHTHUCTHUCHIEN": [{"KENH": 1, "THOIGIAN": [way | {"PHILEPHI": [fee]}]}],
        "THANHPHANHOSO": [
            {
                "TRUONGHOP": "Thường",
                "GIAYTO": [{"TENGIAYTO": "Tờ khai", "SOBANCHINH": "1", "SOBANSAO": 0.0}],
            }
        ],
        "KETQUATHUCHIEN": [{"MAKETQUA": "KQ.G99.000001", "TENKETQUA": "Giấy mẫu"}],
    }
    return json.dumps({"error_code": "0", "result": [procedure | change]}, ensure_ascii=False)


def gaps(text: str) -> list[tuple[str, bool]]:
    """Give the fields that the reading of an answer reports, and whether the row was lost."""
    return [(one.field, one.lost) for one in procedure_answers.read(text)[1]]


def test_an_answer_is_a_version() -> None:
    """Numbers as text, one-line names, cases, fees by channel; only the first day is missing."""
    assert procedure_answers.read(answer()) == (
        (
            version(
                name="Thủ tục mẫu",
                field=Coded(code="G99", name="Mẫu"),
                decision="15",
                levels=[Named(code="4", name="Cấp xã")],
                duration={"amount": 3, "unit": "working_day"},
                papers=[Paper(name="Tờ khai", originals=1, copies=0, case="Thường")],
                cases=[Named(name="Thường")],
                fees=[
                    Charge(code="L1", name="Lệ phí", amount=15000, unit="Đồng", channel="direct")
                ],
                results=[Named(code="KQ.G99.000001", name="Giấy mẫu")],
                source="dichvucong.gov.vn",
            ),
        ),
        (Finding("/result/0", "effective_from", "these answers do not state it"),),
    )


def test_the_list_of_procedures_is_codes_and_names() -> None:
    """`LayDanhSachTTHC` is taken for what it is, and what it lacks is said."""
    text = json.dumps([{"MATTHC": "1.000001", "TENTTHC": "Một"}])
    read, findings = procedure_answers.read(text)

    assert read == (version(name="Một", source="dichvucong.gov.vn"),)
    assert {one.field for one in findings} == {
        "LINHVUCTHUCHIEN",
        "CACHTHUCTHUCHIEN",
        "QUYETDINH",
        "effective_from",
    }


def ways(*times: tuple[Any, Any]) -> list[dict[str, Any]]:
    """Write one channel per duration."""
    return [
        {"KENH": "2", "THOIGIAN": [{"THOIGIANGIAIQUYET": amount, "DONVITINH": unit}]}
        for amount, unit in times
    ]


DURATIONS = [
    (ways(("3", "Ngày làm việc"), (3.0, "ngày làm việc")), Decimal(3), 0),
    (ways(("0,5", "Ngày làm việc")), Decimal("0.5"), 0),
    (ways(("3", "Ngày làm việc"), ("5", "Ngày làm việc")), None, 1),
    (ways(("3", "Ngày")), None, 2),
    (ways(("3", "Ngày làm việc"), ("3", "Ngày")), None, 2),
    (ways(("0", "Ngày làm việc")), None, 2),
    (ways(("", "Ngày làm việc")), None, 2),
    (ways(("ba", "Ngày làm việc")), None, 2),
    ([], None, 1),
]


@pytest.mark.parametrize(("said", "amount", "reported"), DURATIONS)
def test_a_duration_is_never_guessed(said: Any, amount: Decimal | None, reported: int) -> None:
    """Channels that disagree, words that could mean two things and 0 give no duration."""
    (made,), findings = procedure_answers.read(answer(CACHTHUCTHUCHIEN=said))

    assert made.duration == (amount and Duration(amount=amount, unit=Unit.WORKING_DAY))
    assert len(findings) - 1 == reported


def test_what_a_word_means_may_be_settled() -> None:
    """A deployment says what a bare "Ngày" means where it is."""
    units = {**UNITS, "ngày": Unit.CALENDAR_DAY}
    (made,), _ = procedure_answers.read(answer(CACHTHUCTHUCHIEN=ways(("7", "Ngày"))), units)

    assert made.duration == Duration(amount=Decimal(7), unit=Unit.CALENDAR_DAY)


@pytest.mark.parametrize(
    ("said", "amount"),
    [("8000", 8000), (8000.0, 8000), ("8000.00", 8000), ("15.000", None), ("tự nguyện", None)],
)
def test_an_amount_is_never_guessed(said: Any, amount: int | None) -> None:
    """15.000 may be fifteen thousand or fifteen."""
    fee = {"SOTIEN": said, "MOTA": "Lệ phí"}
    time = {"THOIGIANGIAIQUYET": "3", "DONVITINH": "Ngày làm việc", "PHILEPHI": [fee]}
    (made,), _ = procedure_answers.read(answer(CACHTHUCTHUCHIEN=[{"KENH": 1, "THOIGIAN": [time]}]))

    assert [one.amount for one in made.fees] == [amount]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"MATTHC": None}, ("code", True)),
        ({"TRANGTHAI": "0"}, ("TRANGTHAI", True)),
        ({"MAU": 1}, ("MAU", False)),
        ({"THANHPHANHOSO": {}}, ("THANHPHANHOSO", False)),
        ({"KETQUATHUCHIEN": ["x"]}, ("KETQUATHUCHIEN/0", False)),
        ({"QUYETDINH": None}, ("QUYETDINH", False)),
        ({"LINHVUCTHUCHIEN": None}, ("LINHVUCTHUCHIEN", False)),
    ],
)
def test_what_is_wrong_with_an_answer_is_said(change: dict[str, Any], found: Any) -> None:
    """Each field that cannot be read is named; without code or publicity the row is left out."""
    assert found in gaps(answer(**change))


@pytest.mark.parametrize(
    "text", ["", "[", "[]", '{"error_code": -1, "result": []}', '"x', "9" * 5000]
)
def test_an_answer_that_is_none_is_refused(text: str) -> None:
    """An error of the portal, or no JSON, is never an empty catalogue."""
    with pytest.raises(Unreadable):
        procedure_answers.read(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*sorted(READ), "KENH", "THOIGIAN", "GIAYTO", "SOTIEN"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.lists(json_values, min_size=1, max_size=3))
def test_whatever_comes_is_taken_or_reported(rows: list[Any]) -> None:
    """No answer breaks the reader; every row is a version or is reported as left out."""
    made, findings = procedure_answers.read(json.dumps(rows))
    lost = {one.place for one in findings if one.lost}

    assert len(made) + len(lost) == len(rows)
