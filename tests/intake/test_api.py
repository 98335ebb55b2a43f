"""The API as a vendor's programmer meets it: over HTTP, with a real store behind it."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import AsyncIterator
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
        "national-portal": {
            "adapter": "national_portal",
            "environment": "sandbox",
            "settings": {
                "base_url": "http://127.0.0.1:1",
                "username": "a",
                "password": "b",
                "agency_code": "H99",
            },
        }
    },
    "codes": {"H99.77": "gateway"},
}


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Serve a gateway over an empty store, with a sandbox key for H99."""
    settings = Settings(
        data=tmp_path,
        systems=read_systems(SYSTEMS, {}),
        codes=SYSTEMS["codes"],
        max_file_bytes=1000,
    )
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


def body(**change: Any) -> dict[str, Any]:
    """Write a dossier, with changes."""
    return copy.deepcopy(sample(1, 1).requests[0].body) | change


async def post(api: httpx.AsyncClient, content: Any, path: str = "/v1/dossiers") -> httpx.Response:
    """Post something."""
    return await api.post(path, json=content)


async def faults(api: httpx.AsyncClient, content: Any) -> set[tuple[str, str]]:
    """Give the faults of a post, as (code, pointer)."""
    answer = await post(api, content)
    assert answer.headers["content-type"].startswith("application/problem+json")
    return {(one["code"], one["pointer"]) for one in answer.json()["errors"]}


async def test_the_same_post_twice_is_one_dossier(api: httpx.AsyncClient) -> None:
    """A client that repeats itself gets the same dossier: 201, then 200."""
    first, second = await post(api, body()), await post(api, body())

    assert (201, 200, first.json()["id"]) == (
        first.status_code,
        second.status_code,
        second.json()["id"],
    )


async def test_another_post_under_the_same_ref_names_the_fields(api: httpx.AsyncClient) -> None:
    """The same ref with other content is refused, and the differing fields are named."""
    await post(api, body())
    other = await post(api, body(summary="khác"))

    assert (
        other.status_code,
        [one["pointer"] for one in other.json()["errors"]],
    ) == (409, ["/summary"])


async def test_all_faults_come_together(api: httpx.AsyncClient) -> None:
    """Missing, unknown, read-only and mistyped fields are reported in one answer."""
    wrong = body(channel="fax", id="x", sumary="x", official_code=7)
    del wrong["owner"]["kind"]

    assert {
        ("value", "/channel"),
        ("read_only", "/id"),
        ("unknown_field", "/sumary"),
        ("code_is_text", "/official_code"),
        ("missing", "/owner/kind"),
    } == await faults(api, wrong)


async def test_values_are_never_repeated(api: httpx.AsyncClient) -> None:
    """An error names the field and not what stood in it."""
    wrong = body()
    wrong["owner"]["birth"] = "mật-canary"

    assert "canary" not in (await post(api, wrong)).text


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"{", "not_json"),
        (b"[]", "type"),
        (b'{"a": 1, "a": 2}', "repeated_key"),
        (b'{"a": NaN}', "not_json"),
        (b'{"a": "\\u0000"}', "forbidden_character"),
        (b'{"a": "\\ud800"}', "forbidden_character"),
        (b"\xff", "not_json"),
        (b'{"a":' * 100 + b"1" + b"}" * 100, "too_deep"),
    ],
)
async def test_what_cannot_be_read_is_said(api: httpx.AsyncClient, raw: bytes, code: str) -> None:
    """A body that is not clean JSON is refused with the reason."""
    answer = await api.post(
        "/v1/dossiers", content=raw, headers={"Content-Type": "application/json"}
    )

    assert (400, code) == (answer.status_code, answer.json()["errors"][0]["code"])


async def test_absent_as_vendors_write_it(api: httpx.AsyncClient) -> None:
    """A byte-order mark, null and empty texts are read as vendors mean them."""
    import json

    text = json.dumps(body(notes="", form=None))
    answer = await api.post(
        "/v1/dossiers",
        content=b"\xef\xbb\xbf" + text.encode(),
        headers={"Content-Type": "application/json; charset=utf-8"},
    )

    assert answer.status_code == 201


async def test_times_without_an_offset_are_vietnamese(api: httpx.AsyncClient) -> None:
    """09:30 means 09:30 in Hà Nội."""
    made = await post(api, body(submitted_at="2026-03-02T09:30:00"))
    kept = await api.get(f"/v1/dossiers/{made.json()['id']}")

    assert kept.json()["submitted_at"] == "2026-03-02T09:30:00+07:00"


