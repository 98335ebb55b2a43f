"""Law 17, a code is a claim: what becomes of dossiers, and who reads them, when codes agree."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from gateway.access.keys import make_key
from gateway.access.principals import Principal
from gateway.admission.reading import wanted
from gateway.admission.requests import RecordEvent
from gateway.main.bootstrap import open_store
from gateway.main.serving import build
from gateway.operations.conflicts import contested
from gateway.settings import Settings, read_systems
from gateway.store import clients
from gateway.store.engine import Connection, Store
from gateway.store.ledger import groups
from gateway.store.tables import client as client_table
from gateway.workbench.samples.generator import sample
from schemas.event import NewEvent

OWN = {"base_url": "http://127.0.0.1:1"}
TOKEN = "a-secret-of-the-portal"
SYSTEMS: dict[str, Any] = {
    "systems": {
        "portal": {
            "adapter": "national_portal",
            "environment": "sandbox",
            "inbox": {"agencies": ["*"], "token": TOKEN},
            "settings": OWN | {"agency_code": "H99", "username": "x", "password": "x"},
        },
    }
}
CLIENTS = {
    "a": ["H99.14.05"],
    "a2": ["H99.14.05"],
    "b": ["H99.20.01"],
    "helper": ["H99.14.06"],
    "chief": ["H99"],
}
OWNER: dict[str, Any] = {
    "kind": "citizen",
    "name": "Lò Thị Mẫu Thử",
    "birth": "1999-02-03",
    "identities": [{"kind": "personal_number", "number": "001399000000"}],
}
OTHER: dict[str, Any] = {
    "kind": "citizen",
    "name": "Vàng A Ví Dụ",
    "identities": [{"kind": "personal_number", "number": "001200000001"}],
}


@dataclass
class Office:
    """A gateway with clients, each under its own key, and a portal that calls."""

    clients: dict[str, httpx.AsyncClient]
    store: Store

    async def post(self, who: str, content: Any, path: str = "/v1/dossiers") -> httpx.Response:
        """Post something as somebody."""
        return await self.clients[who].post(path, json=content)

    async def get(self, who: str, path: str, **asked: Any) -> httpx.Response:
        """Read something as somebody."""
        return await self.clients[who].get(path, params=asked)

    async def list(self, who: str, **asked: Any) -> list[Any]:
        """List dossiers as somebody."""
        found: list[Any] = (await self.get(who, "/v1/dossiers", **asked)).json()["dossiers"]
        return found


def _more_rights(connection: Connection) -> None:
    """Let one help near the citizen's home, and one administer."""
    for name, change in (
        ("helper", {"helps": ["H99"]}),
        ("chief", {"roles": ["administrator"]}),
    ):
        connection.execute(
            client_table.update().where(client_table.c.name == name).values(**change)
        )


@pytest.fixture
async def office(tmp_path: Path, database: dict[str, Any]) -> AsyncIterator[Office]:
    """Serve a gateway with clients of two communes."""
    read = read_systems(SYSTEMS, {})
    codes = {"H99.20": "gateway"}
    settings = Settings(data=tmp_path, **database, systems=read, codes=codes)
    store = await open_store(settings)
    keys = {}
    for name, agencies in CLIENTS.items():
        keys[name], hashed = make_key("sandbox")
        await store.write(
            partial(
                clients.add, name=name, environment="sandbox", agencies=agencies, key_hash=hashed
            )
        )
    _, live = make_key("live")
    await store.write(
        partial(clients.add, name="live", environment="live", agencies=["H99"], key_hash=live)
    )
    await store.write(_more_rights)
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
                for name, key in (keys | {"portal": TOKEN}).items()
            },
            app.state.parts.store,
        )


def body(ref: str, agency: str = "H99.14.05", **change: Any) -> dict[str, Any]:
    """Write a dossier of an agency, without any code."""
    made: dict[str, Any] = copy.deepcopy(sample(3, 1).requests[0].body)
    for name in ("origin", "official_code", "codes", "events", "known_in"):
        made.pop(name, None)
    place = {"competent": {"code": agency, "name": f"UBND {agency}"}}
    return made | {"source": {"ref": ref}, "owner": OWNER, "agencies": place} | change


def flags(answer: Any) -> list[tuple[str, str | None]]:
    """Give the flags of an answer, with what they are about."""
    return [(one["code"], one.get("pointer")) for one in answer["data_quality"]]


CODE = "H99.14.05-260302-0007"
CONFLICT = ("code_conflict", "/official_code")


