"""Times, days and histories through the door: what a client says stands, or is named (law 16)."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from gateway.access.keys import make_key
from gateway.main.bootstrap import open_store
from gateway.main.serving import build
from gateway.settings import Settings
from gateway.store import clients
from gateway.workbench.samples.generator import sample

AGENCY = {"code": "H99.14.05"}
DUE = "2026-03-05T17:00:00+07:00"
BY = {"name": "Cán bộ Mẫu"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    """Serve one gateway for all of these tests: each has dossiers of its own."""
    settings = Settings(data=Path(tmp_path_factory.mktemp("times")))
    store = await open_store(settings)
    key, hashed = make_key("sandbox")
    await store.write(lambda connection: clients.add(connection, "x", "sandbox", ["H99"], hashed))
    await store.close()
    app = await build(settings)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {key}", "Accept-Language": "en"}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://x", headers=headers) as client,
    ):
        yield client


pytestmark = pytest.mark.asyncio(loop_scope="module")
COUNT = iter(range(1, 1000))


def body(**change: Any) -> dict[str, Any]:
    """Write a dossier that was handed in on 1 March 2026."""
    made = copy.deepcopy(sample(1, 1).requests[0].body)
    for name in ("events", "known_in", "official_code", "origin", "status", "received_at", "due"):
        made.pop(name, None)
    made["agencies"] = {"competent": AGENCY, "receiving": AGENCY}
    made["submitted_at"] = "2026-03-01T08:00:00+07:00"
    made["source"] = {"ref": f"t-{next(COUNT)}"}
    return made | change


def at(day: int, time: str = "09:00") -> str:
    """Write a time in March 2026."""
    return f"2026-03-{day:02}T{time}:00+07:00"


def accepted(**change: Any) -> dict[str, Any]:
    """Write the reception of 2 March, with the promise of 5 March."""
    due = {"received_at": at(2), "due": {"at": DUE}}
    return {"ref": "accepted", "kind": "accepted", "occurred_at": at(2), **due} | change


def event(kind: str, when: str, **change: Any) -> dict[str, Any]:
    """Write an event."""
    needs: dict[str, dict[str, Any]] = {
        "finished": {"reason": "xong"},
        "refused": {"reason": "thiếu giấy tờ"},
        "stopped": {"reason": "theo đơn"},
        "returned": {"hand_over": {"note": "đã trao"}},
        "progress": {"action": "Thẩm định"},
        "corrected": {"reason": "ghi nhầm"},
        "due_changed": {"reason": "chờ ý kiến", "approver": BY},
    }
    made = {"ref": f"{kind}-{when}", "kind": kind, "occurred_at": when}
    return made | needs.get(kind, {}) | change


async def begun(api: httpx.AsyncClient, *events: dict[str, Any], **change: Any) -> str:
    """Post a dossier with a history; give its id."""
    answer = await api.post("/v1/dossiers", json=body(events=list(events), **change))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def tell(api: httpx.AsyncClient, name: str, said: dict[str, Any]) -> httpx.Response:
    """Post an event."""
    return await api.post(f"/v1/dossiers/{name}/events", json=said)


async def held(api: httpx.AsyncClient, name: str) -> dict[str, Any]:
    """Read a dossier."""
    found: dict[str, Any] = (await api.get(f"/v1/dossiers/{name}")).json()
    return found


def flags(found: dict[str, Any]) -> set[tuple[str, str | None]]:
    """Give the flags of a dossier, or of an answer."""
    return {(one["code"], one.get("pointer")) for one in found["data_quality"]}


async def test_a_history_may_come_in_any_order(api: httpx.AsyncClient) -> None:
    """A finish that stands before the reception in the list comes after it in the dossier."""
    name = await begun(api, event("finished", at(5)), accepted())

    found = await held(api, name)
    assert (found["status"], found["received_at"], found["finished_at"]) == (
        "finished",
        at(2),
        at(5),
    )


async def test_days_of_one_day_go_by_the_lifecycle(api: httpx.AsyncClient) -> None:
    """Finished and returned, known by their day, come after a step of that day with a time."""
    steps = [event("progress", at(5, "10:00"), status="processing")]
    days = [event("returned", "2026-03-05"), event("finished", "2026-03-05")]
    name = await begun(api, accepted(occurred_at=at(5), received_at=at(5)), *steps, *days)

    found = await held(api, name)
    assert found["status"] == "returned"
    assert {"/finished_at", "/returned_at"} <= set(found["day_times"])
    assert "T00:00" not in found["finished_at"] + found["returned_at"]


async def test_a_day_that_comes_late_is_placed_by_the_lifecycle(api: httpx.AsyncClient) -> None:
    """A finish known by its day, told after the return of that day, moves the state nowhere."""
    name = await begun(api, accepted(), event("returned", "2026-03-05"))

    answer = await tell(api, name, event("finished", "2026-03-05"))

    found = await held(api, name)
    assert (answer.status_code, found["status"]) == (201, "returned")
    assert set(found["day_times"]) == {"/finished_at", "/returned_at"}


async def test_a_late_component_is_added(api: httpx.AsyncClient) -> None:
    """What an older step brings is added to what a newer one brought."""
    paper = {"name": "Giấy tờ mẫu"}
    late = event("progress", at(3), components=[{"id": "c2", **paper}])
    name = await begun(
        api, accepted(), event("progress", at(4), components=[{"id": "c1", **paper}])
    )

    await tell(api, name, late)

    found = await held(api, name)
    assert {"c1", "c2"} <= {one["id"] for one in found["components"]}


async def test_a_part_that_is_stated_again_keeps_what_is_not(api: httpx.AsyncClient) -> None:
    """Files of a component and the payment of a fee stay where they are not stated anew."""
    file = {"id": "f", "name": "to-khai.pdf", "url": "https://kho.example.vn/1"}
    fee = {"id": "p", "name": "Lệ phí", "kind": "le_phi", "amount": 8000}
    paid = {"at": at(2), "means": "cash"}
    name = await begun(
        api,
        accepted(components=[{"id": "c9", "name": "Tờ khai", "files": [file]}]),
        event("progress", at(2, "10:00"), fees=[{**fee, "state": "paid", "paid": paid}]),
    )

    again = [{"id": "c9", "name": "Tờ khai mới"}]
    more = {"components": again, "fees": [fee | {"amount": 9000}]}
    await tell(api, name, event("progress", at(3), **more))

    found = await held(api, name)
    component = next(one for one in found["components"] if one["id"] == "c9")
    kept = next(one for one in found["fees"] if one["id"] == "p")
    assert (component["name"], component["files"][0]["id"]) == ("Tờ khai mới", "f")
    assert (kept["amount"], kept["state"], kept["paid"]["means"]) == (9000, "paid", "cash")


async def test_a_late_refusal_moves_nothing(api: httpx.AsyncClient) -> None:
    """A dossier that went on is not refused by a refusal that comes late."""
    name = await begun(api, accepted(), event("progress", at(4), status="processing"))

    answer = await tell(api, name, event("refused", at(3)))

    found = await held(api, name)
    assert answer.status_code == 201
    assert found["status"] == "processing"
    assert "refused_at" not in found


async def test_a_late_reception_counts_where_nothing_newer_was_said(
    api: httpx.AsyncClient,
) -> None:
    """A step that says nothing of the state leaves it to a reception that comes late."""
    name = await begun(api, event("progress", at(3)))

    await tell(api, name, accepted())

    found = await held(api, name)
    assert (found["status"], found["received_at"]) == ("accepted", at(2))


@pytest.mark.parametrize(("end", "time"), [("finished", "finished_at"), ("refused", "refused_at")])
async def test_what_is_taken_back_is_undone_whole(
    api: httpx.AsyncClient, end: str, time: str
) -> None:
    """An end that is superseded is undone with its state and its time."""
    step = event("progress", at(3), status="processing")
    name = await begun(api, accepted(), step, event(end, at(4), ref="end"))

    await tell(api, name, event("corrected", at(5), supersedes="end"))

    found = await held(api, name)
    assert found["status"] == "processing"
    assert time not in found


async def test_a_stop_is_no_finish(api: httpx.AsyncClient) -> None:
    """An event states no state of another kind."""
    name = await begun(api, accepted())

    answer = await tell(api, name, event("stopped", at(3), status="finished"))

    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/status"]


async def test_what_an_event_cannot_change_is_refused(api: httpx.AsyncClient) -> None:
    """A step that states a due time is not taken as if it had not."""
    name = await begun(api, accepted())

    answer = await tell(api, name, event("progress", at(3), due={"at": at(9)}))

    assert [one["pointer"] for one in answer.json()["errors"]] == ["/due"]


async def test_accepted_a_minute_before_it_was_handed_in(api: httpx.AsyncClient) -> None:
    """Clerks' clocks differ: it is accepted, and flagged."""
    early = accepted(occurred_at=at(1, "07:59"), received_at=at(1, "07:59"))

    found = await held(api, await begun(api, early))

    assert found["status"] == "accepted"
    assert {("time_order", "/submitted_at"), ("time_order", "/received_at")} <= flags(found)


