"""Rows: every leaf that one states is held, is evidence, or is named (laws 15 and 16)."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.access.keys import make_key
from gateway.admission.admit import admit, decide
from gateway.admission.unit_of_work import UnitOfWork
from gateway.dossiers.record import LaneRecord
from gateway.main.bootstrap import open_store
from gateway.settings import Settings
from gateway.store import clients
from gateway.store.engine import Connection
from schemas.outcome import Remote
from schemas.status import Status
from tests.admission.row_chance import month
from tests.admission.rows import CLIENT, NOBODY, Seen, judge, snapshot, store, tell, undone

MONTHS = int(os.environ.get("LIENTHONG_MONTHS_OF_ROWS", "20"))
CODE = "H99.14.05-260302-0007"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """Open one store for all of these tests."""
    with store(Path(tmp_path_factory.mktemp("rows"))) as connection:
        yield connection


@pytest.fixture
def office(opened: Connection) -> Iterator[Connection]:
    """Give the store, and undo what the test did."""
    with undone(opened):
        yield opened


def row(as_of: str, status: str | None = None, **said: Any) -> dict[str, Any]:
    """Write a row of a dossier that was handed in on 27 February 2026."""
    made: dict[str, Any] = {
        "source": {"ref": "r", "as_of": as_of},
        "procedure": {"code": "2.000635"},
        "agencies": {"competent": {"code": "H99.14.05"}},
        "owner": {"kind": "citizen", "name": "Lò Thị Mẫu Thử"},
        "channel": "direct",
        "submitted_at": "2026-02-27T08:00:00+07:00",
    }
    return made | ({} if status is None else {"status": status}) | said


def at(day: int, time: str = "09:00") -> str:
    """Write a time in March 2026."""
    return f"2026-03-{day:02}T{time}:00+07:00"


def told(office: Connection, *rows: dict[str, Any]) -> Seen:
    """Tell rows in turn; give what is seen after the last."""
    *before, last = rows
    for one in before:
        tell(office, one)
    return tell(office, last)


def kinds(seen: Seen) -> list[str]:
    """Give the kinds of its events."""
    return [one["kind"] for one in seen.events]


@settings(
    max_examples=MONTHS,
    deadline=None,
    derandomize=MONTHS < 1000,
    suppress_health_check=list(HealthCheck),
)
@given(number=st.integers(0, 2**32))
def test_the_difference_is_total(opened: Connection, number: int) -> None:
    """Law 15: Whatever a month of rows says, what is held is what the model holds."""
    with undone(opened):
        judge(opened, month(random.Random(number)))


async def test_the_difference_is_total_on_the_shared_database(migrated: Callable[[], str]) -> None:
    """A few months on PostgreSQL end as in the model too."""
    kept = await open_store(Settings(data=Path(), postgres=migrated()))
    _, hashed = make_key("sandbox")
    await kept.write(lambda one: clients.add(one, "x", "sandbox", ["*"], hashed))

    def months(connection: Connection) -> None:
        for number in range(4):
            with undone(connection):
                judge(connection, month(random.Random(number)))

    try:
        await kept.write(months)
    finally:
        await kept.close()


def test_a_finish_that_is_corrected_moves(office: Connection) -> None:
    """The later day stands, and that it was moved is flagged."""
    seen = told(
        office,
        row(at(5, "18:00"), "finished", finished_at=at(5, "10:00")),
        row(at(9, "18:00"), "finished", finished_at=at(9, "10:00")),
    )

    assert seen.held["finished_at"] == at(9, "10:00")
    assert ("closing_time_moved", "/finished_at") in seen.flags


def test_a_finish_known_by_its_day_is_not_before_the_submission(office: Connection) -> None:
    """On the day of the submission it is the end of that day, and stays a day."""
    first = row(at(2, "09:00"), "accepted", submitted_at=at(2, "08:00"))
    last = row(at(3), "finished", submitted_at=at(2, "08:00"), finished_at="2026-03-02")
    seen = told(office, first, last)

    assert (seen.held["status"], seen.held["finished_at"]) == ("finished", at(2, "17:00"))
    assert "/finished_at" in seen.held["day_times"]
    assert not [one for one in seen.flags if one[0] == "time_order"]


@pytest.mark.parametrize("cell", ["", None])
def test_a_blank_state_is_no_step(office: Connection, cell: str | None) -> None:
    """A dossier that waits for a supplement goes on waiting."""
    blank = row(at(4)) | {"status": cell}
    seen = told(office, row(at(3), "awaiting_supplement"), blank)

    assert (seen.held["status"], kinds(seen)) == ("awaiting_supplement", ["registered"])


def test_a_row_that_reopens_states_reception_and_promise(office: Connection) -> None:
    """Both are taken as they are stated."""
    seen = told(
        office,
        row(at(3), "refused", refused_at=at(3, "08:00")),
        row(at(6), "accepted", received_at=at(5), due={"at": at(10, "17:00")}),
    )

    assert (seen.held["status"], "refused_at" in seen.held) == ("accepted", False)
    assert (seen.held["received_at"], seen.held["due"]["at"]) == (at(5), at(10, "17:00"))


def test_a_finish_and_a_new_promise_in_one_row_are_both_taken(office: Connection) -> None:
    """And the promise that moved on the day of the end is flagged."""
    seen = told(
        office,
        row(at(2), "accepted", due={"at": at(5, "17:00")}),
        row(at(9, "18:00"), "finished", finished_at=at(9), due={"at": at(10, "17:00")}),
    )

    assert (seen.held["finished_at"], seen.held["due"]["at"]) == (at(9), at(10, "17:00"))
    assert ("due_moved", "/due/at") in seen.flags


def test_a_reception_that_is_corrected_is_taken_without_a_step(office: Connection) -> None:
    """The state stays; the earlier day stands, as a correction that is told on."""
    seen = told(
        office,
        row(at(2, "18:00"), "accepted", received_at=at(2)),
        row(at(3), "accepted", received_at="2026-02-27T09:00:00+07:00"),
    )

    assert seen.held["received_at"] == "2026-02-27T09:00:00+07:00"
    assert kinds(seen) == ["registered", "corrected"]


def test_a_source_that_knows_days_changes_a_dossier_twice_a_day(office: Connection) -> None:
    """The second row of the day is taken, and the same once more changes nothing."""
    last = row("2026-03-02", "finished", finished_at=at(2, "16:00"))
    seen = told(office, row("2026-03-02", "accepted"), last)
    again = tell(office, last)

    assert (seen.held["status"], seen.held["finished_at"]) == ("finished", at(2, "16:00"))
    assert (again.held, len(again.events)) == (seen.held, len(seen.events))


@pytest.mark.parametrize(
    ("name", "time"),
    [
        *((name, "2030-01-01") for name in ("received_at", "refused_at")),
        *((name, "2030-01-01T08:00:00") for name in ("finished_at", "returned_at")),
        ("submitted_at", "2030-01-01"),
    ],
)
def test_a_row_whose_process_times_lie_ahead_is_refused(
    office: Connection, name: str, time: str
) -> None:
    """It is named with our clock, and nothing is kept of it."""
    (one,), _ = admit(office, NOBODY, [snapshot(row(at(2), "returned", **{name: time}))])

    assert one.denied is not None
    assert [(fault.code, fault.pointer) for fault in one.denied.faults] == [
        ("in_the_future", f"/{name}")
    ]


def test_a_supplement_that_came_in_is_not_dated_to_the_reception(office: Connection) -> None:
    """When it came no row states: it is the row's own date, flagged."""
    seen = told(
        office,
        row(at(2), "accepted", received_at=at(2, "08:00")),
        row(at(4), "awaiting_supplement", received_at=at(2, "08:00")),
        row(at(6), "accepted", received_at=at(2, "08:00")),
    )

    assert seen.events[-1]["kind"] == "supplement_received"
    assert seen.held["supplements"][0]["received_at"] == at(6)
    assert "time_inferred" in {code for code, _ in seen.flags}


