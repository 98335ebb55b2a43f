"""One dossier known to several sources: joining, evidence, ownership of the state, merging."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.access.keys import make_key
from gateway.main.bootstrap import open_store
from gateway.main.serving import build
from gateway.settings import Settings, read_systems
from gateway.store import clients
from gateway.workbench.samples.generator import sample

SYSTEMS: dict[str, Any] = {
    "systems": {
        "province": {
            "adapter": "igate",
            "environment": "sandbox",
            "owns_status": ["9.999999"],
            "settings": {"base_url": "http://127.0.0.1:1", "client_id": "x"},
        },
        "portal": {
            "adapter": "national_portal",
            "environment": "sandbox",
            "inbox": {"agencies": ["H99"], "token": "a-secret-of-the-portal"},
            "settings": {
                "base_url": "http://127.0.0.1:1",
                "agency_code": "H99",
                "username": "x",
                "password": "x",
            },
        },
    }
}


@dataclass
class Office:
    """A gateway with clients, each under its own key."""

    clients: dict[str, httpx.AsyncClient]

    async def post(self, who: str, content: Any, path: str = "/v1/dossiers") -> httpx.Response:
        """Post something as somebody."""
        return await self.clients[who].post(path, json=content)

    async def get(self, who: str, name: str) -> Any:
        """Read a dossier as somebody."""
        return (await self.clients[who].get(f"/v1/dossiers/{name}")).json()


@pytest.fixture
async def office(tmp_path: Path, database: dict[str, Any]) -> AsyncIterator[Office]:
    """Serve a gateway with two clients of H99 and one of H98."""
    settings = Settings(data=tmp_path, **database, systems=read_systems(SYSTEMS, {}))
    store = await open_store(settings)
    keys = {}
    for name, agency in (("old", "H99"), ("new", "H99"), ("far", "H98")):
        keys[name], hashed = make_key("sandbox")
        await store.write(
            partial(
                clients.add, name=name, environment="sandbox", agencies=[agency], key_hash=hashed
            )
        )
    await store.close()
    app = await build(settings)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app):
        yield Office(
            {
                name: httpx.AsyncClient(
                    transport=transport,
                    base_url="http://x",
                    headers={"Authorization": f"Bearer {key}", "Accept-Language": "en"},
                )
                for name, key in keys.items()
            }
        )


def body(number: int = 3, **change: Any) -> dict[str, Any]:
    """Write a dossier."""
    made = copy.deepcopy(sample(number, 1).requests[0].body) | change
    made.pop("origin", None)
    return made


async def test_a_known_code_joins(office: Office) -> None:
    """The second source of a code gets the same dossier, and is told that it joined."""
    first = (await office.post("old", body())).json()
    answer = await office.post("new", body(source={"ref": "other"}))

    assert (answer.status_code, answer.json()["id"], answer.json()["joined"]) == (
        200,
        first["id"],
        True,
    )


async def test_joining_twice_is_once(office: Office) -> None:
    """The same joining post again says the same."""
    await office.post("old", body())
    both = [await office.post("new", body(source={"ref": "other"})) for _ in range(2)]

    assert [(one.status_code, one.json()["joined"]) for one in both] == [(200, True)] * 2


async def test_what_a_second_source_says_otherwise_is_evidence(office: Office) -> None:
    """A difference of the second source moves nothing, and is shown to both."""
    first = (await office.post("old", body())).json()
    await office.post("new", body(source={"ref": "other"}, summary="khác"))
    seen = await office.get("old", first["id"])

    assert (seen["summary"] != "khác", seen["evidence"][0]["pointers"]) == (
        True,
        ["/summary"],
    )
    assert "contradicted" in {flag["code"] for flag in seen["data_quality"]}


async def test_what_a_second_source_states_wrongly_is_warned_about(office: Office) -> None:
    """The dossier shows the first one's right number; who joins is told of his own wrong one."""
    await office.post("old", body())
    second = body(source={"ref": "other"})
    second["owner"] |= {"phone": "9.0E+08"}
    answer = (await office.post("new", second)).json()
    said = [one["pointer"] for one in answer["warnings"] if one["code"] == "format"]

    assert (answer["joined"], said) == (True, ["/owner/phone"])
    assert "format" not in {one["code"] for one in answer["data_quality"]}


async def test_a_code_of_another_unit_is_not_claimed(office: Office) -> None:
    """Law 17: Whoever does not serve the unit in an official code learns only that."""
    await office.post("old", body())
    agency = {"code": "H98.01", "name": "UBND xã Xa, tỉnh Xa"}
    answer = await office.post("far", body(agencies={"competent": agency}))

    assert (answer.status_code, "id" in answer.json()) == (403, False)
    assert answer.json()["errors"][0]["pointer"] == "/official_code"


async def test_a_second_ref_for_an_own_code_is_refused(office: Office) -> None:
    """One client cannot open two dossiers under one official code."""
    first = (await office.post("old", body())).json()
    answer = await office.post("old", body(source={"ref": "again"}))

    assert (answer.status_code, answer.json()["id"]) == (409, first["id"])