async def test_a_due_time_moved_after_the_end_makes_nothing_punctual(
    api: httpx.AsyncClient,
) -> None:
    """It is stored and flagged, and both is told: as it stands, and as it stood at the end."""
    name = await begun(api, accepted(), event("finished", at(9)))

    answer = await tell(api, name, event("due_changed", at(10), due={"at": at(12)}))

    found = await held(api, name)
    assert answer.status_code == 201
    assert ("due_moved", "/due/at") in flags(found)
    assert found["punctuality"] == {"now": "on_time", "at_end": "late"}


async def test_a_finish_moved_back_needs_who_approved_it(api: httpx.AsyncClient) -> None:
    """What makes a late dossier look punctual is refused without an approver, flagged with one."""
    name = await begun(api, accepted(), event("finished", at(9)))
    earlier = event("corrected", at(10), patch={"finished_at": at(5)})

    refused = await tell(api, name, earlier)
    taken = await tell(api, name, earlier | {"approver": BY})

    assert [one["pointer"] for one in refused.json()["errors"]] == ["/approver"]
    assert taken.status_code == 201
    assert ("closing_time_moved", "/finished_at") in flags(taken.json())


async def test_times_in_an_order_that_cannot_be(api: httpx.AsyncClient) -> None:
    """Due before received before handed in: stored, flagged and warned about, all three."""
    odd = {
        "status": "accepted",
        "due": {"at": "2024-03-10T17:00:00+07:00"},
        "received_at": "2025-03-02T08:00:00+07:00",
        "submitted_at": "2026-03-02T08:00:00+07:00",
    }

    answer = await api.post("/v1/dossiers", json=body(**odd))

    three = {"/due/at", "/received_at", "/submitted_at"}
    assert answer.status_code == 201
    assert {at for code, at in flags(answer.json()) if code == "time_order"} == three
    warned = [one for one in answer.json()["warnings"] if one["code"] == "time_order"]
    assert {one["pointer"] for one in warned} == three


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"status": "accepted", "received_at": "2030-03-02"}, "/received_at"),
        ({"status": "finished", "finished_at": at(2).replace("2026", "2030")}, "/finished_at"),
        ({"status": "returned", "returned_at": "2030-01-01"}, "/returned_at"),
        ({"status": "refused", "refused_at": "2030-01-01"}, "/refused_at"),
        ({"submitted_at": "0026-03-02T08:00:00+07:00"}, "/submitted_at"),
        ({"source": {"ref": "x", "as_of": "2030-01-01"}}, "/source/as_of"),
    ],
)
async def test_what_has_happened_does_not_lie_ahead(
    api: httpx.AsyncClient, change: dict[str, Any], pointer: str
) -> None:
    """Every time of what has happened is held against our clock, which is told."""
    answer = await api.post("/v1/dossiers", json=body(**change))

    found = {one["pointer"]: one["detail"] for one in answer.json()["errors"]}
    assert answer.status_code == 422
    assert "our clock says" in found[pointer]


