"""The failure modes that real integrators of the portal met, one promise each."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from adapters import registry
from adapters.kit.port import Http, Reply, Take
from gateway.workbench.checks import step_of
from gateway.workbench.samples.generator import sample
from gateway.workbench.transports import Altered, Simulated, Subject, play, subject
from schemas.outcome import (
    EXISTS_ALREADY,
    Blocked,
    CannotExpress,
    Delivered,
    Malformed,
    Outcome,
    Refused,
    Uncertain,
    Unreachable,
)

ONE = subject(registry.find_adapters().adapters["national_portal"])
SUCCESS = {"error_code": "0", "message": "thành công"}


def document(**change: Any) -> dict[str, Any]:
    """Write an accepted dossier with one progress line."""
    made: dict[str, Any] = {
        name: value for name, value in sample(1, 1).requests[0].body.items() if name != "origin"
    }
    event = {
        "ref": "e1",
        "kind": "progress",
        "occurred_at": "2026-03-02T14:30:00+07:00",
        "action": "Thẩm định",
        "status": "processing",
        "seq": 1,
        "recorded_at": "2026-03-02T14:31:00+07:00",
        "officer": {"name": "Vàng A Thử"},
    }
    base = {
        "id": "019a0000-0000-7000-8000-000000000001",
        "version": 1,
        "environment": "sandbox",
        "status": "processing",
        "events": [event],
    }
    return made | base | change


def tell(
    doc: dict[str, Any], switches: dict[str, Any] | None = None, **others: Any
) -> tuple[Outcome | CannotExpress, list[Http], Any]:
    """Tell a dossier to the simulated portal."""
    one = dataclasses.replace(ONE, others=others)
    far = Simulated(one.simulator())
    far.simulator.switches = switches or {}
    outcome, sent, _ = play(one, step_of(doc), far)
    return outcome, [request for request in sent if isinstance(request, Http)], far.simulator


def answered(
    body: bytes, status: int = 200, kind: str = "application/json", at: int = 1
) -> Outcome | CannotExpress:
    """Tell a dossier to a portal whose `at`-th answer is this one (0 is the login)."""

    def alter(_request: Http | Take, number: int) -> Reply | None:
        return (
            Reply(status=status, headers={"content-type": kind}, body=body)
            if number == at
            else None
        )

    return play(ONE, step_of(document()), Altered(Simulated(ONE.simulator()), alter))[0]


def first(sent: list[Http]) -> dict[str, Any]:
    """Give the first dossier that was sent."""
    found: dict[str, Any] = next(one.json["data"][0] for one in sent if "isUpdating" in one.json)
    return found


def test_01_an_error_under_http_200_is_an_error() -> None:
    """The code in the body counts, not the status."""
    body = json.dumps({"error_code": "-1", "message": "Trích yếu không hợp lệ"}).encode()

    assert isinstance(answered(body), Refused)


def test_02_code_0_without_success_is_not_success() -> None:
    """Both the code and the words must say yes."""
    body = json.dumps({"error_code": 0, "message": "đã ghi nhận yêu cầu"}).encode()

    assert isinstance(answered(body), Malformed)


@pytest.mark.parametrize("code", ["3", "-3", "-1"])
def test_03_a_duplicate_create_in_doubt_becomes_an_update(code: str) -> None:
    """Whatever number says that our own create landed, the same body follows as an update."""
    doc = document(_step={"doubt": True})
    far = Simulated(ONE.simulator())
    far.simulator.switches = {"duplicate_code": code}
    far.simulator.seed([doc["official_code"]])
    outcome, sent, _ = play(ONE, step_of(doc), far)
    flags = [
        one.json["isUpdating"] for one in sent if isinstance(one, Http) and "isUpdating" in one.json
    ]

    assert (isinstance(outcome, Delivered), flags) == (True, ["False", "True"])


def test_03_a_code_that_was_corrected_is_created_anew() -> None:
    """What they hold under the former code says nothing of what stands under the new one."""
    memory = {"remote": {"created": True, "notes": {"code": "H99.14-260302-9999"}}}
    doc = document(_step=memory)
    far = Simulated(ONE.simulator())
    far.simulator.seed([doc["official_code"]])
    outcome, sent, _ = play(ONE, step_of(doc), far)
    flags = [
        one.json["isUpdating"] for one in sent if isinstance(one, Http) and "isUpdating" in one.json
    ]

    assert (getattr(outcome, "code", ""), flags) == (EXISTS_ALREADY, ["False"])


def test_03_a_code_that_was_corrected_of_what_was_born_there_stops_here() -> None:
    """It is neither created again nor written over whatever stands under the new code."""
    memory = {"remote": {"created": True, "notes": {"code": "H99.14-260302-9999"}}}
    outcome, sent, _ = tell(document(_step=memory | {"born_here": True}))

    assert isinstance(outcome, CannotExpress)
    assert (outcome.field, sent) == ("/official_code", [])


def test_04_their_look_up_is_never_asked() -> None:
    """What the lane remembers decides between create and update, not a look-up that is blind."""
    _, sent, _ = tell(document(_step={"remote": {"created": True}}), {"look_up_lag": 99})

    assert "TraCuuHoSo" not in {one.json.get("service") for one in sent}


@pytest.mark.parametrize("length", [2000, 2500])
def test_05_notes_too_long_stop_before_anything_is_sent(length: int) -> None:
    """Law 6: A note that would break the sync is the officer's to shorten."""
    outcome, sent, _ = tell(document(notes="a" * length))

    assert (isinstance(outcome, CannotExpress), sent) == (True, [])