async def test_a_mistyped_code_gives_two_dossiers_and_a_conflict(office: Office) -> None:
    """Law 17: Another owner's number under a known code: two dossiers, and both say so."""
    first = (await office.post("a", body("1", official_code=CODE))).json()
    second = await office.post("a2", body("x", official_code=CODE, owner=OTHER))
    seen = (await office.get("a", f"/v1/dossiers/{first['id']}")).json()
    own = (await office.get("a2", f"/v1/dossiers/{second.json()['id']}")).json()
    again = (await office.post("a", body("1", official_code=CODE))).json()

    assert (second.status_code, second.json()["id"] != first["id"]) == (201, True)
    assert ("code_conflict", "/codes/0/value") in flags(second.json())
    assert CONFLICT in flags(seen)
    assert CONFLICT in flags(again)
    assert (own["owner"]["name"], own.get("official_code")) == (OTHER["name"], None)
    assert own["codes"] == [{"value": CODE, "kind": "claimed"}]


async def test_one_client_may_mistype_a_code_too(office: Office) -> None:
    """The same key, another citizen: nobody's dossier is nowhere."""
    await office.post("a", body("1", official_code=CODE))
    second = await office.post("a", body("2", official_code=CODE, owner=OTHER))

    assert (second.status_code, flags(second.json())) == (
        201,
        [("code_conflict", "/codes/0/value")],
    )


async def test_a_code_that_was_put_right_is_no_conflict(office: Office) -> None:
    """Once the second has its own official code, neither is flagged any more."""
    first = (await office.post("a", body("1", official_code=CODE))).json()
    second = (await office.post("a2", body("x", official_code=CODE, owner=OTHER))).json()
    right = {
        "ref": "right",
        "kind": "linked",
        "official_code": "H99.14.05-260302-0008",
        "occurred_at": body("x")["submitted_at"],
        "target": "x",
    }
    answer = await office.post("a2", right, f"/v1/dossiers/{second['id']}/events")
    seen = [
        (await office.get(who, f"/v1/dossiers/{one['id']}")).json()
        for who, one in (("a", first), ("a2", second))
    ]

    assert answer.status_code == 201, answer.text
    assert [one["data_quality"] for one in seen] == [[], []]
    assert [one["official_code"] for one in seen] == [CODE, "H99.14.05-260302-0008"]


async def test_a_code_of_another_unit_is_refused(office: Office) -> None:
    """Law 17: An official code of B's unit is B's to state; the genuine one is taken."""
    code = "H99.20.01-260302-0007"
    claimed = await office.post("a", body("1", official_code=code))
    genuine = await office.post("b", body("1", agency="H99.20.01", official_code=code))

    assert (claimed.status_code, claimed.json()["errors"][0]["pointer"]) == (403, "/official_code")
    assert (genuine.status_code, flags(genuine.json())) == (201, [])


async def test_a_code_of_another_unit_is_not_linked_later(office: Office) -> None:
    """Nor by an event, nor by a correction."""
    made = (await office.post("a", body("1"))).json()
    code = "H99.20.01-260302-0007"
    at = body("1")["submitted_at"]
    told = [
        {"ref": "l", "kind": "linked", "official_code": code, "occurred_at": at, "target": "x"},
        {
            "ref": "c",
            "kind": "corrected",
            "patch": {"official_code": code},
            "reason": "x",
            "occurred_at": at,
        },
    ]
    answers = [await office.post("a", one, f"/v1/dossiers/{made['id']}/events") for one in told]

    assert [one.status_code for one in answers] == [403, 403]


async def test_whoever_joined_may_not_act_for_the_owner(office: Office) -> None:
    """Law 17: Joined rightly, and still no correcting, voiding, handing over or merging away."""
    first = (await office.post("a", body("1", official_code=CODE))).json()
    joined = await office.post("a2", body("x", official_code=CODE))
    own = (await office.post("a2", body("own", owner=OTHER))).json()
    at = body("1")["submitted_at"]
    path = f"/v1/dossiers/{first['id']}/events"
    acts: list[dict[str, Any]] = [
        {"kind": "corrected", "patch": {"owner": {"name": "Ai Đó"}}, "reason": "x"},
        {"kind": "progress", "action": "x", "supersedes": "registered"},
        {"kind": "voided", "reason": "x"},
        {"kind": "linked", "codes": [{"value": "z", "kind": "portal"}], "target": "x"},
        {
            "kind": "transferred",
            "transfer": {"from": {"code": "H99.14.05"}, "to": {"code": "H99.14.06"}},
        },
    ]
    answers = [
        await office.post("a2", one | {"ref": f"e{number}", "occurred_at": at}, path)
        for number, one in enumerate(acts)
    ]
    order = {"reason": "x", "by": {"name": "Ai Đó"}}
    answers += [
        await office.post("a2", order | {"duplicate": gone}, f"/v1/dossiers/{kept}/merge")
        for kept, gone in ((own["id"], first["id"]), (first["id"], own["id"]))
    ]
    seen = (await office.get("a", f"/v1/dossiers/{first['id']}")).json()

    assert (joined.status_code, joined.json()["joined"]) == (200, True)
    assert [one.status_code for one in answers] == [403] * 7, [one.text for one in answers]
    assert (seen["version"], seen["owner"]["name"], seen["voided"]) == (1, OWNER["name"], False)