async def test_births_and_days_of_issue_do_not_lie_ahead(api: httpx.AsyncClient) -> None:
    """A citizen who is not born yet, and a paper of tomorrow, are named."""
    said = body()
    said["owner"] = {
        "kind": "citizen",
        "name": "Lò Thị Mẫu",
        "birth": "2090",
        "identities": [{"kind": "passport", "number": "X1", "issued_on": "2090-01-01"}],
    }

    answer = await api.post("/v1/dossiers", json=said)

    found = {one["pointer"] for one in answer.json()["errors"]}
    assert found == {"/owner/birth", "/owner/identities/0/issued_on"}


async def test_an_old_client_goes_on(api: httpx.AsyncClient) -> None:
    """A post under the first edition of the schema is taken."""
    answer = await api.post("/v1/dossiers", json=body(schema_version="1.0"))

    assert answer.status_code == 201


async def test_a_closing_time_without_its_state_is_named(api: httpx.AsyncClient) -> None:
    """A dossier in processing that was finished is one or the other."""
    said = body(status="processing", finished_at=at(3), received_at=at(2))

    answer = await api.post("/v1/dossiers", json=said)

    assert [one["pointer"] for one in answer.json()["errors"]] == ["/finished_at"]


async def test_a_post_that_differs_from_its_own_history_is_flagged(api: httpx.AsyncClient) -> None:
    """What the history leads to stands, and what the post says otherwise is named."""
    name = await begun(api, accepted(), due={"at": at(12)})

    found = await held(api, name)
    assert found["due"]["at"] == DUE
    assert ("history_contradicts", "/due/at") in flags(found)


def row(as_of: str, ref: str, **change: Any) -> dict[str, Any]:
    """Write a row."""
    return body(source={"ref": ref, "as_of": as_of}, **change)


