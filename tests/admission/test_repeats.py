"""A post that says something else under its old name is told what differs, and what to send."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.settings import SettingsError, SystemSettings, read_codes
from gateway.workbench.samples.generator import sample
from tests.intake.test_api import api, body, post

__all__ = ["api"]
CODES = [{"value": "a-1", "kind": "local"}]


def without_code(**change: Any) -> dict[str, Any]:
    """Write a dossier that has no official code yet."""
    made = body()
    del made["official_code"], made["origin"]
    return made | change


def named(answer: Any) -> list[tuple[str, str]]:
    """Say what an answer names, as (code, pointer)."""
    return [(one["code"], one["pointer"]) for one in answer.json()["errors"]]


async def test_a_code_given_meanwhile_is_named_with_the_event_that_tells_it(api: Any) -> None:
    """The same dossier with the code that it was given by an event: 409, and `linked`."""
    name = (await post(api, without_code())).json()["id"]
    code = "H99.14.05-260302-0009"
    event = {"ref": "ma", "kind": "linked", "occurred_at": "2026-06-12T10:00:00"}
    linked = await post(api, event | {"official_code": code}, f"/v1/dossiers/{name}/events")
    again = await post(api, without_code(official_code=code))

    assert (linked.status_code, again.status_code) == (201, 409)
    assert named(again) == [("told_by_event", "/official_code")]
    assert "linked" in again.json()["errors"][0]["detail"]


async def test_a_code_that_the_gateway_gave_is_named(api: Any) -> None:
    """Also where no event told it: the gateway numbered the dossier itself."""
    agency = {"competent": {"code": "H99.77.01", "name": "UBND xã Mẫu"}}
    first = (await post(api, without_code(agencies=agency))).json()
    again = await post(api, without_code(agencies=agency, official_code=first["official_code"]))

    assert (again.status_code, named(again)) == (409, [("told_by_event", "/official_code")])


async def test_what_evolves_is_named_beside_what_differs(api: Any) -> None:
    """No event has changed it: it was posted otherwise."""
    await post(api, without_code())
    other = await post(api, without_code(summary="khác", codes=CODES))

    assert named(other) == [("differs", "/summary"), ("told_by_event", "/codes")]


async def test_an_event_that_differs_in_its_note_names_the_note_alone(api: Any) -> None:
    """With the number of the event that has the ref."""
    name = (await post(api, body())).json()["id"]
    path, event = f"/v1/dossiers/{name}/events", sample(1, 1).requests[1].body
    first = await post(api, event, path)
    other = await post(api, event | {"note": "khác"}, path)

    assert (other.status_code, named(other)) == (409, [("differs", "/note")])
    assert other.json()["event"] == first.json()["event"]


@pytest.mark.parametrize("path", ["/v1/snapshots", "/v1/dossiers"])
async def test_a_row_from_the_future_is_refused_with_our_clock(api: Any, path: str) -> None:
    """Kept, it would make every later row stale."""
    row = body(source={"ref": "r", "as_of": "2099-01-01T00:00:00"})
    answer = await post(api, row, path)

    assert (answer.status_code, named(answer)) == (422, [("in_the_future", "/source/as_of")])
    assert "clock" in answer.json()["errors"][0]["detail"]


def system(name: str, mode: Any = "live") -> SystemSettings:
    """Configure a system."""
    return SystemSettings(name=name, adapter="igate", mode=mode)


@pytest.mark.parametrize(
    "allocator", ["province", "system:nobody", "system:shade", 7, "", "System"]
)
def test_codes_are_given_by_somebody_who_is_there(allocator: Any) -> None:
    """A word that means nobody would let dossiers wait for ever: refused at start."""
    systems = (system("province"), system("shade", "shadow"))

    with pytest.raises(SettingsError, match="H99"):
        read_codes({"H99": allocator}, systems)


def test_whoever_gives_codes_is_taken_as_written() -> None:
    """The client, the gateway, or a live system; a system's bare name is answered with the way."""
    table = {"H99": "client", "H98": "gateway", "H97": "system:province"}

    assert read_codes(table, (system("province"),)) == table
    with pytest.raises(SettingsError, match="system:province"):
        read_codes({"H99": "province"}, (system("province"),))