async def test_whoever_joined_finds_the_dossier_by_its_own_ref(office: Office) -> None:
    """Law 17: It is found by B's ref, shows it as B's own, and A's as A's."""
    first = (await office.post("a", body("1", official_code=CODE))).json()
    await office.post("a2", body("x", official_code=CODE))
    found = [await office.list(who, ref=ref) for who, ref in (("a2", "x"), ("a", "1"), ("a2", "1"))]
    seen = [
        (await office.get(who, f"/v1/dossiers/{first['id']}")).json()["source"]["ref"]
        for who in ("a", "a2")
    ]

    assert [[(one["id"], one["ref"]) for one in page] for page in found] == [
        [(first["id"], "x")],
        [(first["id"], "1")],
        [],
    ]
    assert seen == ["1", "x"]


async def test_a_duplicate_that_one_may_not_read_is_not_told(office: Office) -> None:
    """Law 17: B's dossier is no news for A, in the answer or later; B's own client is told."""
    first = (await office.post("b", body("1", agency="H99.20.01"))).json()
    place = {"competent": {"code": "H99.20.01"}, "receiving": {"code": "H99.14.05"}}
    probing = (await office.post("a", body("2", agencies=place))).json()
    later = (await office.get("a", f"/v1/dossiers/{probing['id']}")).json()
    own = (await office.post("b", body("3", agency="H99.20.01"))).json()

    assert (flags(probing), later["data_quality"]) == ([], [])
    assert [one["by"] for one in own["data_quality"]] == [first["id"]]


async def test_an_own_duplicate_is_told(office: Office) -> None:
    """The same owner, procedure and agency of one client: flagged, with where it is."""
    first = (await office.post("b", body("1", agency="H99.20.01"))).json()
    second = (await office.post("b", body("2", agency="H99.20.01"))).json()
    later = (await office.get("b", f"/v1/dossiers/{second['id']}")).json()

    assert [one["by"] for one in second["data_quality"]] == [first["id"]]
    assert [one["by"] for one in later["data_quality"]] == [first["id"]]


async def test_an_owner_of_whom_nobody_can_say_reads_nothing(office: Office) -> None:
    """No common number, one name: the second joins as evidence, and the first's stays unread."""
    nameless = {key: value for key, value in OWNER.items() if key in {"kind", "name"}}
    first = (await office.post("a", body("1", official_code=CODE, notes="riêng"))).json()
    second = await office.post("a2", body("x", official_code=CODE, owner=nameless))
    told = second.json()
    read = await office.get("a2", f"/v1/dossiers/{first['id']}")
    at = body("1")["submitted_at"]
    step = {"ref": "e", "kind": "progress", "action": "x", "occurred_at": at}
    event = await office.post("a2", step, f"/v1/dossiers/{first['id']}/events")
    seen = (await office.get("a", f"/v1/dossiers/{first['id']}")).json()

    assert (second.status_code, told["evidence"], flags(told)) == (
        202,
        True,
        [("owner_unverified", "/owner")],
    )
    assert (told["version"], told["systems"], "riêng" in second.text) == (0, [], False)
    assert (read.status_code, await office.list("a2"), event.status_code) == (404, [], 409)
    assert [(one["why"], one["said"]) for one in seen["evidence"]] == [("owner_unverified", {})]


async def test_a_number_makes_it_sure(office: Office) -> None:
    """A later row with the owner's number lets the second source read."""
    nameless = {key: value for key, value in OWNER.items() if key in {"kind", "name"}}
    first = (await office.post("a", body("1", official_code=CODE))).json()

    def row(day: int, owner: Any) -> Any:
        source = {"ref": "x", "as_of": f"2026-06-{day}T18:00:00+07:00"}
        return body("x", official_code=CODE, owner=owner) | {"source": source}

    await office.post("a2", row(10, nameless), "/v1/snapshots")
    before = await office.list("a2")
    await office.post("a2", row(11, OWNER), "/v1/snapshots")
    after = await office.list("a2")
    seen = (await office.get("a", f"/v1/dossiers/{first['id']}")).json()

    assert (before, [one["id"] for one in after]) == ([], [first["id"]])
    assert "owner_unverified" not in {code for code, _ in flags(seen)}


