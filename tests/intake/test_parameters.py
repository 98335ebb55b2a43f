"""Whatever stands in an address or a header, the gateway never fails on it, and tells it nobody."""

from __future__ import annotations

import base64
import logging
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.access.test_table import routes_of
from tests.intake.asking import Served, served

NOBODY = "00000000-0000-7000-8000-000000000000"
ANYTHING = ("/hear/{system}/{path:path}", "/files/{sha256}/{proof}", "/openapi.json")
"""Addresses whose parameters are somebody else's; the last one is the framework's own."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve one gateway for all properties: they only ask."""
    yield from served(tmp_path_factory.mktemp("house"), {})


@pytest.fixture
def on_each(tmp_path: Path, database: dict[str, Any]) -> Iterator[Served]:
    """Serve a gateway over each kind of database."""
    yield from served(tmp_path, database)


ODD = st.sampled_from(
    ["²", "٣", "0", "-1", "1e3", "9" * 4900, "\x00", "%", "%FF", "%C3%28", "\ud7ff", "[1,5]"]
    + ["0001-01-01T00:00:00", "9999-12-31T23:59:59-12:00", "2026-03-02T08:00:00+99:99", "NaN"]
    + [NOBODY, "e\u0301", "e" + "\u0301\u0323" * 50, "\ufffd", "a" * 300, "../..", "*", '"3"', ""]
    + [base64.b64encode(text).decode() for text in (b"[1,5]", b"[" * 5000, b"[1e30, 2]", b"x")]
)
VALUES = ODD | st.text(st.characters(codec="utf-8"), max_size=12)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "Authorization",
            "If-Match",
            "Idempotency-Key",
            "X-Request-Id",
            "Accept-Language",
            "Content-Type",
            "Content-Length",
            "Range",
            "X-Reason",
            "Repr-Digest",
            "X-Content-SHA256",
        ]
    ),
    st.sampled_from([b"Basic \xff", b"Bearer \xff", b"\xff", b"\xc2\xb2", b"9" * 4900, b"\x00"])
    | st.sampled_from([b"Basic " + base64.b64encode(b"\xff"), b"application/json", b"bytes=\xb2-"])
    | st.binary(max_size=12),
    max_size=3,
)


def parameters_of(app: FastAPI, method: str, path: str) -> list[str]:
    """Name the parameters that a route is said to have in its query."""
    operation = app.openapi()["paths"].get(path.replace(":path", ""), {}).get(method.lower(), {})
    return [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]


@settings(max_examples=60, deadline=None)
@given(place=VALUES, value=VALUES, headers=HEADERS)
def test_no_parameter_and_no_header_is_a_failure(
    house: Served, place: str, value: str, headers: dict[str, bytes]
) -> None:
    """Every route, with odd digits, bytes, times, places: answered, never 5xx, 422 with a name."""
    answers = []
    for method, path in sorted(routes_of(house.app)):
        filled = re.sub(r"{[^}]+}", quote(place, safe="%"), path)
        for name in parameters_of(house.app, method, path) or [""]:
            query = f"?{name}={quote(value, safe='%')}" if name else ""
            told = house.ask(method, filled + query, *headers.items(), body=b"{}")
            answers.append((method, path, name, told))

    assert [
        (*door, told.status)
        for *door, told in answers
        if told.status >= 500 or (told.status == 422 and not told.pointers)
    ] == []


def test_every_route_refuses_parameters_that_it_does_not_have(house: Served) -> None:
    """Named, and except where an outside system chooses them."""
    answers = {
        (method, path): house.ask(method, f"{path.replace('{dossier_id}', NOBODY)}?limt=9")
        for method, path in routes_of(house.app)
        if path not in ANYTHING
    }

    assert {
        door: (told.status, told.pointers)
        for door, told in answers.items()
        if (told.status, told.pointers) != (422, ["/limt"])
    } == {}


NONE = (
    ("/v1/dossiers?limit=%C2%B2", "/limit"),
    (f"/v1/dossiers?limit={'9' * 4900}", "/limit"),
    ("/v1/dossiers?limit=1&limit=2", "/limit"),
    ("/v1/dossiers?updated_after=0001-01-01T00:00:00", "/updated_after"),
    ("/v1/dossiers?updated_after=9999-12-31T23:59:59-12:00", "/updated_after"),
    ("/v1/dossiers?ref=%00", "/ref"),
    ("/v1/dossiers?ref=", "/ref"),
    ("/v1/dossiers?code=%FF", "/code"),
    ("/v1/dossiers?status=canary", "/status"),
    (f"/v1/dossiers?cursor={base64.b64encode(b'[1,5]').decode()}", "/cursor"),
    (f"/v1/dossiers?cursor={base64.b64encode(b'[1,' + b'9' * 30 + b']').decode()}", "/cursor"),
    (f"/v1/dossiers?cursor={base64.b64encode(b'text').decode()}", "/cursor"),
    ("/v1/audit?after=%D9%A3", "/after"),
)


