"""The procedure catalogue at the door: frozen at reception, doubted, and refused when complete."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from gateway.access.principals import Principal
from gateway.admission.batcher import RequestBatcher
from gateway.admission.catalogue import open_agencies, open_procedures
from gateway.admission.requests import Answer, Denied, RecordEvent, RecordSnapshot, RegisterDossier
from gateway.main.bootstrap import find_systems, open_store
from gateway.rules.procedures import recoded
from gateway.settings import Settings, SettingsError
from gateway.store.ledger import dossiers
from gateway.workbench.samples.generator import sample
from schemas.dossier import Content, NewDossier, Procedure
from schemas.event import NewEvent

CLIENT = Principal(id=1, name="x", environment="sandbox", agencies=("*",))
ROWS = """code,name,field_code,decision,effective_from,effective_to,amount,unit
1.000001,Cũ,G99,1/QĐ,2020-01-01,2026-03-01,3,working_day
1.000001,Mới,G99,2/QĐ,2026-03-02,,2,working_day
1.000002,Khác,G98,3/QĐ,2020-01-01,,2,working_day
1.000003,Ngừng,G98,4/QĐ,2020-01-01,2021-01-01,2,working_day
"""
OLD = {"decision": "1/QĐ", "effective_from": "2020-01-01"}
NEW = {"decision": "2/QĐ", "effective_from": "2026-03-02"}


class Office:
    """A gateway's intake over an empty store, with a catalogue."""

    def __init__(self, folder: Path, *, complete: bool = False, rows: str = ROWS) -> None:
        """Write the catalogue."""
        (folder / "p.csv").write_text(rows, "utf-8")
        said = f'complete = {str(complete).lower()}\nfiles = ["p.csv"]'
        (folder / "p.toml").write_text(said, "utf-8")
        self.settings = Settings(data=folder, procedures=folder / "p.toml")

    async def submit(self, *commands: Any) -> list[Answer | Denied]:
        """Post some asks, one after the other, after a start of the gateway."""
        store = await open_store(self.settings)
        try:
            batcher = RequestBatcher(
                store, await find_systems(self.settings, store), lambda _: None
            )
            return [await batcher.submit(command) for command in commands]
        finally:
            await store.close()

    async def procedure(self, ref: str = "r") -> dict[str, Any]:
        """Give the procedure of a dossier as it is stored."""
        store = await open_store(self.settings)
        try:
            (state,) = await store.write(
                lambda it: dossiers.load(it, dossiers.find(it, refs=[(1, ref)]).ids)
            )
        finally:
            await store.close()
        return state.dossier.procedure.model_dump(mode="json", exclude_none=True)


def content(code: str = "1.000001", **change: Any) -> dict[str, Any]:
    """Write a dossier that was handed in on 2026-03-01 and is not received yet."""
    body = copy.deepcopy(sample(1, 1).requests[0].body)
    kept = {name: body[name] for name in ("agencies", "owner", "channel")}
    given = {
        "source": {"ref": "r"},
        "procedure": {"code": code},
        "submitted_at": "2026-03-01T09:00:00+07:00",
    }
    return kept | given | change


def post(digest: bytes = b"1", **change: Any) -> RegisterDossier:
    """Post a dossier."""
    made = NewDossier.model_validate(content(**change))
    return RegisterDossier(client=CLIENT, content=made, digest=digest)


def snapshot(day: int, **change: Any) -> RecordSnapshot:
    """Post a row of a received dossier, as it stood on a day of March."""
    source = {"ref": "r", "as_of": f"2026-03-{day:02}T12:00:00+07:00"}
    given = {"source": source, "status": "accepted", "received_at": "2026-03-02T09:00:00+07:00"}
    made = Content.model_validate(content(**given | {"due": {"at": "2026-03-05"}} | change))
    return RecordSnapshot(client=CLIENT, content=made, digest=bytes([day]))


def event(posted: Answer | Denied, **said: Any) -> RecordEvent:
    """Make an event of the dossier that was posted."""
    assert isinstance(posted, Answer)
    made = NewEvent.model_validate({"ref": said["kind"], **said})
    return RecordEvent(client=CLIENT, dossier=UUID(posted.body["id"]), event=made, digest=b"e")


