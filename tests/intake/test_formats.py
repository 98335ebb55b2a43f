"""Identifiers through the door: stored as they were said, flagged and warned about (law 15)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.intake.test_times import api, at, body, event

__all__ = ["api"]

pytestmark = pytest.mark.asyncio(loop_scope="module")
RUINED = "1.23E+11"
WRONG = {"kind": "personal_number", "number": RUINED}
RIGHT = {"kind": "personal_number", "number": "001399000000"}
PLACES = {
    "/official_code",
    "/owner/identities/0/number",
    "/owner/phone",
    "/owner/email",
    "/owner/account_id",
    "/owner/representative/identities/0/number",
    "/submitter/identities/0/number",
    "/submitter/phone",
    "/results/0/holder/identities/0/number",
}


def party(**change: Any) -> dict[str, Any]:
    """Write a party with a wrong number and nothing else."""
    return {"kind": "citizen", "name": "Lò Thị Mẫu Thử", "identities": [WRONG], **change}


def all_wrong() -> dict[str, Any]:
    """Write a dossier in which every identifier that it may state is wrong."""
    representative = {"name": "Lò Văn Mẫu", "identities": [WRONG]}
    return body(
        official_code="H99.14-260302-77,1",
        owner=party(
            representative=representative, phone="912345678", email="không có", account_id="0"
        ),
        submitter=party(phone="9.12E+08"),
        results=[{"id": "kq", "name": "Trích lục", "holder": party()}],
    )


def flags(answer: Any) -> set[str]:
    """Give the pointers that are flagged for their format."""
    return {one["pointer"] for one in answer["data_quality"] if one["code"] == "format"}


def warned(answer: Any) -> dict[str, str]:
    """Give the warnings about formats by pointer."""
    return {one["pointer"]: one["detail"] for one in answer["warnings"] if one["code"] == "format"}


async def test_what_is_wrong_is_kept_and_named_everywhere(api: httpx.AsyncClient) -> None:
    """Each place has its flag and its warning in both languages, and nobody's value in them."""
    sent = all_wrong()
    answer = (await api.post("/v1/dossiers", json=sent)).json()
    held = (await api.get(f"/v1/dossiers/{answer['id']}")).json()
    said = warned(answer)

    assert flags(answer) == set(said) == flags(held) == PLACES
    assert held["owner"]["identities"][0]["number"] == RUINED
    assert held["owner"]["email"] == "không có"
    assert "spreadsheet" in said["/owner/identities/0/number"]
    assert "Bảng tính" in said["/owner/identities/0/number"]
    assert not any(value in text for text in said.values() for value in (RUINED, "912345678"))


async def test_a_flag_goes_with_what_it_was_about(api: httpx.AsyncClient) -> None:
    """What a correction mends is flagged no more; what it ruins is."""
    ours = body(owner=party(phone="0912345678"))
    name = (await api.post("/v1/dossiers", json=ours)).json()["id"]
    patch = {"owner": {"identities": [RIGHT], "phone": "12"}}
    mended = event("corrected", at(3), ref="m", patch=patch)
    answer = (await api.post(f"/v1/dossiers/{name}/events", json=mended)).json()

    assert flags(answer) == set(warned(answer)) == {"/owner/phone"}


async def test_rows_are_flagged_like_posts(api: httpx.AsyncClient) -> None:
    """A night's wrong number is flagged, and the next night's right one takes the flag away."""
    found = []
    row = body()
    for day, identity in ((2, RIGHT), (3, WRONG), (4, RIGHT)):
        row |= {"owner": party(identities=[identity])}
        row["source"] |= {"as_of": at(day)}
        found.append(flags((await api.post("/v1/snapshots", json=row)).json()))

    assert found == [set(), {"/owner/identities/0/number"}, set()]


@pytest.mark.parametrize("number", [RUINED, "không có", "0", "1096012345"])
async def test_a_wrong_number_makes_no_two_dossiers_one(
    api: httpx.AsyncClient, number: str
) -> None:
    """Two who state the same filler or ruined number are not flagged as one and the same."""
    identities = [WRONG | {"number": number}]
    codes = set()
    for _ in range(2):
        sent = body(owner=party(identities=identities))
        answer = (await api.post("/v1/dossiers", json=sent)).json()
        codes |= {one["code"] for one in answer["data_quality"]}

    assert codes == {"format"}


@pytest.mark.parametrize("code", ["0", "không có", "1.2E+05"])
async def test_what_is_no_code_is_nobodys_claim(api: httpx.AsyncClient, code: str) -> None:
    """A citizen's two dossiers with the same filler for a code are two, and contest nothing."""
    answers = [
        await api.post("/v1/dossiers", json=body(official_code=code, codes=[])) for _ in range(2)
    ]
    found = [{one["code"] for one in answer.json()["data_quality"]} for answer in answers]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert [one - {"possible_duplicate"} for one in found] == [{"format"}, {"format"}]