def test_a_parameter_that_is_none_is_named(on_each: Served) -> None:
    """On either database it is 422 with its name."""
    answers = [(target, on_each.ask("GET", target)) for target, _ in NONE]

    assert [(target, told.status, told.pointers) for target, told in answers] == [
        (target, 422, [pointer]) for target, pointer in NONE
    ]


def test_no_parameter_reaches_a_log(
    on_each: Served, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither one that is taken nor one that is refused."""
    with caplog.at_level(logging.DEBUG):
        for query in ("ref=canary", "ref=canary%00", "limit=canary", "canary=1", "cursor=canary"):
            on_each.ask("GET", f"/v1/dossiers?{query}")

    assert "canary" not in caplog.text + "".join(capfd.readouterr())


def test_a_text_is_found_however_its_marks_are_written(on_each: Served) -> None:
    """The decomposed form of a ref finds what is stored under the composed one."""
    name = on_each.post("Hồ sơ số 1")
    apart = quote(unicodedata.normalize("NFD", "Hồ sơ số 1"))
    found = on_each.ask("GET", f"/v1/dossiers?ref={apart}").json["dossiers"]

    assert [one["id"] for one in found] == [name]


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("2026-03-02T08:00:00", "2026-03-02T08:00:00+07:00"),
        ("2026-03-02T01:00:00Z", "2026-03-02T08:00:00+07:00"),
        ("2026-03-02T08:00:00 07:00", "2026-03-02T08:00:00+07:00"),
        ("2026-03-02 08:00", "2026-03-02T08:00:00+07:00"),
        ("2026-03-02", "2026-03-02T00:00:00+07:00"),
    ],
)
def test_a_time_without_an_offset_is_vietnams(written: str, same: str) -> None:
    """Wherever the process stands; a plus sign that a form took for a space is one all the same."""
    from datetime import datetime

    from pydantic import TypeAdapter

    from gateway.intake.parameters import Moment

    read = TypeAdapter(Moment).validate_python(written)

    assert read == datetime.fromisoformat(same)


@pytest.mark.parametrize("stated", ["²", "0", "3.0", "9" * 4900, "W/x"])
def test_a_version_is_written_in_digits(house: Served, stated: str) -> None:
    """If-Match and the parameter are read alike, and named as they were sent."""
    path = f"/v1/dossiers/{NOBODY}/events"
    header = house.ask("POST", path, ("If-Match", stated.encode()))
    query = house.ask("POST", f"{path}?expected_version={quote(stated)}")

    assert (header.status, header.pointers) == (422, ["/headers/if-match"])
    assert (query.status, query.pointers) == (422, ["/expected_version"])


def test_a_long_idempotency_key_is_not_cut(house: Served) -> None:
    """Two keys with one beginning would be one."""
    told = house.ask("POST", "/v1/dossiers", ("Idempotency-Key", b"k" * 201))

    assert (told.status, told.pointers) == (422, ["/headers/idempotency-key"])


@pytest.mark.parametrize("system", ["portal", "nobody"])
@pytest.mark.parametrize(
    "given", [b"Basic \xff", b"Basic x", b"Basic " + base64.b64encode(b"\xff")]
)
def test_a_password_that_cannot_be_read_is_401(house: Served, system: str, given: bytes) -> None:
    """Before it is looked at whose it would be."""
    told = house.ask("POST", f"/hear/{system}/x", ("Authorization", given), key=False)

    assert (told.status, told.headers["www-authenticate"]) == (401, "Basic")


@pytest.mark.parametrize("header", [b"Bearer \xff", b"Bearer lt_live_\xff", b"Basic \xff", b"\xff"])
def test_a_key_that_cannot_be_read_is_401(house: Served, header: bytes) -> None:
    """It is nobody's."""
    assert house.ask("GET", "/v1/dossiers", ("Authorization", header)).status == 401


@pytest.mark.parametrize(
    "kind",
    ["multipart/form-data; boundary=x", "Multipart/Mixed", "application/x-www-form-urlencoded"],
)
def test_a_file_in_an_envelope_is_refused_with_the_way_to_send_it(house: Served, kind: str) -> None:
    """It would be kept with its envelope, under a digest of nothing that anybody has."""
    told = house.ask("POST", "/v1/files", ("Content-Type", kind.encode()), body=b"--x")

    assert (told.status, "--data-binary" in told.json["errors"][0]["detail"]) == (415, True)


def test_an_empty_file_is_refused(house: Served, tmp_path: Path) -> None:
    """Nothing was sent."""
    told = house.ask("POST", "/v1/files")

    assert (told.status, told.json["errors"][0]["code"]) == (422, "empty_file")


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (b"application/json", 422),
        (b"application/vnd.x+json", 422),
        (b"text/json; charset=utf-8", 422),
        (b"", 422),
        (b"text/xml", 415),
        (b"multipart/form-data", 415),
        (b"application/x-www-form-urlencoded", 415),
        (b"application/jsonp", 415),
        (b"\xff", 415),
    ],
)
def test_a_body_of_json_is_called_so_or_not_at_all(house: Served, kind: bytes, status: int) -> None:
    """Another name is refused."""
    told = house.ask("POST", "/v1/dossiers", ("Content-Type", kind), body=b"{}")

    assert told.status == status