async def test_a_number_in_a_post_makes_it_sure_too(office: Office) -> None:
    """The same ref once more, now with the owner's number, or with somebody else's."""
    first = (await office.post("a", body("1", official_code=CODE))).json()
    for ref in ("x", "y"):
        await office.post("a2", body(ref, official_code=CODE, owner=NAMELESS))
    sure = await office.post("a2", body("x", official_code=CODE, owner=OWNER))
    again = await office.post("a2", body("x", official_code=CODE, owner=OWNER))

    assert [(one.status_code, one.json()["id"]) for one in (sure, again)] == [
        (200, first["id"])
    ] * 2
    assert [one["id"] for one in await office.list("a2")] == [first["id"]]


async def test_a_number_of_another_in_a_post_opens_another(office: Office) -> None:
    """The citizen who turns out to be somebody else has a dossier."""
    first = (await office.post("a", body("1", official_code=CODE))).json()
    await office.post("a2", body("x", official_code=CODE, owner=NAMELESS))
    other = await office.post("a2", body("x", official_code=CODE, owner=OTHER))

    assert (other.status_code, other.json()["id"] != first["id"]) == (201, True)


async def test_another_number_parts_what_was_unsure(office: Office) -> None:
    """A later row with somebody else's number becomes a dossier of its own."""
    nameless = {key: value for key, value in OWNER.items() if key in {"kind", "name"}}
    first = (await office.post("a", body("1", official_code=CODE))).json()

    def row(day: int, owner: Any) -> Any:
        source = {"ref": "x", "as_of": f"2026-06-{day}T18:00:00+07:00"}
        return body("x", official_code=CODE, owner=owner) | {"source": source}

    await office.post("a2", row(10, nameless), "/v1/snapshots")
    answer = await office.post("a2", row(11, OTHER), "/v1/snapshots")
    again = await office.post("a2", row(12, OTHER), "/v1/snapshots")

    assert (answer.status_code, answer.json()["id"] != first["id"]) == (201, True)
    assert (again.json()["id"], again.json()["events"]) == (answer.json()["id"], [])
    assert len(await office.list("a2")) == 1


PORTAL_CODE = "QG-0000012345"


async def pushed(office: Office, **change: Any) -> dict[str, Any]:
    """Let the portal push the genuine dossier of its code, for B's agency."""
    data = {
        "MaHoSoQG": PORTAL_CODE,
        "MaTTHC": "2.000635",
        "TenTTHC": "Cấp bản sao Trích lục hộ tịch",
        "MaCoQuan": "H99.20.01",
        "DonViXuLy": "UBND xã Bản Thử",
        "ChuHoSo": OTHER["name"],
        "LoaiDoiTuong": "1",
        "DinhDanhCHS": [{"LoaiDinhDanh": "1", "SoDinhDanh": "001200000001"}],
        "NgayNopHoSo": "20260302081502",
    }
    body = {"service": "nhanhsdvcqg", "isUpdating": "False", "data": data | change}
    answer = await office.post("portal", body, "/hear/portal/forward/nhanhsdvcqg")
    return dict(answer.json())


SQUATTED: list[dict[str, Any]] = [
    {"origin": {"system": "portal", "code": PORTAL_CODE}},
    {"codes": [{"value": PORTAL_CODE, "kind": "portal"}]},
    {"known_in": [{"system": "portal", "ref": PORTAL_CODE, "as_of": "2026-03-02T09:00:00+07:00"}]},
]


@pytest.mark.parametrize("claim", SQUATTED, ids=lambda claim: next(iter(claim)))
async def test_a_squatted_portal_code_reads_nothing(office: Office, claim: dict[str, Any]) -> None:
    """Law 17: Two dossiers and a conflict; each reads its own."""
    squatter = (await office.post("a", body("1", **claim))).json()
    answer = await pushed(office)
    own = await office.get("a", f"/v1/dossiers/{squatter['id']}")
    (genuine,) = await office.list("b", code=PORTAL_CODE)
    read = (await office.get("b", f"/v1/dossiers/{genuine['id']}")).json()

    assert answer["error_code"] == 0
    assert [one["id"] for one in await office.list("a")] == [squatter["id"]]
    assert (OTHER["name"] in own.text, OTHER["identities"][0]["number"] in own.text) == (
        False,
        False,
    )
    assert (read["owner"]["name"], read["origin"]["code"]) == (OTHER["name"], PORTAL_CODE)
    assert "code_conflict" in {code for code, _ in flags(own.json())}
    assert "code_conflict" in {code for code, _ in flags(read)}