async def test_a_suspicious_z_is_flagged(api: httpx.AsyncClient) -> None:
    """14:00Z is 21:00 here: probably somebody's 14:00, so it is flagged and not changed."""
    made = await post(api, body(submitted_at="2026-03-02T14:00:00Z"))

    assert [flag["code"] for flag in made.json()["data_quality"]] == ["suspicious_offset"]


async def test_an_impossible_step_changes_nothing(api: httpx.AsyncClient) -> None:
    """Law 11: What cannot follow is refused with what may, and the dossier stays as it was."""
    name = (await post(api, body())).json()["id"]
    event = {
        "ref": "x",
        "kind": "returned",
        "occurred_at": "2026-06-12T10:00:00",
        "hand_over": {"method": "counter"},
    }
    answer = await post(api, event, f"/v1/dossiers/{name}/events")
    kept = (await api.get(f"/v1/dossiers/{name}")).json()

    assert (
        answer.status_code,
        kept["version"],
        "accepted" in answer.json()["errors"][0]["detail"],
    ) == (409, 1, True)


async def test_events_are_idempotent_by_ref(api: httpx.AsyncClient) -> None:
    """The same event twice is one event; another one under its ref is refused."""
    name = (await post(api, body())).json()["id"]
    path, event = f"/v1/dossiers/{name}/events", sample(1, 1).requests[1].body
    answers = [
        await post(api, event, path),
        await post(api, event, path),
        await post(api, event | {"note": "khác"}, path),
    ]

    assert [answer.status_code for answer in answers] == [201, 200, 409]


async def test_an_expected_version_guards_a_write(api: httpx.AsyncClient) -> None:
    """A write that expects another version is refused."""
    name = (await post(api, body())).json()["id"]
    event = sample(1, 1).requests[1].body
    answer = await post(api, event, f"/v1/dossiers/{name}/events?expected_version=9")

    assert (answer.status_code, answer.json()["version"]) == (409, 1)


async def test_an_idempotency_key_is_for_one_request(api: httpx.AsyncClient) -> None:
    """The same key with another body is refused."""
    headers = {"Idempotency-Key": "k"}
    await api.post("/v1/dossiers", json=body(), headers=headers)
    other = await api.post("/v1/dossiers", json=body(source={"ref": "z"}), headers=headers)

    assert other.status_code == 422


async def test_an_older_row_is_stale(api: httpx.AsyncClient) -> None:
    """A snapshot older than the newest one changes nothing and says so."""
    rows = [request.body for request in sample(12, 1).requests]
    for row in (rows[0], rows[2]):
        await post(api, row, "/v1/snapshots")
    answer = (await post(api, rows[1], "/v1/snapshots")).json()

    assert (answer["stale"], answer["status"]) == (True, "processing")


async def test_what_a_target_will_lack_is_said_at_once(api: httpx.AsyncClient) -> None:
    """Law 6: A dossier that the portal cannot be told is stored, and the answer says why."""
    without = body()
    del without["owner"]["identities"], without["origin"]
    answer = await post(api, without)

    assert (
        answer.status_code,
        [one["pointer"] for one in answer.json()["warnings"]],
    ) == (201, ["/owner/identities"])


async def test_a_lane_without_a_code_waits_visibly(api: httpx.AsyncClient) -> None:
    """A system that needs the official code waits for it, and the ledger says so."""
    without = body()
    del without["official_code"], without["origin"]
    name = (await post(api, without)).json()["id"]
    (lane,) = (await api.get(f"/v1/dossiers/{name}/ledger")).json()["lanes"]

    assert (lane["state"], lane["reason"]) == ("waiting", "needs_code")


async def test_the_gateway_numbers_where_it_is_told_to(api: httpx.AsyncClient) -> None:
    """Codes are numbered per unit and day, without a gap."""
    codes = []
    for ref in ("a", "b"):
        one = body(
            source={"ref": ref},
            submitted_at="2026-03-02T09:30:00",
            agencies={"competent": {"code": "H99.77.01", "name": "UBND xã Mẫu"}},
        )
        del one["official_code"], one["origin"]
        codes.append((await post(api, one)).json()["official_code"])

    assert codes == ["H99.77.01-260302-0001", "H99.77.01-260302-0002"]