def test_a_return_that_is_taken_back_leaves_the_finish_when_it_was(office: Connection) -> None:
    """The row does not state it, and it is held: the row's own date would be made up."""
    seen = told(
        office,
        row(at(4), "returned", finished_at=at(3), returned_at=at(4, "08:00")),
        row(at(6), "finished"),
    )

    assert (seen.held["finished_at"], "returned_at" in seen.held) == (at(3), False)


def test_a_time_that_the_state_contradicts_is_flagged_where_no_event_is_made(
    office: Connection,
) -> None:
    """In the answer and in the dossier; and the same row again is no contradiction."""
    odd = row(at(3), "processing", finished_at=at(2))
    seen = told(office, row(at(2, "18:00"), "processing"), odd)
    again = tell(office, odd)

    flag = ("time_without_state", "/finished_at")
    assert flag in seen.flags
    assert seen.decided.head is not None
    assert flag in {(one.code, one.pointer) for one in seen.decided.head.data_quality}
    assert (again.held, again.evidence) == (seen.held, seen.evidence)


def test_a_promise_ends_that_there_is_none(office: Connection) -> None:
    """And that there is none ends a promise, whoever had stated it."""
    first = row(at(2), "accepted", due={"none": True, "stated_by": "mẫu"})
    promised = told(office, first, row(at(3), due={"at": at(9)}))
    none = tell(office, row(at(4), due={"none": True}))

    assert (promised.held["due"]["at"], promised.held["due"]["none"]) == (at(9), False)
    assert (none.held["due"]["none"], "at" in none.held["due"]) == (True, False)