@pytest.mark.parametrize("claim", SQUATTED, ids=lambda claim: next(iter(claim)))
async def test_a_later_squatter_reads_nothing_either(office: Office, claim: dict[str, Any]) -> None:
    """Law 17: The other way round: the portal pushed first."""
    await pushed(office)
    squatter = await office.post("a", body("1", **claim))
    own = await office.get("a", f"/v1/dossiers/{squatter.json()['id']}")
    (genuine,) = await office.list("b", code=PORTAL_CODE)

    assert (squatter.status_code, OTHER["name"] in own.text) == (201, False)
    assert "code_conflict" in {code for code, _ in flags(squatter.json())}
    assert genuine["id"] != squatter.json()["id"]


async def test_the_right_citizen_is_joined_by_the_portals_push(office: Office) -> None:
    """The commune took the dossier over first; the push of the same citizen makes no second."""
    claim = {"origin": {"system": "portal", "code": PORTAL_CODE}}
    content = body("1", "H99.20.01", owner=OTHER, **claim)
    content["procedure"] = {"code": "2.000635"}
    first = (await office.post("b", content)).json()
    answer = await pushed(office)
    found = await office.list("b")

    assert (answer["error_code"], [one["id"] for one in found]) == (0, [first["id"]])


async def test_help_near_home_from_filing_to_the_result(office: Office) -> None:
    """A citizen files at H99.14.06 for H99.20.01; that unit decides, the helper sees it through."""
    place = {"competent": {"code": "H99.20.01"}, "helped": {"code": "H99.14.06"}}
    filed = await office.post("helper", body("1", agencies=place))
    made = filed.json()
    path = f"/v1/dossiers/{made['id']}"
    at = body("1")["submitted_at"]
    own = {"ref": "w", "kind": "corrected", "patch": {"notes": "x"}, "reason": "x"}
    by_helper = await office.post("helper", own | {"occurred_at": at}, f"{path}/events")
    steps: list[dict[str, Any]] = [
        {"kind": "accepted", "received_at": at, "due": {"at": "2026-12-31"}},
        {"kind": "progress", "status": "processing", "action": "Thẩm định"},
        {
            "kind": "finished",
            "results": [{"id": "kq", "name": "Trích lục", "number": "12/TL", "form": "paper"}],
        },
        {"kind": "returned", "hand_over": {"method": "counter", "note": "đã trả"}},
    ]
    told = [
        await office.post("b", {"ref": f"s{n}", "occurred_at": at, **one}, f"{path}/events")
        for n, one in enumerate(steps)
    ]
    seen = (await office.get("helper", path)).json()
    counts = (await office.get("helper", "/v1/counts")).json()

    assert filed.status_code == 201, filed.text
    assert made["official_code"].startswith("H99.20.01-")
    assert by_helper.status_code == 403
    assert [one.status_code for one in told] == [201] * 4, [one.text for one in told]
    assert (seen["status"], seen["results"][0]["number"]) == ("returned", "12/TL")
    assert [one["id"] for one in await office.list("b")] == [made["id"]]
    assert (counts["competent"], counts["helped"]) == (
        {"H99.20.01": {"returned": 1}},
        {"H99.14.06": {"returned": 1}},
    )


async def test_a_refusal_comes_back_to_the_helper(office: Office) -> None:
    """What the competent unit refuses is read where the citizen was helped."""
    place = {"competent": {"code": "H99.20.01"}, "helped": {"code": "H99.14.06"}}
    made = (await office.post("helper", body("1", agencies=place))).json()
    at = body("1")["submitted_at"]
    no = {"ref": "r", "kind": "refused", "reason": "Thiếu giấy", "occurred_at": at}
    await office.post("b", no, f"/v1/dossiers/{made['id']}/events")
    seen = (await office.get("helper", f"/v1/dossiers/{made['id']}")).json()

    assert (seen["status"], seen["events"][-1]["reason"]) == ("refused", "Thiếu giấy")


async def test_a_helper_claims_no_code_of_the_competent_unit(office: Office) -> None:
    """Nor of its own: the competent unit's is given by gateway or system."""
    place = {"competent": {"code": "H99.20.01"}, "helped": {"code": "H99.14.06"}}
    answers = [
        await office.post("helper", body(unit, agencies=place, official_code=f"{unit}-260302-0001"))
        for unit in ("H99.20.01", "H99.14.06")
    ]

    assert [one.status_code for one in answers] == [403, 403]