@pytest.mark.parametrize("key", ["", "Bearer lt_sandbox_nonsense", "Basic x"])
async def test_without_a_key_there_is_nothing(api: httpx.AsyncClient, key: str) -> None:
    """No key, an unknown key, another scheme: 401 and how to do it."""
    answer = await api.get("/v1/systems", headers={"Authorization": key})

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


async def test_a_key_speaks_for_its_agencies_only(api: httpx.AsyncClient) -> None:
    """A dossier of another province is refused with the field."""
    foreign = body(agencies={"competent": {"code": "H12.01"}})

    assert {("agency", "/agencies/competent/code")} == await faults(api, foreign)


async def test_other_media_types_and_large_bodies_are_refused(api: httpx.AsyncClient) -> None:
    """XML is 415, more than a mebibyte is 413."""
    xml = await api.post("/v1/dossiers", content=b"<a/>", headers={"Content-Type": "text/xml"})
    large = await post(api, body(notes="x" * 2_000_000))

    assert (xml.status_code, large.status_code) == (415, 413)


async def test_problems_speak_vietnamese_unless_asked(api: httpx.AsyncClient) -> None:
    """The default language is Vietnamese."""
    answer = await api.post("/v1/dossiers", json={}, headers={"Accept-Language": "fr"})

    assert (
        answer.headers["content-language"],
        answer.json()["title"],
    ) == ("vi", "Hồ sơ có trường không hợp lệ")


async def test_pages_hold_every_dossier_once(api: httpx.AsyncClient) -> None:
    """Following `next` gives each dossier exactly once."""
    for number in range(5):
        code = f"H99.14.05-260302-{number:04d}"
        await post(api, body(source={"ref": str(number)}, official_code=code, origin=None))
    refs, query = [], "/v1/dossiers?limit=2"
    while query:
        page = (await api.get(query)).json()
        refs += [one["ref"] for one in page["dossiers"]]
        query = f"/v1/dossiers?limit=2&cursor={page['next']}" if "next" in page else ""

    assert sorted(refs) == ["0", "1", "2", "3", "4"]


async def test_a_file_is_kept_under_its_hash(api: httpx.AsyncClient) -> None:
    """What was uploaded comes back byte by byte; twice is once."""
    name = hashlib.sha256(b"xin chao").hexdigest()
    first = await api.post("/v1/files", content=b"xin chao", headers={"X-Content-SHA256": name})
    again = await api.post("/v1/files", content=b"xin chao")
    back = await api.get(f"/v1/files/{name}")

    assert (first.status_code, again.status_code, back.content) == (201, 200, b"xin chao")


async def test_a_file_that_is_not_what_was_announced_is_not_kept(
    api: httpx.AsyncClient, tmp_path: Path
) -> None:
    """A wrong digest or too many bytes leave nothing behind."""
    wrong = await api.post("/v1/files", content=b"x", headers={"X-Content-SHA256": "0" * 64})
    large = await api.post("/v1/files", content=b"x" * 2000)
    left = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]

    assert (wrong.status_code, large.status_code, left) == (422, 413, [])


async def test_sandbox_dossiers_go_in_one_call(api: httpx.AsyncClient) -> None:
    """A sandbox key can begin again from nothing."""
    name = (await post(api, body())).json()["id"]
    gone = await api.delete("/v1/sandbox")

    assert (
        gone.json(),
        (await api.get(f"/v1/dossiers/{name}")).status_code,
    ) == ({"deleted": 1}, 404)


@pytest.mark.parametrize(
    "path",
    [
        "/healthz",
        "/readyz",
        "/metrics",
        "/docs",
        "/openapi.json",
        "/assets/swagger-ui-bundle.js",
        "/v1/systems",
    ],
)
async def test_the_page_is_there(api: httpx.AsyncClient, path: str) -> None:
    """Health, metrics and documentation answer, without the internet."""
    answer = await api.get(path)

    assert answer.status_code == 200
    assert "cdn" not in answer.text[:2000]


async def test_a_gateway_without_a_broker_says_that_it_has_none(api: httpx.AsyncClient) -> None:
    """It is ready all the same: it holds its retries itself."""
    said = (await api.get("/readyz")).json()

    assert (said["ready"], said["broker"]) == (True, "none")


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/v1/nichts", 404), ("PATCH", "/v1/dossiers", 405)]
)
async def test_every_error_is_a_problem(
    api: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    """Also the framework's own errors are problem documents."""
    answer = await api.request(method, path)

    assert (status, "application/problem+json") == (
        answer.status_code,
        answer.headers["content-type"],
    )