async def test_only_the_owner_of_the_state_moves_it(office: Office) -> None:
    """A step of the second source is kept as evidence; the first source's moves the dossier."""
    first = (await office.post("old", body())).json()
    await office.post("new", body(source={"ref": "other"}))
    path = f"/v1/dossiers/{first['id']}/events"
    step = sample(3, 1).requests[1].body
    contradicting = await office.post("new", {**step, "ref": "new-1"}, path)
    own = await office.post("old", step, path)

    assert (contradicting.status_code, contradicting.json()["evidence"]) == (202, True)
    assert (contradicting.json()["status"], own.json()["status"]) == ("submitted", "accepted")


async def test_a_note_of_the_second_source_is_an_event(office: Office) -> None:
    """What moves no state may come from any source."""
    first = (await office.post("old", body())).json()
    await office.post("new", body(source={"ref": "other"}))
    note = {
        "ref": "n",
        "kind": "progress",
        "action": "Gọi điện",
        "occurred_at": body()["submitted_at"],
    }
    answer = await office.post("new", note, f"/v1/dossiers/{first['id']}/events")

    assert answer.status_code == 201


async def test_a_system_that_owns_the_state_is_named(office: Office) -> None:
    """A client cannot move a state that a system is set to own; it learns whose it is."""
    content = body()
    content["procedure"]["code"] = "9.999999"
    first = (await office.post("old", content)).json()
    step = sample(3, 1).requests[1].body
    answer = await office.post("old", step, f"/v1/dossiers/{first['id']}/events")

    assert (answer.status_code, answer.json()["owner"]) == (409, "province")


async def test_twins_are_flagged_and_not_merged(office: Office) -> None:
    """Same person, procedure and agency under another code: flagged, and two dossiers stay."""
    first = (await office.post("old", body())).json()
    second = (
        await office.post("old", body(source={"ref": "b"}, official_code="H99.14.05-260101-0001"))
    ).json()

    assert first["id"] != second["id"]
    assert {"code", "since", "by"} <= set(second["data_quality"][-1])
    assert (second["data_quality"][-1]["code"], second["data_quality"][-1]["by"]) == (
        "possible_duplicate",
        first["id"],
    )


async def _two(office: Office) -> tuple[str, str]:
    first = (await office.post("old", body())).json()["id"]
    other = body(source={"ref": "b"}, official_code="H99.14.05-260101-0001")
    return first, (await office.post("old", other)).json()["id"]


async def test_merging_leaves_one_with_all_codes(office: Office) -> None:
    """The survivor has both codes; the duplicate is voided and says into what it went."""
    first, second = await _two(office)
    order = {"duplicate": second, "reason": "Nộp hai lần", "by": {"name": "Vàng A Thử"}}
    answers = [await office.post("old", order, f"/v1/dossiers/{first}/merge") for _ in range(2)]
    survivor, gone = await office.get("old", first), await office.get("old", second)

    assert [one.status_code for one in answers] == [201, 200]
    assert "H99.14.05-260101-0001" in {code["value"] for code in survivor["codes"]}
    assert (gone["voided"], gone["merged_into"]) == (True, first)
    assert survivor["official_code"] in gone["events"][-1]["note"]


async def test_lists_answers_and_ledger_show_what_was_merged(office: Office) -> None:
    """Whoever reads of the duplicate anywhere learns that it is void, and into what it went."""
    first, second = await _two(office)
    order = {"duplicate": second, "reason": "Nộp hai lần", "by": {"name": "Vàng A Thử"}}
    await office.post("old", order, f"/v1/dossiers/{first}/merge")
    listed = (await office.clients["old"].get("/v1/dossiers")).json()["dossiers"]
    other = body(source={"ref": "b"}, official_code="H99.14.05-260101-0001")
    shown = [
        next(one for one in listed if one["id"] == second),
        (await office.clients["old"].get(f"/v1/dossiers/{second}/ledger")).json(),
        (await office.post("old", other)).json(),
    ]

    assert [(one["voided"], one["merged_into"]) for one in shown] == [(True, first)] * 3


async def test_what_was_merged_takes_no_more_events(office: Office) -> None:
    """An event for the duplicate is refused, and its client learns where to go."""
    first, second = await _two(office)
    order = {"duplicate": second, "reason": "Nộp hai lần", "by": {"name": "Vàng A Thử"}}
    await office.post("old", order, f"/v1/dossiers/{first}/merge")
    step = sample(3, 1).requests[1].body
    answer = await office.post("old", step, f"/v1/dossiers/{second}/events")

    assert (answer.status_code, answer.json()["merged_into"]) == (409, first)


async def test_a_row_that_says_the_same_changes_nothing(office: Office) -> None:
    """Every row repeats every night: a newer date alone makes no event."""
    row = body(source={"ref": "r", "as_of": "2026-06-15T18:00:00+07:00"})
    first = (await office.post("old", row, "/v1/snapshots")).json()
    row["source"]["as_of"] = "2026-06-16T18:00:00+07:00"
    again = await office.post("old", row, "/v1/snapshots")

    assert (again.status_code, again.json()["events"], again.json()["version"]) == (
        200,
        [],
        first["version"],
    )


async def test_a_night_of_the_second_source_is_kept_once(office: Office) -> None:
    """A row that contradicts every night makes one piece of evidence, not one a night."""
    first = (await office.post("old", body())).json()
    for day in (16, 17, 18):
        as_of = f"2026-06-{day}T18:00:00+07:00"
        row = body(source={"ref": "other", "as_of": as_of}, summary="khác")
        await office.post("new", row, "/v1/snapshots")
    seen = await office.get("old", first["id"])

    assert len(seen["evidence"]) <= 2