async def test_who_may_not_help_files_for_nobody_else(office: Office) -> None:
    """Without the setting the competent agency of another commune is refused."""
    place = {"competent": {"code": "H99.20.01"}, "helped": {"code": "H99.14.05"}}
    answer = await office.post("a", body("1", agencies=place))

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (
        403,
        "/agencies/competent/code",
    )


async def test_open_dossiers_are_handed_over(office: Office) -> None:
    """The new client goes on with them, the old one no more; a dry run changes nothing."""
    kept = (await office.post("a2", body("same"))).json()
    taken = (await office.post("a", body("same", owner=OTHER))).json()
    moved = (await office.post("a", body("1"))).json()
    closed = (await office.post("a", body("2", owner=OTHER))).json()
    at = body("1")["submitted_at"]
    no = {"ref": "r", "kind": "refused", "reason": "x", "occurred_at": at}
    await office.post("a", no, f"/v1/dossiers/{closed['id']}/events")
    order = {"to": "a2", "agencies": ["H99.14.05"], "reason": "đổi phần mềm"}
    path = "/v1/clients/a/hand-over"
    barred = await office.post("a", order, path)
    dry = (await office.post("chief", order, path)).json()
    before = {one["id"] for one in await office.list("a2")}
    done = (await office.post("chief", order | {"dry_run": False}, path)).json()
    after = {one["id"] for one in await office.list("a2")}
    step = {"ref": "e", "kind": "corrected", "patch": {"notes": "x"}, "reason": "x"}
    events = f"/v1/dossiers/{moved['id']}/events"
    acts = [await office.post(who, step | {"occurred_at": at}, events) for who in ("a", "a2")]
    left = {one["id"] for one in await office.list("a")}

    assert barred.status_code == 403
    assert (dry["dossiers"], dry["left"], dry["dry_run"]) == ([moved["id"]], ["same"], True)
    assert before == {kept["id"]}
    assert (done["dossiers"], after) == ([moved["id"]], {kept["id"], moved["id"]})
    assert left == {taken["id"], closed["id"]}
    assert [one.status_code for one in acts] == [404, 201]


async def test_what_is_handed_over_keeps_its_ref(office: Office) -> None:
    """The taker's next row under the same ref goes on with the same dossier."""
    source = {"ref": "r", "as_of": "2026-06-10T18:00:00+07:00"}
    made = (await office.post("a", body("r") | {"source": source}, "/v1/snapshots")).json()
    order = {"to": "a2", "reason": "x", "dry_run": False, "end_keys": True}
    await office.post("chief", order, "/v1/clients/a/hand-over")
    later = {"ref": "r", "as_of": "2026-06-11T18:00:00+07:00"}
    row = body("r", notes="mới") | {"source": later}
    answer = (await office.post("a2", row, "/v1/snapshots")).json()

    assert (answer["id"], answer["version"]) == (made["id"], 2)


@pytest.mark.parametrize(
    ("order", "pointer"),
    [
        ({"to": "nobody"}, "/to"),
        ({"to": "a"}, "/to"),
        ({"to": "live"}, "/to"),
        ({"to": "b"}, "/agencies"),
        ({"to": "a2", "agencies": ["H99.20"]}, "/agencies"),
    ],
)
async def test_a_wrong_hand_over_is_refused(
    office: Office, order: dict[str, Any], pointer: str
) -> None:
    """Whoever gets dossiers is another client and serves their agencies."""
    answer = await office.post("chief", {"reason": "x"} | order, "/v1/clients/a/hand-over")

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


NAMELESS = {"kind": "citizen", "name": OWNER["name"]}


async def unsure(office: Office) -> tuple[str, str]:
    """Let a2 join A's dossier unsure; give the dossier and the name of the source."""
    first = (await office.post("a", body("1", official_code=CODE))).json()
    await office.post("a2", body("x", official_code=CODE, owner=NAMELESS))
    seen = (await office.get("a", f"/v1/dossiers/{first['id']}")).json()
    return first["id"], seen["evidence"][0]["source"]


async def test_a_human_makes_an_unsure_source_sure(office: Office) -> None:
    """The owner says that both are one: the source reads from then on; it cannot say so itself."""
    name, source = await unsure(office)
    word = {"source": source, "same": True, "reason": "đã xem", "by": {"name": "Vàng A Thử"}}
    path = f"/v1/dossiers/{name}/sources"
    answers = [await office.post(who, word, path) for who in ("a2", "a", "a")]

    assert [one.status_code for one in answers] == [404, 201, 200]
    assert [one["id"] for one in await office.list("a2")] == [name]