@pytest.mark.parametrize(
    ("told", "stale"),
    [
        (event("linked", at(4), codes=[{"value": "TN-1", "kind": "receipt"}]), False),
        (event("corrected", at(4), patch={"notes": "mới"}), True),
        (event("progress", at(4), status="processing"), True),
    ],
    ids=["a code", "a correction", "a step"],
)
async def test_only_what_says_more_than_a_row_makes_it_stale(
    api: httpx.AsyncClient, told: dict[str, Any], stale: bool
) -> None:
    """A row that was written before a code became known is as new as before."""
    ref = f"row-{next(COUNT)}"
    first = row(at(2), ref, status="accepted", received_at=at(2), due={"at": DUE})
    made = await api.post("/v1/snapshots", json=first)
    await tell(api, made.json()["id"], told)

    answer = await api.post("/v1/snapshots", json=first | row(at(3), ref, notes="từ dòng"))

    assert answer.json()["stale"] is stale


async def test_what_takes_itself_back_is_refused_and_holds_nobody_up(
    api: httpx.AsyncClient,
) -> None:
    """An event that supersedes itself names no event, and the next post is taken."""
    name = await begun(api, accepted())
    own = event("corrected", at(5), ref="c1", supersedes="c1")

    answer = await tell(api, name, own)
    posted = await api.post("/v1/dossiers", json=body(events=[own]))

    assert [one["pointer"] for one in answer.json()["errors"]] == ["/supersedes"]
    assert [one["pointer"] for one in posted.json()["errors"]] == ["/events/0/supersedes"]
    assert await begun(api, accepted())


async def test_a_late_end_taken_back_and_set_earlier_needs_who_approved_it(
    api: httpx.AsyncClient,
) -> None:
    """What one correction may not do, two events may not do either."""
    name = await begun(api, accepted(), event("finished", at(9), ref="end"))
    await tell(api, name, event("corrected", at(10), supersedes="end"))
    again = event("finished", at(4))

    refused = await tell(api, name, again)
    taken = await tell(api, name, again | {"approver": BY})

    assert [one["pointer"] for one in refused.json()["errors"]] == ["/approver"]
    assert ("closing_time_moved", "/finished_at") in flags(taken.json())


async def test_a_hand_over_alone_does_not_say_when_it_ended(api: httpx.AsyncClient) -> None:
    """The finish that comes later tells whether it was in time."""
    name = await begun(api, accepted(), event("returned", at(9)))
    before = (await held(api, name))["punctuality"]

    answer = await tell(api, name, event("finished", at(4)))

    assert answer.status_code == 201
    assert before == {"now": "unknown", "at_end": "unknown"}
    assert (await held(api, name))["punctuality"] == {"now": "on_time", "at_end": "on_time"}


@pytest.mark.parametrize(
    ("between", "last", "flag"),
    [
        ({"status": "processing"}, {"finished_at": at(4)}, "closing_time_moved"),
        ({"status": "awaiting_payment"}, {"finished_at": at(4)}, "closing_time_moved"),
        (
            {"status": "processing"},
            {"finished_at": at(9), "due": {"at": at(20)}},
            "due_moved",
        ),
        ({"status": "processing"}, {"finished_at": "2026-03-04"}, "closing_time_moved"),
    ],
)
async def test_rows_make_no_late_dossier_punctual(
    api: httpx.AsyncClient, between: dict[str, Any], last: dict[str, Any], flag: str
) -> None:
    """Whatever rows do between, the end stays told as it stood, and what moved is flagged."""
    ref = f"row-{next(COUNT)}"
    base = {"received_at": at(2), "due": {"at": DUE}}
    rows = [
        {"status": "finished", "finished_at": at(9), **base},
        {**base, **between},
        {"status": "finished", **base, **last},
    ]
    answers = [
        await api.post("/v1/snapshots", json=row(at(day, "12:00"), ref, **said))
        for day, said in enumerate(rows, start=9)
    ]

    found = await held(api, answers[-1].json()["id"])
    assert found["punctuality"] == {"now": "on_time", "at_end": "late"}
    assert flag in {code for code, _ in flags(found)}


async def test_a_reception_that_a_row_moves_is_flagged(api: httpx.AsyncClient) -> None:
    """It stands as the row states it, and says so."""
    ref = f"row-{next(COUNT)}"
    rows = [
        row(at(day, "12:00"), ref, status="accepted", received_at=received)
        for day, received in ((6, at(5)), (7, at(3)))
    ]

    answers = [await api.post("/v1/snapshots", json=said) for said in rows]

    assert ("reception_moved", "/received_at") in flags(answers[-1].json())


async def test_two_rows_of_one_moment_name_what_differs(api: httpx.AsyncClient) -> None:
    """Which one is newer nobody knows, so the second is refused, leaf by leaf."""
    ref = f"row-{next(COUNT)}"
    await api.post("/v1/snapshots", json=row(at(6), ref, notes="một"))

    answer = await api.post("/v1/snapshots", json=row(at(6), ref, notes="hai"))

    pointers = {one["pointer"] for one in answer.json()["errors"]}
    assert (answer.status_code, pointers) == (409, {"/source/as_of", "/notes"})