def test_05_notes_may_be_cut_where_it_is_set_so() -> None:
    """A cut note fits, carries a mark, and the ledger says so."""
    outcome, sent, _ = tell(document(notes="a" * 2500), long_notes="cut")

    assert isinstance(outcome, Delivered)
    assert (len(first(sent)["GhiChu"]), outcome.note) == (1999, "the notes were cut to fit")


def test_06_a_line_always_says_what_was_done() -> None:
    """NoiDungXuLy is the event's action, which is never empty."""
    _, _, portal = tell(document())

    assert portal.lines


def test_07_an_answer_always_has_its_time() -> None:
    """NgayXuLy is when it happened."""
    doc = document(_step={"born_here": True})
    _, sent, _ = tell(doc, portal_born="answer")

    assert sent[-1].json["data"]["NgayXuLy"] == "20260302143000"


def test_08_unknown_component_codes_are_not_sent() -> None:
    """A code that the portal does not know would refuse the whole dossier."""
    doc = document()
    doc["components"] = [doc["components"][0] | {"code": "NOI-BO"}]
    refused, _, _ = tell(doc, {"components": ["G-1"]})
    taken, _, _ = tell(doc, {"components": ["G-1"]}, known_components=["G-1"])

    assert (isinstance(refused, Refused), isinstance(taken, Delivered)) == (True, True)


def test_09_a_state_is_never_sent_empty() -> None:
    """Every canonical state has its number: there is none to guess."""
    _, sent, _ = tell(document())

    assert first(sent)["TrangThaiHoSo"] == "4"


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("/owner/name", {"owner": {"kind": "business", "name": "a" * 500}}),
        ("/events/officer/name", {}),
    ],
)
def test_10_long_names_are_refused_not_cut(field: str, change: dict[str, Any]) -> None:
    """A name at its limit passes, one above it is refused by the name of its field."""
    doc = document(**change)
    if not change:
        doc["events"][0]["officer"] = {"name": "a" * 51}
        outcome, _, _ = tell(doc)
        assert isinstance(outcome, CannotExpress)
        assert outcome.field == field
    else:
        assert isinstance(tell(doc)[0], Delivered)


def test_11_no_number_is_made_up() -> None:
    """Law 11: A citizen without a number stops here, with the field's name."""
    doc = document()
    doc["owner"] = doc["owner"] | {"identities": []}
    outcome, sent, _ = tell(doc)

    assert isinstance(outcome, CannotExpress)
    assert (outcome.field, sent) == ("/owner/identities", [])


def test_12_the_test_environment_is_called_without_a_destination() -> None:
    """Where dstcode is not set, it stands nowhere."""
    outcome, sent, _ = tell(document(), {"dstcode": "forbidden"})

    assert isinstance(outcome, Delivered)
    assert all("dstcode" not in one.headers and "dstcode" not in one.query for one in sent)


@pytest.mark.parametrize("where", ["header", "query"])
def test_12_the_destination_stands_where_it_is_wanted(where: str) -> None:
    """Header or query, by setting."""
    code = "VN:GOV:000.00.00.G22:vpcpdvcprovider"
    outcome, _, _ = tell(document(), {"dstcode": where}, dstcode=code, dstcode_in=where)

    assert isinstance(outcome, Delivered)


def test_13_stored_without_an_answer_resolves_itself() -> None:
    """Law 5: A create whose answer was lost is repeated; "already exists" proves that it landed."""
    doc = document()
    far = Simulated(ONE.simulator())
    play(ONE, step_of(doc), far)
    outcome, _, _ = play(ONE, step_of(doc | {"_step": {"doubt": True}}), far)

    assert isinstance(outcome, Delivered)