async def test_a_human_parts_an_unsure_source(office: Office) -> None:
    """The owner says that they are two: the source's citizen has a dossier of its own."""
    name, source = await unsure(office)
    word = {"source": source, "same": False, "reason": "khác", "by": {"name": "Vàng A Thử"}}
    answer = await office.post("a", word, f"/v1/dossiers/{name}/sources")
    (own,) = await office.list("a2")

    assert (answer.status_code, own["ref"], own["id"] != name) == (201, "x", True)
    assert [one["id"] for one in await office.list("a")] == [name]


async def test_what_one_may_not_know_of_is_not_even_read(office: Office) -> None:
    """Law 17: A foreign dossier and an absent one are one, in words and in what is read."""
    foreign = (await office.post("b", body("1", agency="H99.20.01"))).json()["id"]
    loaded: list[int] = []

    def look(connection: Connection) -> None:
        asker = Principal(id=99, name="x", environment="sandbox", agencies=("H99.14.05",))
        for name in (UUID(foreign), uuid4()):
            event = NewEvent.model_validate(
                {
                    "ref": "e",
                    "kind": "progress",
                    "action": "x",
                    "occurred_at": "2026-03-02T08:00:00+07:00",
                }
            )
            command = RecordEvent(client=asker, dossier=name, event=event, digest=b"")
            loaded.append(len(groups.read(connection, wanted([command], 0)).records))

    await office.store.write(look)
    step = {"ref": "e", "kind": "progress", "action": "x", "occurred_at": body("1")["submitted_at"]}
    answers = [
        await office.post("a", step, f"/v1/dossiers/{name}/events") for name in (foreign, uuid4())
    ]

    assert loaded == [0, 0]
    assert answers[0].status_code == 404
    assert answers[0].content == answers[1].content


async def test_a_human_is_shown_who_has_a_contested_code(office: Office) -> None:
    """Both dossiers with who brought them, and no citizen."""
    first = (await office.post("a", body("1", official_code=CODE))).json()
    second = (await office.post("a2", body("x", official_code=CODE, owner=OTHER))).json()
    found = await contested(office.store)

    assert list(found) == [CODE]
    assert [(str(one.dossier), one.kind, one.client) for one in found[CODE]] == [
        (first["id"], "official", "a"),
        (second["id"], "claimed", "a2"),
    ]


async def test_the_file_of_a_result_comes_back(office: Office) -> None:
    """Whoever reads the dossier reads its files; a hash alone, or somebody else's file, is none."""
    place = {"competent": {"code": "H99.20.01"}, "helped": {"code": "H99.14.06"}}
    made = (await office.post("helper", body("1", agencies=place))).json()
    headers = {"Content-Type": "application/pdf"}
    uploads = [
        (await office.clients[who].post("/v1/files", content=text, headers=headers)).json()
        for who, text in (("b", b"%PDF result"), ("a", b"%PDF of somebody else"))
    ]
    files = [
        {"id": f"f{n}", "name": "kq.pdf", **{key: one[key] for key in ("sha256", "size")}}
        for n, one in enumerate(uploads)
    ]
    result = {"id": "kq", "name": "Trích lục", "form": "electronic", "files": files}
    at = body("1")["submitted_at"]
    path = f"/v1/dossiers/{made['id']}"
    step = {"ref": "r", "kind": "progress", "action": "x", "occurred_at": at, "results": [result]}
    told = await office.post("b", step, f"{path}/events")
    names = [one["sha256"] for one in files]
    answers = [
        await office.get(who, f"{path}/files/{name}")
        for who, name in (("helper", names[0]), ("helper", names[1]), ("a", names[0]))
    ]

    assert told.status_code == 201, told.text
    assert [one.status_code for one in answers] == [200, 404, 404]
    assert answers[0].content == b"%PDF result"


async def test_a_sandbox_administrator_hands_over_in_the_sandbox_only(office: Office) -> None:
    """A live client is nobody for it, as giver and as taker."""
    order = {"to": "a", "reason": "x", "dry_run": False}
    answer = await office.post("chief", order, "/v1/clients/live/hand-over")

    assert answer.status_code == 404


OF_B = "H99.20.01-260302-0009"
SIDE_DOORS: list[dict[str, Any]] = [
    {"codes": [{"value": OF_B, "kind": kind}]}
    for kind in ("claimed", "portal", "interlinked", "other", "receipt", "local")
]
SIDE_DOORS += [
    {"origin": {"system": "portal", "code": OF_B}},
    {"known_in": [{"system": "portal", "ref": OF_B, "as_of": "2026-03-02T09:00:00+07:00"}]},
]