def test_a_promise_known_by_its_day_stays_a_day_in_a_step(office: Connection) -> None:
    """Also where no other time of the dossier is a day."""
    first = row(at(2), "stopped", received_at=at(2, "08:00"))
    seen = told(office, first, row(at(3), "processing", due={"at": "2026-03-09"}))

    assert seen.events[1]["kind"] == "resumed"
    assert seen.held["day_times"] == ["/due/at", "/due/first_at"]


def test_a_further_source_moves_nothing_and_each_leaf_is_named(office: Connection) -> None:
    """Also where there are many; and its row again is no contradiction."""
    clients.add(office, "y", "sandbox", ["*"], b"2")
    other = replace(CLIENT, id=2, name="y")
    owner = {"identities": [{"kind": "personal_number", "number": "001399000000"}]}
    citizen = row(at(2))["owner"] | owner
    first = tell(office, row(at(2), "accepted", official_code=CODE, owner=citizen))
    papers = [{"id": f"p{n}", "name": "mẫu", "copies": n} for n in range(9)]
    said = row(at(4), "finished", official_code=CODE, finished_at=at(4, "08:00"))
    said |= {"owner": citizen | {"phone": "0912000000"}, "components": papers}
    said["source"] = {"ref": "o", "as_of": at(4), "raw": "dòng mẫu"}
    seen = tell(office, said, other)
    again = tell(office, said, other)

    named = {pointer for one in seen.evidence for pointer in one["pointers"]}
    leaves = {f"/components/{n}/{name}" for n in range(9) for name in ("id", "name", "copies")}
    assert {"/status", "/finished_at", "/owner/phone", "/source/raw"} | leaves <= named
    assert (seen.held["status"], len(seen.events)) == ("accepted", len(first.events))
    assert (len(again.events), again.evidence) == (len(seen.events), seen.evidence)


def test_a_code_that_a_system_was_told_is_not_changed_by_a_row() -> None:
    """Another one is evidence under its pointer; the rest of the row is taken."""
    unit = UnitOfWork(NOBODY, datetime.now(UTC))
    (first,) = decide(unit, [snapshot(row(at(2), "accepted", official_code=CODE))])
    assert first.record is not None
    told_of_it = LaneRecord(system=1, done_seq=1, remote=Remote(), born_here=False, via=None)
    first.record.lanes[1] = told_of_it
    other = row(at(3), "processing", official_code=CODE[:-1] + "8")
    (second,) = decide(unit, [snapshot(other)])

    assert first.record.dossier.official_code == CODE
    assert first.record.dossier.status is Status.PROCESSING
    assert (second.more.get("evidence"), unit.evidence[-1].pointers) == (True, ("/official_code",))