def test_14_a_session_that_dies_is_renewed_once() -> None:
    """A dead session costs one login, not the step."""
    body = json.dumps({"error_code": "-1", "message": "Phiên làm việc không hợp lệ"}).encode()

    assert isinstance(answered(body), Delivered)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b'{"error_code": null}'])
def test_15_an_empty_answer_is_never_success(body: bytes) -> None:
    """Nothing, or a shape without a code, leaves the step undelivered and whole."""
    assert not isinstance(answered(body), Delivered)


def test_16_a_refused_step_leaves_the_next_one_whole() -> None:
    """After a correction the lane tells everything that was not told."""
    bad = document(notes="a" * 2500)
    good = document(notes="ngắn")

    assert isinstance(tell(bad)[0], CannotExpress)
    assert isinstance(tell(good)[0], Delivered)


def test_17_lines_are_marked_by_their_event() -> None:
    """The lane remembers the number of the last event told, whatever came before it."""
    doc = document(version=7)
    doc["events"] = [doc["events"][0] | {"seq": 7}]
    outcome, _, _ = tell(doc)

    assert isinstance(outcome, Delivered)
    assert outcome.remote.line == 7


def test_18_times_have_24_hours() -> None:
    """Half past two in the afternoon is 1430."""
    _, _, portal = tell(document())

    assert portal.lines[0][1] == "20260302143000"


def test_19_no_file_is_sent_in_the_place_of_a_result() -> None:
    """Law 11: A result without a file has no address."""
    doc = document(results=[{"id": "kq", "name": "Trích lục", "code": "KQ.1"}])
    _, sent, _ = tell(doc)

    assert first(sent)["DanhSachGiayToKetQua"][0]["DuongDanTepTinKetQua"] == ""


def test_20_an_uploaded_file_has_a_public_address() -> None:
    """A file of which only the bytes are here is fetched from the gateway, without a login."""
    doc = document()
    file = {"id": "f", "name": "a.pdf", "sha256": "ab" * 32}
    doc["components"] = [doc["components"][0] | {"files": [file]}]
    address: dict[str, Any] = {"files_url": "https://cong.example.test", "files_secret": "bi-mat"}
    refused, _, _ = tell(doc)
    _, sent, _ = tell(doc, **address)
    found = first(sent)["TaiLieuNop"][0]["DuongDanTaiTepTin"]

    assert isinstance(refused, CannotExpress)
    assert found.startswith(f"https://cong.example.test/files/{'ab' * 32}/")


def test_21_a_procedure_without_name_or_field_stops_here() -> None:
    """Blank names are never sent."""
    doc = document()
    doc["procedure"] = {"code": "2.000635"}
    outcome, sent, _ = tell(doc)

    assert isinstance(outcome, CannotExpress)
    assert (outcome.field, sent) == ("/procedure", [])


@pytest.mark.parametrize(
    ("status", "kind"), [(502, Uncertain), (200, Uncertain), (503, Unreachable)]
)
def test_22_a_page_in_between_is_no_answer(status: int, kind: type[Outcome]) -> None:
    """Law 5: HTML is never their word, whatever its status."""
    outcome = answered(b"<html>Vui long thu lai</html>", status, "text/html")

    assert isinstance(outcome, kind)


def test_a_wrong_password_is_the_operators() -> None:
    """A refused login is Blocked: trying harder makes it worse."""
    body = json.dumps({"error_code": "-1", "message": "Sai mật khẩu"}).encode()

    assert isinstance(answered(body, at=0), Blocked)


def test_a_jump_of_states_is_refused_where_they_are_strict() -> None:
    """A strict portal's no reaches the officer."""
    doc = document(status="returned", _step={"remote": {"created": True}})
    one: Subject = ONE
    far = Simulated(one.simulator())
    far.simulator.switches = {"strict_transitions": True}
    far.simulator.seed([doc["official_code"]])

    assert isinstance(play(one, step_of(doc), far)[0], Refused)


def test_a_supplement_received_is_no_second_5() -> None:
    """What came in is told with the state before the request."""
    doc = document()
    event = doc["events"][0] | {"kind": "supplement_received", "status": "processing"}
    doc["events"] = [event]
    _, sent, _ = tell(doc)

    assert sent[-1].json["data"][0]["TrangThai"] == "4"


def test_plain_text_progress_is_read() -> None:
    """Progress is answered in plain text by some."""
    outcome, _, portal = tell(document(), {"plain_progress": True})

    assert (isinstance(outcome, Delivered), len(portal.lines)) == (True, 1)