@pytest.mark.parametrize("claim", SIDE_DOORS, ids=str)
async def test_an_official_code_is_not_blocked_by_a_side_door(
    office: Office, claim: dict[str, Any]
) -> None:
    """Law 17: Whatever A calls B's code, B's dossier gets it, at its post and by an event."""
    await office.post("a", body("1", **claim))
    posted = (
        await office.post("b", body("1", "H99.20.01", official_code=OF_B, owner=OTHER))
    ).json()

    assert posted["official_code"] == OF_B
    assert "needs_code" not in {one["code"] for one in posted["warnings"]}


@pytest.mark.parametrize(
    "code",
    [
        "h99.20.01-260302-0009",
        "H99.20.01\u2014260302\u20140009",
        " H99.20.01 -260302-0009",
        "H99\uff0e20\uff0e01-260302-0009",
        "000.00.01.H99.20-260302-0001",
    ],
)
async def test_another_spelling_is_no_way_around(office: Office, code: str) -> None:
    """Law 17: A code of another unit is refused however it is typed."""
    answer = await office.post("a", body("1", official_code=code))

    assert answer.status_code == 403, answer.text


@pytest.mark.parametrize("way", ["linked", "accepted", "corrected"])
async def test_an_event_with_a_contested_code_is_taken(office: Office, way: str) -> None:
    """Law 17: The step is kept, and the code is a claim; nobody is refused for another's word."""
    await office.post("a2", body("x", official_code=CODE, owner=OTHER))
    made = (await office.post("a", body("1"))).json()
    at = body("1")["submitted_at"]
    told = {
        "linked": {"official_code": CODE, "target": "x"},
        "accepted": {"official_code": CODE, "received_at": at, "due": {"at": "2026-12-31"}},
        "corrected": {"patch": {"official_code": CODE, "notes": "mới"}, "reason": "x"},
    }[way]
    event = {"ref": "e", "kind": way, "occurred_at": at, **told}
    answers = [await office.post("a", event, f"/v1/dossiers/{made['id']}/events") for _ in range(2)]
    seen = (await office.get("a", f"/v1/dossiers/{made['id']}")).json()

    assert [one.status_code for one in answers] == [201, 200], answers[0].text
    assert seen["codes"] == [{"value": CODE, "kind": "claimed"}]
    assert ("code_conflict", "/codes/0/value") in flags(answers[0].json())
    assert seen.get("notes") == ("mới" if way == "corrected" else None)


async def test_a_helper_does_not_decide(office: Office) -> None:
    """Its steps and rows are evidence, first or later; the competent agency's move the dossier."""
    place = {"competent": {"code": "H99.20.01"}, "helped": {"code": "H99.14.06"}}
    made = (await office.post("helper", body("1", agencies=place))).json()
    at = body("1")["submitted_at"]
    path = f"/v1/dossiers/{made['id']}/events"
    no = {"ref": "r", "kind": "refused", "reason": "x", "occurred_at": at}
    by_helper = await office.post("helper", no, path)
    source = {"ref": "1", "as_of": "2026-06-10T18:00:00+07:00"}
    row = body("1", agencies=place, status="refused", summary="khác") | {"source": source}
    by_row = await office.post("helper", row, "/v1/snapshots")
    yes = {"ref": "y", "kind": "accepted", "occurred_at": at, "received_at": at}
    by_b = await office.post("b", yes | {"due": {"at": "2026-12-31"}}, path)
    seen = (await office.get("b", f"/v1/dossiers/{made['id']}")).json()

    assert (by_helper.status_code, by_helper.json()["status"]) == (202, "submitted")
    assert (by_row.json()["evidence"], by_row.json()["status"]) == (True, "submitted")
    assert (by_b.status_code, seen["status"]) == (201, "accepted"), by_b.text
    assert seen["summary"] != "khác"


async def test_a_claimant_does_not_certify_itself(office: Office) -> None:
    """Law 17: That a system's code is right is said by a human of the agency, not by the client."""
    made = (await office.post("a", body("1", **SQUATTED[1]))).json()
    word = {"source": "system:portal", "same": True, "reason": "x", "by": {"name": "Ai Đó"}}
    answer = await office.post("a", word, f"/v1/dossiers/{made['id']}/sources")

    assert answer.status_code == 403


async def test_a_system_keeps_its_own_code_as_its_own(office: Office) -> None:
    """The genuine dossier has the portal's code as the portal's, whoever squatted it."""
    await office.post("a", body("1", **SQUATTED[1]))
    await pushed(office)
    (genuine,) = await office.list("b", code=PORTAL_CODE)
    read = (await office.get("b", f"/v1/dossiers/{genuine['id']}")).json()

    assert {one["kind"] for one in read["codes"]} == {"portal"}