def accepted(on: str) -> dict[str, Any]:
    """Say that a dossier was received."""
    at = f"{on}T09:00:00+07:00"
    return {"kind": "accepted", "occurred_at": at, "received_at": at, "due": {"at": "2026-03-10"}}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Give an office whose catalogue does not claim to be complete."""
    return Office(tmp_path)


async def test_nothing_is_filled_in_before_reception(office: Office) -> None:
    """A dossier that was only handed in stands under no publication yet."""
    await office.submit(post())

    assert await office.procedure() == {"code": "1.000001"}


@pytest.mark.parametrize(
    ("day", "version", "name"), [("2026-03-01", OLD, "Cũ"), ("2026-03-02", NEW, "Mới")]
)
async def test_the_day_of_reception_decides(
    office: Office, day: str, version: dict[str, str], name: str
) -> None:
    """The publication in force on that day is frozen, with name and field."""
    await office.submit(post(events=[{"ref": "a"} | accepted(day)]))

    assert await office.procedure() == {
        "code": "1.000001",
        "name": name,
        "version": version,
        "field": {"code": "G99"},
    }


async def test_a_later_event_freezes_it_too(office: Office) -> None:
    """An acceptance that comes on its own settles the publication as well."""
    (posted,) = await office.submit(post())
    await office.submit(event(posted, **accepted("2026-03-02")))

    assert (await office.procedure())["version"] == NEW


async def test_what_the_source_states_stays(office: Office) -> None:
    """A name that the source wrote is not overwritten."""
    own = {"code": "1.000001", "name": "Tên của phần mềm"}
    await office.submit(post(procedure=own, events=[{"ref": "a"} | accepted("2026-03-02")]))

    assert (await office.procedure())["name"] == "Tên của phần mềm"


async def test_a_newer_catalogue_changes_nothing(office: Office, tmp_path: Path) -> None:
    """What was frozen stays, also when events follow under another catalogue."""
    (posted,) = await office.submit(post(events=[{"ref": "a"} | accepted("2026-03-02")]))
    newer = Office(tmp_path, rows=ROWS.replace("2/QĐ", "9/QĐ"))
    progress = {"kind": "progress", "occurred_at": "2026-03-03T09:00:00+07:00", "action": "x"}
    await newer.submit(event(posted, **progress))

    assert (await newer.procedure())["version"] == NEW


async def test_a_corrected_code_takes_the_old_publication_off(office: Office) -> None:
    """Name, field and version of another procedure do not stay under the new code."""
    (posted,) = await office.submit(post(events=[{"ref": "a"} | accepted("2026-03-02")]))
    fix = {"kind": "corrected", "occurred_at": "2026-03-03T09:00:00+07:00", "reason": "x"}
    patch = {"procedure": {"code": "1.000002"}}
    await office.submit(event(posted, **fix, patch=patch))

    assert await office.procedure() == {
        "code": "1.000002",
        "name": "Khác",
        "version": {"decision": "3/QĐ", "effective_from": "2020-01-01"},
        "field": {"code": "G98"},
    }


def test_a_correction_may_state_its_own_name() -> None:
    """What the correction itself changes beside the code is kept."""
    before = Procedure.model_validate({"code": "1", "name": "a", "version": {"decision": "x"}})
    after = before.model_copy(update={"code": "2", "name": "b"})

    assert recoded(before, after) == Procedure(code="2", name="b")


async def test_rows_do_not_fight_what_was_filled_in(office: Office) -> None:
    """Software that tells the same row every night corrects nothing."""
    answers = await office.submit(snapshot(2), snapshot(3), snapshot(4))
    made = [one.body.get("events") for one in answers if isinstance(one, Answer)]

    assert made[1:] == [[], []]


async def test_what_was_filled_in_is_no_difference(office: Office) -> None:
    """Another post under the same ref is told of its own change only."""
    told: dict[str, Any] = {"events": [{"ref": "a"} | accepted("2026-03-02")]}
    _, other = await office.submit(post(**told), post(b"2", summary="x", **told))

    assert isinstance(other, Denied)
    assert [fault.pointer for fault in other.faults] == ["/summary"]


@pytest.mark.parametrize(
    ("code", "doubts"),
    [
        ("1.000001", []),
        ("9.999999", ["unknown_procedure"]),
        ("1.000003", ["procedure_not_in_force"]),
    ],
)
async def test_a_doubtful_code_is_warned_of(office: Office, code: str, doubts: list[str]) -> None:
    """The dossier is stored all the same: the catalogue may be the one that is wrong."""
    (posted,) = await office.submit(post(code=code))

    assert isinstance(posted, Answer)
    assert (posted.status, [one["code"] for one in posted.body["warnings"]]) == (201, doubts)


async def test_a_complete_catalogue_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    """Then the code is named as the fault; known codes pass, and so does what a system tells."""
    unknown, heard = post(code="9.999999"), post(code="9.999999", source={"ref": "heard"})
    told = RegisterDossier(client=CLIENT, content=heard.content, digest=b"1", system="province")
    answers = await Office(tmp_path, complete=True).submit(unknown, post(), told)

    assert isinstance(answers[0], Denied)
    assert [(fault.code, fault.pointer) for fault in answers[0].faults] == [
        ("unknown_procedure", "/procedure/code")
    ]
    assert [one.status for one in answers] == [422, 201, 201]


@pytest.mark.parametrize(
    ("rows", "why"), [("code,name\n,x\n", "row 2, code"), ("code,name\n", "no procedure")]
)
def test_the_gateway_does_not_start_on_half_a_catalogue(
    tmp_path: Path, rows: str, why: str
) -> None:
    """A row that would be left out stops the start, with its place."""
    (tmp_path / "p.csv").write_text(rows, "utf-8")

    with pytest.raises(SettingsError, match=why):
        open_procedures(tmp_path / "p.csv")


@pytest.mark.parametrize(("ends", "said"), [("", []), ("2020-01-01", ["/agencies/competent/code"])])
async def test_an_agency_that_the_table_does_not_have_is_warned_about(
    tmp_path: Path, ends: str, said: list[str]
) -> None:
    """For the dossier's day; nothing is refused."""
    office = Office(tmp_path)
    code = content()["agencies"]["competent"]["code"]
    table = tmp_path / "agencies.csv"
    table.write_text(f"code,scheme,name,valid_to\n{code},qd20,Xã,{ends}\n", "utf-8")
    office.settings = replace(office.settings, agencies=table)
    (answer,) = await office.submit(post())
    assert isinstance(answer, Answer)
    found = [one for one in answer.body["warnings"] if one["code"] == "unknown_agency"]

    assert said == [one["pointer"] for one in found if "competent" in one["pointer"]]


def test_a_table_of_agencies_with_a_bad_row_ends_the_start(tmp_path: Path) -> None:
    """With the line and the column."""
    table = tmp_path / "agencies.csv"
    table.write_text("code,scheme,name\nx,qd20,Xã\n", "utf-8")

    with pytest.raises(SettingsError, match=r"LIENTHONG_AGENCIES: .* line 2, code: "):
        open_agencies(table)
